from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from pluginhub.database import installations, users
from pluginhub.database.connection import Database
from pluginhub.database.installations import Loadable
from pluginhub.errors import NotFoundError
from pluginhub.models import Installation, ModuleSettings, Release, User
from tests.database import rows

OFF = ModuleSettings(enabled=False)
TALL = ModuleSettings(attributes={"layout": {"height": 2}, "note": "ä"})
NAMES = (
    *("enabled", "config", "modules", "attributes", "pin", "channel", "as_dependency"),
    *("previous_release_id", "previous_config"),
)


def values(world: "World") -> dict[str, Any]:
    """Return another value than the usual one for everything that can be set."""
    return {
        "enabled": False,
        "config": {"zone": "ä", "deep": [None, {"x": 1.5}]},
        "modules": {"Face": OFF, "Hand": TALL},
        "attributes": {"status": "error", "endpoints_file": None},
        "pin": "^1.2",
        "channel": "prerelease",
        "as_dependency": True,
        "previous_release_id": world.second.id,
        "previous_config": {"zone": "UTC"},
    }


class World:
    """Ann and Ben; two releases of Clock, one of Other; Ann has the first."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def fill(self) -> "World":
        self.ann = await rows.add_user(self.database)
        self.ben = await rows.add_user(self.database, "ben", "b")
        self.first = await rows.publish(self.database)
        self.second = await rows.publish(self.database, version="2.0.0")
        self.other = await rows.publish(self.database, "Other")
        self.installation = await rows.install(self.database, self.ann, self.first)
        return self

    async def move(self, to: Release, now: int) -> Installation:
        async with self.database.snapshot() as reader:
            before = await installations.get(reader, self.ann.id, "Clock")
        return await rows.move(self.database, before, to, now)

    async def refers_to(self, *releases: Release) -> list[bool]:
        async with self.database.snapshot() as reader:
            return [await installations.refers_to(reader, one.id) for one in releases]

    async def loadable(self, left_after: int = 0, owner: User | None = None) -> list[str]:
        """Return which versions of Clock pages may load, the current one with a star."""
        async with self.database.snapshot() as reader:
            owner = owner or self.ann
            found = await installations.loadable(reader, owner.id, "Clock", left_after)
        return sorted(f"{one.version}{'*' if one.current else ''}" for one in found)


@pytest.fixture(name="world")
async def _world(database: Database) -> World:
    return await World(database).fill()


async def test_an_installation_comes_out_as_it_went_in(world: World) -> None:
    assert world.installation == Installation(
        id=world.installation.id,
        user_id=world.ann.id,
        release=world.first,
        enabled=True,
        config={},
        installed_at=7,
        updated_at=7,
        modules={},
        attributes={},
        pin=None,
        channel="stable",
        as_dependency=False,
        previous_release_id=None,
        previous_config=None,
    )


async def test_everything_that_can_be_set_comes_out_as_it_was_added(world: World) -> None:
    new = rows.installation(world.ben, world.first, **values(world))
    added = await rows.install(world.database, world.ben, world.first, **values(world))
    assert added == new
    assert added.disabled_modules == {"Face"}


async def test_everything_that_can_be_set_comes_out_as_it_was_changed(world: World) -> None:
    changed = await rows.change(world.database, world.installation, **values(world), updated_at=9)
    assert changed == replace(world.installation, **values(world), updated_at=9)
    back = await rows.change(
        world.database, changed, **{name: getattr(world.installation, name) for name in NAMES}
    )
    assert back == replace(world.installation, updated_at=9)


@pytest.mark.parametrize("name", NAMES)
async def test_one_thing_changes_and_nothing_else(world: World, name: str) -> None:
    wanted = {name: values(world)[name]}
    changed = await rows.change(world.database, world.installation, **wanted)
    assert changed == replace(world.installation, **wanted)


async def test_a_change_is_one_of_this_installation_only(world: World) -> None:
    theirs = await rows.install(world.database, world.ben, world.first, **values(world))
    other = await rows.install(world.database, world.ann, world.other, modules={"Face": OFF})
    await rows.change(world.database, world.installation, pin="^1", modules={"Face": TALL})
    async with world.database.snapshot() as reader:
        assert await installations.get(reader, world.ben.id, "Clock") == theirs
        assert await installations.get(reader, world.ann.id, "Other") == other


async def test_an_empty_previous_configuration_is_not_none(world: World) -> None:
    changed = await rows.change(world.database, world.installation, previous_config={})
    assert changed.previous_config == {}


async def test_an_installation_is_found_in_any_case_and_only_for_its_user(world: World) -> None:
    async with world.database.snapshot() as reader:
        assert await installations.find(reader, world.ann.id, "cLOCK") == world.installation
        assert await installations.find(reader, world.ben.id, "Clock") is None
        with pytest.raises(NotFoundError, match="Clock is not installed"):
            await installations.get(reader, world.ben.id, "Clock")


async def test_installations_are_listed_by_slug_for_one_user(world: World) -> None:
    other = await rows.install(world.database, world.ann, world.other)
    await rows.install(world.database, world.ben, world.second)
    async with world.database.snapshot() as reader:
        assert await installations.list_of(reader, world.ann.id) == [world.installation, other]


async def test_installations_are_counted_by_release(world: World) -> None:
    await rows.install(world.database, world.ben, world.first)
    await rows.install(world.database, world.ben, world.other)
    async with world.database.snapshot() as reader:
        both = await installations.count_of(reader, [world.first.slug, world.other.slug])
        one = await installations.count_of(reader, [world.other.slug])
    assert both == {world.first.id: 2, world.other.id: 1}
    assert one == {world.other.id: 1}


async def test_a_switched_off_module_is_known_by_its_installation_only(world: World) -> None:
    await rows.install(world.database, world.ben, world.first)
    modules = {"Face": OFF, "Hand": TALL}
    await rows.change(world.database, world.installation, modules=modules)
    async with world.database.snapshot() as reader:
        mine = await installations.get(reader, world.ann.id, "Clock")
        theirs = await installations.get(reader, world.ben.id, "Clock")
    assert mine.disabled_modules == frozenset({"Face"})
    assert theirs.disabled_modules == frozenset()


async def test_an_installation_is_switched_off_and_on(world: World) -> None:
    off = await rows.change(world.database, world.installation, enabled=False, updated_at=20)
    on = await rows.change(world.database, off, enabled=True, updated_at=30)
    assert [(one.enabled, one.updated_at) for one in (off, on)] == [(False, 20), (True, 30)]


async def test_a_removed_installation_leaves_those_of_others(world: World) -> None:
    theirs = await rows.install(world.database, world.ben, world.first)
    async with world.database.transaction() as tx:
        await installations.remove(tx, world.installation.id)
        assert await installations.find(tx, world.ann.id, "Clock") is None
        assert await installations.get(tx, world.ben.id, "Clock") == theirs


async def test_a_move_changes_release_and_time_and_nothing_else(world: World) -> None:
    moved = await world.move(world.second, now=100)
    assert (moved.release, moved.updated_at) == (world.second, 100)
    assert (moved.id, moved.installed_at) == (world.installation.id, 7)
    assert moved.previous_release_id == world.first.id


async def test_a_change_without_a_move_leaves_no_release(world: World) -> None:
    await rows.change(world.database, world.installation, enabled=True, updated_at=9)
    assert await world.loadable() == ["1.0.0*"]


async def test_modules_stay_as_they_were_set_over_a_move(world: World) -> None:
    await rows.change(world.database, world.installation, modules={"Face": OFF})
    moved = await world.move(world.second, now=100)
    assert moved.modules == {"Face": OFF}


async def test_what_is_installed_is_loadable_with_all_that_a_page_needs(world: World) -> None:
    async with world.database.snapshot() as reader:
        found = await installations.loadable(reader, world.ann.id, "cLOCK", 0)
    expected = Loadable(
        world.installation.id,
        world.first.id,
        "Clock",
        "1.0.0",
        "d" * 64,
        published_at=5,
        current=True,
        left_at=None,
    )
    assert found == [expected]


@pytest.mark.parametrize(
    ("left_after", "expected"),
    [
        (99, ["1.0.0", "2.0.0*"]),
        (100, ["2.0.0*"]),
        (101, ["2.0.0*"]),
    ],
)
async def test_a_release_is_loadable_for_the_grace_period_after_it_was_left(
    world: World, left_after: int, expected: list[str]
) -> None:
    await world.move(world.second, now=100)
    assert await world.loadable(left_after) == expected


async def test_a_move_back_and_forth_keeps_the_last_time_of_leaving(world: World) -> None:
    await world.move(world.second, now=100)
    await world.move(world.first, now=200)
    assert await world.loadable() == ["1.0.0*", "2.0.0"]
    await world.move(world.second, now=300)
    assert await world.loadable(299) == ["1.0.0", "2.0.0*"]
    assert await world.loadable(300) == ["2.0.0*"]


async def switch_off(world: World) -> None:
    async with world.database.snapshot() as reader:
        before = await installations.get(reader, world.ann.id, "Clock")
    await rows.change(world.database, before, enabled=False, updated_at=150)


async def switch_user_off(world: World) -> None:
    async with world.database.transaction() as tx:
        await users.set_enabled(tx, world.ann.id, enabled=False, now=150)


async def uninstall(world: World) -> None:
    async with world.database.transaction() as tx:
        await installations.remove(tx, world.installation.id)


async def reinstall_later(world: World) -> None:
    await uninstall(world)
    await rows.install(world.database, world.ben, world.first)


@pytest.mark.parametrize("change", [switch_off, switch_user_off, uninstall, reinstall_later])
async def test_nothing_is_loadable_after(
    world: World, change: Callable[[World], Awaitable[None]]
) -> None:
    await world.move(world.second, now=100)
    assert await world.loadable() == ["1.0.0", "2.0.0*"]
    await change(world)
    assert await world.loadable() == []


async def test_a_reinstalled_plugin_does_not_bring_the_grace_period_back(world: World) -> None:
    await world.move(world.second, now=100)
    await uninstall(world)
    await rows.install(world.database, world.ann, world.second)
    assert await world.loadable() == ["2.0.0*"]


async def test_what_others_have_is_not_loadable(world: World) -> None:
    assert await world.loadable(owner=world.ben) == []


async def test_a_release_is_referred_to_by_those_who_have_had_or_may_load_it(world: World) -> None:
    assert await world.refers_to(world.first, world.second, world.other) == [True, False, False]
    moved = await world.move(world.second, now=100)
    assert await world.refers_to(world.first, world.second) == [True, True]
    moved = await rows.change(world.database, moved, previous_release_id=None)
    assert await world.refers_to(world.first, world.second) == [True, True]
    async with world.database.transaction() as tx:
        await tx.execute("DELETE FROM former_releases")
    assert await world.refers_to(world.first, world.second) == [False, True]
    await rows.change(world.database, moved, previous_release_id=world.first.id)
    assert await world.refers_to(world.first, world.second) == [True, True]


async def test_an_uninstalled_plugin_refers_to_nothing(world: World) -> None:
    await world.move(world.second, now=100)
    await uninstall(world)
    assert await world.refers_to(world.first, world.second) == [False, False]
