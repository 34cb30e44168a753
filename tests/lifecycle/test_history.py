from collections.abc import Awaitable, Callable

import pytest

from pluginhub.accounts import users
from pluginhub.errors import NotFoundError, UnsatisfiableError
from pluginhub.lifecycle.configure import set_channel
from pluginhub.lifecycle.history import explain, history
from pluginhub.lifecycle.plan import Plan
from pluginhub.lifecycle.yank import yank
from pluginhub.models import Actor
from tests import bundles
from tests.conftest import OPERATOR
from tests.lifecycle.conftest import Shelf, id_of


async def reasons(shelf: Shelf, actor: Actor, slug: str) -> list[tuple[str, str]]:
    found = await explain(shelf.resources, id_of(actor), slug)
    return [(note.code, note.text) for note in found.reasons]


async def test_the_history_tells_what_was_done_by_whom_and_when(shelf: Shelf) -> None:
    for version in ("1.0.0", "2.0.0"):
        await shelf.publish(bundles.bundle(version=version))
    await shelf.publish(bundles.bundle("Map"))
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    begin = shelf.clock.time
    await shelf.install(ben, "Clock")
    await shelf.install(ann, "Map")
    await shelf.install(ann, "Clock", "1.0.0")
    verbs: list[Callable[[], Awaitable[Plan]]] = [
        lambda: shelf.update(ann),
        lambda: shelf.roll_back(ann),
        lambda: shelf.disable(ann, "Clock"),
        lambda: shelf.configure(ann, "Clock", zone="UTC"),
        lambda: shelf.uninstall(ann, "Clock"),
    ]
    for verb in verbs:
        shelf.clock.time += 60
        await verb()
    with pytest.raises(NotFoundError):
        await shelf.disable(ann, "Clock")
    found = await history(shelf.resources, id_of(ann), "clock")
    assert [(entry.at - begin, entry.action, entry.target) for entry in reversed(found)] == [
        (0, "install", "Clock@1.0.0"),
        (60, "update", "Clock@2.0.0"),
        (120, "rollback", "Clock@1.0.0"),
        (180, "disable", "Clock@1.0.0"),
        (240, "configure", "Clock@1.0.0"),
        (300, "uninstall", "Clock@1.0.0"),
    ]
    assert {entry.actor_name for entry in found} == {"ann"}
    everything = await history(shelf.resources, id_of(ann))
    assert [entry for entry in everything if entry.slug == "Clock"] == found
    assert [entry.target for entry in everything if entry not in found] == ["Map@1.0.0"]
    assert await history(shelf.resources, id_of(ann), "clock", limit=2) == found[:2]


async def test_a_history_is_read_page_by_page_and_tells_of_plugins_only(shelf: Shelf) -> None:
    for slug in ("Clock", "Map"):
        await shelf.publish(bundles.bundle(slug))
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    for enabled in (False, True):
        await users.set_enabled(shelf.database, "ann", enabled=enabled, actor=OPERATOR)
    await shelf.install(ann, "Map")
    await shelf.disable(ann, "Clock")
    everything = await history(shelf.resources, id_of(ann))
    assert [(entry.action, entry.slug) for entry in everything] == [
        ("disable", "Clock"),
        ("install", "Map"),
        ("install", "Clock"),
    ]
    pages = []
    before: int | None = None
    while page := await history(shelf.resources, id_of(ann), before=before, limit=1):
        pages += page
        before = page[-1].id
    assert pages == everything
    before = everything[0].id
    found = await history(shelf.resources, id_of(ann), "Clock", before=before)
    assert found == everything[2:]


async def test_a_plugin_on_the_highest_release_has_nothing_more_to_explain(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    installation = await shelf.install(ann, "Clock")
    found = await explain(shelf.resources, id_of(ann), "clock")
    assert found.installation == installation
    assert [note.code for note in found.reasons] == ["up-to-date"]
    assert found.last
    assert (found.last.action, found.last.target) == ("install", "Clock@1.0.0")
    with pytest.raises(NotFoundError):
        await explain(shelf.resources, id_of(ann), "Map")


async def test_everything_that_keeps_a_plugin_as_it_is_is_named(shelf: Shelf) -> None:
    for version in ("1.0.0", "1.1.0", "2.0.0"):
        await shelf.publish(bundles.bundle("Charts", version))
    await shelf.publish(bundles.bundle("Board", dependencies={"charts": "=1.0.0"}))
    ann = await shelf.user()
    await shelf.install(ann, "Board")
    await yank(shelf.database, "Charts", "1.0.0", actor=OPERATOR, reason="wrong colours")
    assert await reasons(shelf, ann, "Charts") == [
        ("dependency", "Charts came along for another plugin"),
        ("yanked", "Charts@1.0.0 was withdrawn: wrong colours"),
        ("range", "Board@1.0.0 needs Charts =1.0.0"),
        ("held", "Board 1.0.0, which you have, needs Charts =1.0.0; Charts =2.0.0 is asked for"),
    ]
    await yank(shelf.database, "Charts", "1.0.0", actor=OPERATOR)
    await shelf.disable(ann, "Charts", "Face")
    await shelf.disable(ann, "Charts")
    await shelf.pin(ann, "Charts", "^1")
    await set_channel(shelf.resources, shelf.order(ann), "Charts", "prerelease")
    assert await reasons(shelf, ann, "Charts") == [
        ("disabled", "Charts is switched off"),
        ("modules-disabled", "switched off: Face"),
        ("pin", "Charts is pinned to ^1"),
        ("channel", "updates may lead to pre-releases"),
        ("dependency", "Charts came along for another plugin"),
        ("yanked", "Charts@1.0.0 was withdrawn"),
        ("range", "Board@1.0.0 needs Charts =1.0.0"),
        ("pinned", "Charts is pinned to ^1, and 2.0.0 is outside of it"),
    ]


async def test_the_last_change_is_one_that_was_made(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    with pytest.raises(UnsatisfiableError):
        await shelf.update(ann, "Clock", "^2")
    last = (await explain(shelf.resources, id_of(ann), "Clock")).last
    assert last
    assert last.action == "install"


async def test_a_release_that_nothing_holds_back_can_be_had_by_an_update(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    await shelf.publish(bundles.bundle(version="2.0.0-rc.1"))
    assert [code for code, _ in await reasons(shelf, ann, "Clock")] == ["prerelease"]
    await shelf.publish(bundles.bundle(version="2.0.0"))
    [(code, text)] = await reasons(shelf, ann, "Clock")
    assert (code, text) == ("update-available", "2.0.0 is available")
