import sys

import pytest

from pluginhub.errors import (
    InvalidError,
    NotFoundError,
    PlanChangedError,
    UnsatisfiableError,
    YankedError,
)
from pluginhub.lifecycle.choose import (
    Choice,
    _dependencies_first,
    choose,
    look,
    why_not_higher,
)
from pluginhub.lifecycle.configure import set_channel
from pluginhub.lifecycle.resolver import Wish
from pluginhub.lifecycle.yank import withdraw, yank
from pluginhub.manifest import Manifest
from pluginhub.models import Actor, Release
from tests import bundles
from tests.conftest import OPERATOR
from tests.lifecycle.conftest import Shelf, id_of


async def why(shelf: Shelf, actor: Actor, slug: str = "Clock") -> tuple[str, str]:
    """Return why an update would stay where the user is."""
    holdings = await look(shelf.resources, id_of(actor), slug)
    installation = holdings.installation_of(slug)
    version = installation.release.version
    note = await why_not_higher(shelf.resources, holdings, version, installation)
    return note.code, note.text


def shown(choices: list[Choice]) -> list[str]:
    return [str(choice.release) for choice in choices]


async def test_one_sees_all_that_could_come_of_a_wish_and_nothing_else(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("A", "1.0.0", dependencies={"b": "*"}))
    await shelf.publish(bundles.bundle("A", "2.0.0", dependencies={"Ghost": "*"}))
    await shelf.publish(bundles.bundle("B", dependencies={"C": "*"}))
    await shelf.publish(bundles.bundle("C", dependencies={"A": "*"}, conflicts={"D": "*"}))
    await shelf.publish(bundles.bundle("D"))
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await shelf.install(ann, "D")
    await shelf.install(ben, "B")
    holdings = await look(shelf.resources, id_of(ann), "a")
    assert list(holdings.installed) == ["d"]
    found = {slug: [offer.version for offer in offers] for slug, offers in holdings.offers.items()}
    assert found == {"a": ["1.0.0", "2.0.0"], "b": ["1.0.0"], "c": ["1.0.0"], "ghost": []}
    assert holdings.installation_of("D").slug == "D"
    with pytest.raises(NotFoundError, match="b is not installed"):
        holdings.installation_of("b")
    with pytest.raises(NotFoundError):
        await look(shelf.resources, "0" * 32, "A")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.0.0", "=1.0.0"),
        (" v1.0.0 ", "=1.0.0"),
        ("1.0.0-RC.1", "=1.0.0-rc.1"),
        ("1.5", "=1.5"),
        ("9.9.9", "=9.9.9"),
        ("9.9.9-beta+5", "=9.9.9-beta+5"),
        ("9.9", "9.9"),
        ("^1", "^1"),
        ("1.0.0 - 2", "1.0.0 - 2"),
        ("", ""),
    ],
)
async def test_a_version_means_itself_and_everything_else_is_a_range(
    shelf: Shelf, text: str, expected: str
) -> None:
    for version in ("1.0.0", "1.0.0-rc.1", "1.5"):
        await shelf.publish(bundles.bundle(version=version))
    holdings = await look(shelf.resources, id_of(await shelf.user()), "Clock")
    assert holdings.as_range("clock", text) == expected
    with pytest.raises(InvalidError):
        holdings.as_range("clock", "newest")


async def test_choices_come_dependencies_first_with_what_was_there_before(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("C", "1.0.0"))
    ann = await shelf.user()
    before = await shelf.install(ann, "C")
    await shelf.publish(bundles.bundle("C", "2.0.0"))
    await shelf.publish(bundles.bundle("A", dependencies={"z": "*", "C": ">1"}))
    await shelf.publish(bundles.bundle("Z"))
    await shelf.publish(bundles.bundle("B", dependencies={"Z": "*"}))
    holdings = await look(shelf.resources, id_of(ann), "A", "B")
    choices = await choose(shelf.resources, holdings, [Wish("a"), Wish("B")])
    assert shown(choices) == ["C@2.0.0", "Z@1.0.0", "A@1.0.0", "B@1.0.0"]
    assert [choice.before for choice in choices] == [before, None, None, None]
    assert [choice.reason.code for choice in choices] == ["dependency"] * 2 + ["asked-for"] * 2


def test_a_chain_of_dependencies_may_be_longer_than_python_recurses() -> None:
    length = 2 * sys.getrecursionlimit()
    chain = [link(number, number + 1) for number in range(length)]
    ordered = _dependencies_first([*chain, link(length, 0)])  # and it ends where it begins
    assert [release.id for release in ordered] == list(range(length, -1, -1))


def link(number: int, needed: int) -> Release:
    """Return a release that depends on the plugin with another number."""
    described = bundles.manifest(f"P{number:05}", dependencies={f"P{needed:05}": "*"})
    manifest = Manifest.model_validate(described)
    return Release(
        number, manifest.slug, "1.0.0", "", 1, manifest, "local-file", "local://x", 0, None
    )


