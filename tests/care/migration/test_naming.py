from pathlib import Path

import pytest

from pluginhub.care.migration.naming import Target, name_all
from pluginhub.care.migration.plan import Content
from pluginhub.manifest import Manifest
from pluginhub.storage.bundle import Description
from tests import bundles


def content(digest: str, users: int = 0, slug: str = "Clock", version: str = "1.0.0") -> Content:
    described = Description(Manifest(**bundles.manifest(slug, version)), None)
    return Content(slug, version, digest, 1, Path(), described, copies=1, users=users)


def test_what_most_have_keeps_its_version_and_the_order_does_not_matter() -> None:
    for order in ("abc", "cba", "bca"):
        few, many, none = content("a", 2), content("b", 9), content("c")
        by = {"a": few, "b": many, "c": none}
        name_all([by[name] for name in order], Target())
        assert (many.becomes, few.becomes, none.becomes) == ("1.0.0", "1.0.0+b2", "1.0.0+b3")


def test_what_is_published_keeps_its_version_and_others_keep_away_from_it() -> None:
    known, removed = content("a", 1), content("b", 9)
    target = Target(
        {"clock": "Clock"},
        {("clock", "a"): "1.0.0+b2"},
        frozenset({("clock", "1.0.0"), ("clock", "1.0.0+b2")}),
    )
    conflicts = name_all([known, removed], target)
    assert (known.becomes, known.published) == ("1.0.0+b2", True)
    assert (removed.becomes, removed.published) == ("1.0.0+b3", False)
    assert [it.about for it in conflicts] == ["Clock 1.0.0", "Clock 1.0.0"]


def test_a_plugin_has_one_spelling() -> None:
    first, second = content("a", 2), content("b", 1, slug="cLOCK", version="2.0.0")
    [conflict] = name_all([second, first], Target())
    assert (first.slug, second.slug) == ("Clock", "Clock")
    assert (conflict.about, conflict.solution) == (
        "cLOCK",
        "it is spelled Clock elsewhere, and here",
    )
    third = content("c")
    name_all([third], Target({"clock": "CLOCK"}))
    assert third.slug == "CLOCK"


@pytest.mark.parametrize(
    ("version", "becomes"),
    [
        ("1.0+x", "1.0+x.b2"),
        ("1.0.0-rc.1", "1.0.0-rc.1+b2"),
        ("1." + "0" * 62, "1." + "0" * 54 + "+b2"),
    ],
)
def test_a_build_is_added_to_whatever_the_version_is(version: str, becomes: str) -> None:
    first, second = content("a", 2, version=version), content("b", version=version)
    name_all([first, second], Target())
    assert second.becomes == becomes
    assert len(second.becomes) <= 64
