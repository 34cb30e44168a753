from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from packaging.version import Version

from pluginhub import versions
from pluginhub.errors import InvalidError

# https://semver.org/#spec-item-11
SEMVER = [
    *["1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta"],
    *["1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.1.0"],
    *["1.2.0", "1.9.0", "1.10.0", "2.0.0-0", "2.0.0", "10.0.0"],
]
# https://packaging.python.org/en/latest/specifications/version-specifiers/#summary-of-permitted-suffixes-and-relative-ordering
PEP_440 = [
    *["1.dev0", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456"],
    *["1.0b2", "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0"],
    *["1.0+abc.5", "1.0+abc.7", "1.0+5", "1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1"],
    *["1.1", "2015.6", "1!0.1"],
]
MIXED = ["1.0.dev1", "1.0.0-alpha", "1.0b1", "1.0.0-rc.1", "1.0", "1.0.post1", "1.0.1", "1.1rc1"]


@pytest.mark.parametrize("ordered", [SEMVER, PEP_440, MIXED], ids=["semver", "pep 440", "mixed"])
def test_versions_sort_as_their_convention_says(ordered: list[str]) -> None:
    wrong = [
        (lower, higher)
        for lower, higher in pairwise(ordered)
        if not versions.key(lower) < versions.key(higher)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.0", "1.0.0"), ("1", "1.0.0"), ("1.0.0-rc.1", "1.0rc1"), ("1.0a1", "1.0.alpha1")],
)
def test_spellings_of_one_version_are_equal(one: str, other: str) -> None:
    assert versions.key(one) == versions.key(other)


@pytest.mark.parametrize(
    "version",
    [
        *["", " ", "one", "latest", "1.0.x", "1..0", ".1", "1.", "1.0.0-", "1.0.0+", "1.0.0-a..b"],
        *["-1.0.0", "1.0.0/../..", "1.0.0\x00", "v", "1,0", "\u0661.\u0660", "1.0.0 beta"],
        *["9" * 65, "1." * 33, "9" * 5000, "1.0.0-" + "a" * 60, "\ud800", "1.0.0-ä"],
    ],
)
def test_what_has_no_order_is_refused(version: str) -> None:
    with pytest.raises(InvalidError) as caught:
        versions.key(version)
    assert len(caught.value.message) < 500


def test_the_longest_version_is_taken() -> None:
    assert versions.key("9" * 64) > versions.key("8" * 64)


@pytest.mark.parametrize("version", ["1.0.0-rc.1", "1.0a1", "1.dev0", "1.0.post1.dev2", "1.0.0-0"])
def test_a_prerelease_is_known_as_one(version: str) -> None:
    assert versions.is_prerelease(version)


@pytest.mark.parametrize("version", ["1.0.0", "1.0", "1.0.post1", "1.0.0+build.dev1", "1!1.0"])
def test_a_final_version_is_no_prerelease(version: str) -> None:
    assert not versions.is_prerelease(version)


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (["1.0.0", "1.10.0", "1.9.0"], "1.10.0"),
        (["1.0.0", "2.0.0-rc.1", "3.0.dev1"], "1.0.0"),
        (["2.0.0-rc.1", "2.0.0-rc.10", "2.0.0-rc.9"], "2.0.0-rc.10"),
        (["0.1.0"], "0.1.0"),
    ],
)
def test_the_latest_is_the_highest_final_version_if_there_is_one(
    published: list[str], expected: str
) -> None:
    assert versions.latest(published) == versions.latest(reversed(published)) == expected


def joined(*parts: str | None) -> str:
    return "".join(part for part in parts if part)


NUMBERS = st.integers(0, 99).map(str)
WORDS = st.from_regex(r"[a-z-][0-9a-z-]{0,3}", fullmatch=True)
BUILDS = st.none() | st.lists(
    NUMBERS | WORDS.map(lambda word: word.replace("-", "x")), max_size=3
).map(lambda parts: f"+{'.'.join(parts)}" if parts else None)
SEMVERS = st.builds(
    joined,
    st.lists(NUMBERS, min_size=3, max_size=3).map(".".join),
    st.none() | st.lists(NUMBERS | WORDS, min_size=1, max_size=3).map(lambda p: f"-{'.'.join(p)}"),
    BUILDS,
)
PEP_440S = st.builds(
    joined,
    st.none() | NUMBERS.map("{}!".format),
    st.lists(NUMBERS, min_size=1, max_size=4).map(".".join),
    st.none() | st.builds("{}{}".format, st.sampled_from(["a", "b", "rc", ".pre", "-c"]), NUMBERS),
    st.none() | NUMBERS.map(".post{}".format),
    st.none() | NUMBERS.map(".dev{}".format),
    BUILDS,
)
TEXTS = (
    st.text() | st.text("0123456789.abcdevpostr+-_!*vV \n\x00", max_size=20) | SEMVERS | PEP_440S
)


@settings(deadline=None)  # the limit of every test is enough
@given(TEXTS)
def test_of_arbitrary_text_only_one_error_comes(text: str) -> None:
    try:
        found: object = versions.key(text)
    except InvalidError as error:
        found = error
    assert isinstance(found, tuple | InvalidError)


@settings(deadline=None)
@given(st.lists(SEMVERS | PEP_440S, min_size=2, max_size=6))
def test_any_two_versions_can_be_compared(several: list[str]) -> None:
    ordered = sorted(several, key=versions.key)
    assert all(versions.key(one) <= versions.key(other) for one, other in pairwise(ordered))
    assert versions.latest(several) in several


@settings(deadline=None)
@given(PEP_440S, PEP_440S)
def test_what_is_no_semver_sorts_as_packaging_does(one: str, other: str) -> None:
    assume(not any(versions._SEMVER.fullmatch(text) for text in (one, other)))
    smaller = Version(one) < Version(other)
    assert (versions.key(one) < versions.key(other)) == smaller


@pytest.mark.parametrize("version", ["1.2.0", "1.2.0-beta.1", "1.2.0+b2", "1.0a1", "2!1.0.post1"])
def test_development_releases_follow_their_version_and_each_other(version: str) -> None:
    first, second = versions.in_development(version, 9), versions.in_development(version, 10)
    assert versions.key(version) < versions.key(first) < versions.key(second)
    assert versions.is_prerelease(first) == versions.is_prerelease(version)
    assert versions.is_in_development(first)
    assert not versions.is_in_development(version)


@pytest.mark.parametrize("version", ["1.0.dev3", "1.0.0-dev.3", "1.0.0+dev.x", "1.0.0+predev.1"])
def test_others_are_no_development_releases(version: str) -> None:
    assert not versions.is_in_development(version)