async def test_yanked_releases_may_be_chosen_where_that_is_said(shelf: Shelf) -> None:
    yanked = (await shelf.publish(bundles.bundle(version="1.0.0"))).release
    even = frozenset({yanked.id})
    await shelf.publish(bundles.bundle(version="2.0.0"))
    for version in ("1.0.0", "2.0.0"):
        await yank(shelf.database, "Clock", version, actor=OPERATOR)
    holdings = await look(shelf.resources, id_of(await shelf.user()), "Clock")
    wishes = [Wish("Clock", "=1.0.0")]
    with pytest.raises(YankedError):
        await choose(shelf.resources, holdings, wishes)
    found = await choose(shelf.resources, holdings, wishes, even_if_yanked=even)
    assert shown(found) == ["Clock@1.0.0"]
    wishes = [Wish("Clock", "=2.0.0")]
    with pytest.raises(YankedError):
        await choose(shelf.resources, holdings, wishes, even_if_yanked=even)


async def test_several_yanked_releases_may_be_chosen_together(shelf: Shelf) -> None:
    board = (await shelf.publish(bundles.bundle("Board", dependencies={"Charts": "*"}))).release
    charts = (await shelf.publish(bundles.bundle("Charts"))).release
    for release in (board, charts):
        await yank(shelf.database, release.slug, release.version, actor=OPERATOR)
    holdings = await look(shelf.resources, id_of(await shelf.user()), "Board")
    wishes = [Wish("Board", "=1.0.0")]
    even = frozenset({board.id, charts.id})
    found = await choose(shelf.resources, holdings, wishes, even_if_yanked=even)
    assert shown(found) == ["Charts@1.0.0", "Board@1.0.0"]
    with pytest.raises(UnsatisfiableError):
        await choose(shelf.resources, holdings, wishes, even_if_yanked=frozenset({board.id}))


@pytest.mark.parametrize("slug", ["Board", "Charts"], ids=["asked for", "needed"])
@pytest.mark.parametrize("gone", [False, True], ids=["yanked", "withdrawn"])
async def test_what_is_withdrawn_after_the_look_is_not_chosen(
    shelf: Shelf, slug: str, gone: bool
) -> None:
    await shelf.publish(bundles.bundle("Board", dependencies={"Charts": "*"}))
    await shelf.publish(bundles.bundle("Charts"))
    holdings = await look(shelf.resources, id_of(await shelf.user()), "Board")
    release = await yank(shelf.database, slug, "1.0.0", actor=OPERATOR)
    if gone:
        assert await withdraw(shelf.resources, release, actor=OPERATOR)
    with pytest.raises(PlanChangedError, match="withdrawn meanwhile; try again"):
        await choose(shelf.resources, holdings, [Wish("Board")])
    even = frozenset({release.id})
    if gone:
        with pytest.raises(PlanChangedError):
            await choose(shelf.resources, holdings, [Wish("Board")], even_if_yanked=even)
    else:
        found = await choose(shelf.resources, holdings, [Wish("Board")], even_if_yanked=even)
        assert shown(found) == ["Charts@1.0.0", "Board@1.0.0"]


async def test_the_channel_of_what_is_there_counts_where_another_plugin_needs_it(
    shelf: Shelf,
) -> None:
    await shelf.publish(bundles.bundle("Charts", "1.0.0"))
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await shelf.install(ann, "Charts", channel="prerelease")
    await shelf.install(ben, "Charts")
    await shelf.publish(bundles.bundle("Charts", "2.0.0-rc.1"))
    await shelf.publish(bundles.bundle("Board", dependencies={"Charts": ">1"}))
    wishes = [Wish("Board")]
    holdings = await look(shelf.resources, id_of(ann), "Board")
    found = await choose(shelf.resources, holdings, wishes)
    assert shown(found) == ["Charts@2.0.0-rc.1", "Board@1.0.0"]
    holdings = await look(shelf.resources, id_of(ben), "Board")
    with pytest.raises(UnsatisfiableError):
        await choose(shelf.resources, holdings, wishes)


async def test_what_is_there_already_is_no_choice(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    holdings = await look(shelf.resources, id_of(ann), "Clock")
    assert await choose(shelf.resources, holdings, [Wish("Clock")]) == []


async def test_the_reason_for_not_going_higher_is_the_one_that_counts(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle(version="1.0.0"))
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    assert await why(shelf, ann) == ("up-to-date", "1.0.0 is the highest release")
    await shelf.publish(bundles.bundle(version="2.0.0"))
    await yank(shelf.database, "Clock", "2.0.0", actor=OPERATOR)
    assert (await why(shelf, ann))[0] == "up-to-date"
    await shelf.publish(bundles.bundle(version="3.0.0-rc.1"))
    await shelf.publish(bundles.bundle(version="3.0.0-rc.2"))
    text = "3.0.0-rc.2 is a pre-release, and the channel is stable"
    assert await why(shelf, ann) == ("prerelease", text)
    await set_channel(shelf.resources, shelf.order(ann), "Clock", "prerelease")
    assert await why(shelf, ann) == ("update-available", "3.0.0-rc.2 is available")
    await shelf.pin(ann, "Clock", "^1")
    text = "Clock is pinned to ^1, and 3.0.0-rc.2 is outside of it"
    assert await why(shelf, ann) == ("pinned", text)
    await shelf.pin(ann, "Clock", ">=1")
    assert (await why(shelf, ann))[0] == "update-available"
    await shelf.publish(bundles.bundle(version="4.0.0", requires={"host": ">=7"}))
    code, text = await why(shelf, ann)
    assert code == "held"
    assert "needs host >=7" in text
