"""What at a source is newer than what is published."""

from dataclasses import replace

import pytest

from pluginhub.database.remote_versions import Known
from pluginhub.lifecycle.newer_at_source import newer, version_of
from tests.database import rows

INSTALLED = rows.installation(rows.user(), rows.release(version="1.4.0"))
PUBLISHED = [Known("1.4.0", "v1.4.0", False)]


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("v1.5.0", "1.5.0"),
        ("1.5.0", "1.5.0"),
        ("V1.5", "1.5"),
        ("v1.10.0", "1.10.0"),
        ("v1.4.1+build", "1.4.1+build"),
        ("1.4.0", None),
        ("v1.4", None),
        ("v1.3.9", None),
        ("v1.4.0-rc.1", None),
        ("v1.5.0-beta", None),
        ("version9", None),
        ("vv1.5.0", "1.5.0"),
        ("release-2026-05", None),
        ("", None),
        (None, None),
        ("9" * 100, None),
    ],
)
def test_only_a_higher_version_is_newer(tag: str | None, version: str | None) -> None:
    assert newer(INSTALLED, tag, PUBLISHED) == version


def test_tags_are_compared_with_tags_where_they_are_known() -> None:
    published = [Known("1.0.3", "v1.8.0", False)]
    assert newer(INSTALLED, "v1.8.0", published) is None
    assert newer(INSTALLED, "v1.7.0", published) is None
    assert newer(INSTALLED, "v1.9.0", published) == "1.9.0"
    assert newer(INSTALLED, "v1.9.0", [Known("1.0.3", "version1", False)]) == "1.9.0"


def test_what_is_published_or_withdrawn_is_not_newer() -> None:
    for other in (Known("1.5.0", None, False), Known("1.5.0", "v1.5.0", True)):
        assert newer(INSTALLED, "v1.5.0", [*PUBLISHED, other]) is None


def test_pin_and_channel_decide_as_in_an_update() -> None:
    pinned = replace(INSTALLED, pin="^1")
    assert newer(pinned, "v1.9.0", PUBLISHED) == "1.9.0"
    assert newer(pinned, "v2.0.0", PUBLISHED) is None
    early = replace(INSTALLED, channel="prerelease")
    assert newer(early, "v1.5.0-beta", PUBLISHED) == "1.5.0-beta"


def test_a_leading_v_is_no_part_of_a_version() -> None:
    tags = ["v1.0", "V1.0", "1.0", "version1", "v"]
    assert list(map(version_of, tags)) == ["1.0", "1.0", "1.0", "ersion1", ""]
