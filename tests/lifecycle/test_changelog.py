import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluginhub.lifecycle.changelog import between

TEXT = """\
# Changelog

All that is new.

## [Unreleased]

Nothing yet.

## [2.0.0] - 2025-06-01

### Added in 1.0.0

Hands.

## v1.1.0 (2025-05-01)

Bells.

### 1.1.1

A part of 1.1.0.

# 1.0.0

A face.
"""


NEWS = ("Hands.", "Added in 1.0.0", "Bells.", "A part of 1.1.0.", "A face.")


@pytest.mark.parametrize(
    ("left", "reached", "expected"),
    [
        ("1.0.0", "1.1.0", NEWS[2:4]),
        ("1.0.0", "2.0.0", NEWS[:4]),
        ("1.1.0", "2.0.0", NEWS[:2]),
        ("0.9", "1.0.0", NEWS[4:]),
        ("1.0.0", "9.0.0", NEWS[:4]),
    ],
)
def test_the_news_between_two_releases_are_told_and_no_others(
    left: str, reached: str, expected: tuple[str, ...]
) -> None:
    found = between(TEXT, left, reached) or ""
    assert tuple(words for words in NEWS if words in found) == expected
    assert "Nothing yet." not in found
    assert "All that is new." not in found


@pytest.mark.parametrize(
    ("left", "reached"), [("2.0.0", "1.0.0"), ("1.0.0", "1.0.0"), ("2.0.0", "3.0.0")]
)
def test_without_news_there_is_nothing_to_tell(left: str, reached: str) -> None:
    assert between(TEXT, left, reached) is None
    assert between("", left, reached) is None


@pytest.mark.parametrize(
    "heading",
    [
        "# 1.1.0",
        "## Version 1.1.0",
        "## [v1.1.0](https://example.org/2.0.0/x) (2025-05-01)",
        "### 1.1.0",
        "##\t1.1.0 ",
        "## 1.1",
        "## Release 1.1.0: the 12 hours",
        "## 2025-05-01: 1.1.0",
    ],
)
def test_headings_are_written_in_many_ways(heading: str) -> None:
    text = f"# Changes\r\n\r\n{heading}\r\n\r\nBells.\r\n\r\n## 1.0.0\n\nA face.\n"
    found = between(text, "1.0.0", "1.1.0") or ""
    assert "Bells." in found
    assert "A face." not in found


@pytest.mark.parametrize("heading", ["#1.1.0", "1.1.0", "#### 1.1.0", "## Soon", "## 2025/05"])
def test_what_is_no_heading_of_a_version_begins_nothing(heading: str) -> None:
    assert between(f"{heading}\n\nBells.\n", "1.0.0", "1.1.0") is None


def test_a_long_story_is_cut() -> None:
    text = "## 1.1.0\n\n" + "Bells.\n" * 10_000
    found = between(text, "1.0.0", "1.1.0") or ""
    assert 3990 < len(found) <= 4000


@pytest.mark.timeout(60)  # many texts
@given(st.text(), st.sampled_from(["1.0.0", "1.0a1", "2"]), st.sampled_from(["1.1.0", "3", "0.1"]))
def test_no_text_makes_it_fail(text: str, left: str, reached: str) -> None:
    for prefix in ("", "# ", "## v", "## 1."):
        found = between(prefix + text, left, reached)
        assert found is None or 0 < len(found) <= 4000
