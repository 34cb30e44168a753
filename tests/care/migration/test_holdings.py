"""Which release a user gets where several could be meant."""

import pytest

from pluginhub.care.migration.holdings import Decider
from pluginhub.care.migration.metadata import Reference
from pluginhub.care.migration.plan import Conflict, Content, Person
from pluginhub.care.migration.source import Skipped
from tests.care.migration.old_system import ANN
from tests.care.migration.test_naming import content

OLD, NEW = content("a", 1), content("b", 2, version="1.10.0")
OLD.becomes, NEW.becomes = "1.0.0", "1.10.0"
OTHER = content("c", slug="random-color", version="2.0.0")
OTHER.becomes = "2.0.0"


def noted(slug: str = "Clock", version: str | None = None, *, installed: bool = True) -> Reference:
    return Reference(ANN, slug, version, installed)


def decided(
    own: list[Content], notes: list[Reference]
) -> tuple[list[str], list[Conflict], list[Skipped]]:
    conflicts: list[Conflict] = []
    skipped: list[Skipped] = []
    ann = Person(ANN, "ann")
    Decider([OLD, NEW, OTHER], conflicts, skipped).decide(ann, own, notes)
    return [str(it.content) for it in ann.holdings], conflicts, skipped


def test_a_copy_is_what_its_owner_has_whatever_is_noted() -> None:
    assert decided([OLD], []) == (["Clock@1.0.0"], [], [])
    assert decided([OLD], [noted(version="9.9.9")]) == (["Clock@1.0.0"], [], [])


def test_of_several_copies_that_which_is_noted_counts_else_the_highest() -> None:
    assert decided([OLD, NEW], [noted(version="v1.0.0")]) == (["Clock@1.0.0"], [], [])
    got, conflicts, _ = decided([OLD, NEW], [])
    assert got == ["Clock@1.10.0"]
    assert conflicts == [Conflict("Clock of ann", "gets 1.10.0, not Clock@1.0.0")]


def test_without_a_copy_the_noted_release_is_meant() -> None:
    assert decided([], [noted(version="1.0.0")]) == (["Clock@1.0.0"], [], [])
    got, _, skipped = decided([], [noted(version="3.0.0")])
    assert (got, skipped) == ([], [Skipped("ann", "the files of Clock 3.0.0 are not there")])


def test_without_a_noted_version_the_highest_is_meant_and_said() -> None:
    got, conflicts, _ = decided([], [noted()])
    assert got == ["Clock@1.10.0"]
    assert conflicts == [Conflict("Clock of ann", "gets 1.10.0, not Clock@1.0.0")]


def test_where_something_came_from_is_no_reason_to_have_it() -> None:
    assert decided([], [noted(installed=False)]) == ([], [], [])


@pytest.mark.parametrize(
    "slug", ["random-color", "randomcolor", "Random_Color", f"{ANN}_randomcolor"]
)
def test_spellings_that_the_old_system_took_for_one_are_one(slug: str) -> None:
    assert decided([], [noted(slug)])[0] == ["random-color@2.0.0"]
    assert decided([OTHER], [noted(slug)])[0] == ["random-color@2.0.0"]


def test_what_nobody_has_files_of_is_named() -> None:
    _, _, skipped = decided([], [noted("Gone"), noted("Lost", "1.0")])
    assert [it.reason for it in skipped] == [
        "the files of Gone are not there",
        "the files of Lost 1.0 are not there",
    ]
