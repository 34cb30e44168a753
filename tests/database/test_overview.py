"""Plugins and releases with their numbers."""

from typing import Any

from pluginhub.database import overview, releases
from pluginhub.database.connection import Database
from tests.database import rows


async def filled(database: Database) -> None:
    ann, ben = await rows.add_user(database), await rows.add_user(database, "ben", "b")
    old, new = [await rows.publish(database, version=it) for it in ("1.0.0", "2.0.0")]
    await rows.publish(database, "A_Map")
    await rows.publish(database, "AxMap")
    await rows.install(database, ann, old)
    await rows.install(database, ben, new)
    async with database.transaction() as tx:
        await releases.set_yanked(tx, old.id, 9, "bad")
        await tx.execute("UPDATE releases SET contract = 'pluginhub' WHERE slug = 'A_Map'")
        await tx.execute("UPDATE plugins SET owner_id = ? WHERE slug = 'Clock'", (ann.id,))


async def found(database: Database, text: str = "", show: overview.Show = "all") -> list[str]:
    async with database.snapshot() as connection:
        total, plugins = await overview.plugins(connection, text, show, offset=0, limit=10)
    assert total == len(plugins)
    return [plugin.slug for plugin in plugins]


async def test_plugins_are_chosen_by_what_is_to_be_done(database: Database) -> None:
    await filled(database)
    assert await found(database) == ["A_Map", "AxMap", "Clock"]
    assert await found(database, "a_m") == ["A_Map"]
    assert await found(database, "map") == ["A_Map", "AxMap"]
    assert await found(database, show="waiting") == ["A_Map"]
    assert await found(database, show="yanked") == ["Clock"]
    assert await found(database, show="unused") == ["A_Map", "AxMap"]


async def test_a_plugin_has_its_numbers(database: Database) -> None:
    await filled(database)
    expected = overview.PluginNumbers("Clock", "ann", releases=2, size=6, users=2)
    async with database.snapshot() as connection:
        assert await overview.plugin(connection, "clock") == expected
        assert await overview.plugin(connection, "Nothing") is None
        assert await overview.most_used(connection, 5) == [expected]
        total, page = await overview.plugins(connection, "", "all", offset=2, limit=1)
    assert (total, page) == (3, [expected])


async def test_releases_are_the_newest_of_each_plugin(database: Database) -> None:
    await filled(database)
    async with database.snapshot() as connection:
        listed = await overview.releases_of(connection, ["Clock", "AxMap"], most=1)
        rest = await overview.releases_of(connection, ["Clock"], most=5, offset=1)
        nothing = await overview.releases_of(connection, [], most=5)
    assert {slug: [it.version for it in them] for slug, them in listed.items()} == {
        "Clock": ["2.0.0"],
        "AxMap": ["1.0.0"],
    }
    [old] = rest["Clock"]
    told: dict[str, Any] = {"version": "1.0.0", "users": 1, "yank_reason": "bad", "keep": False}
    assert {name: getattr(old, name) for name in told} == told
    assert (str(old), old.waits, nothing) == ("Clock@1.0.0", False, {})


async def test_users_are_counted_by_version(database: Database) -> None:
    await filled(database)
    async with database.snapshot() as connection:
        users = await overview.users_on(connection, ["Clock", "AxMap"])
    assert users == {"Clock": [("2.0.0", 1), ("1.0.0", 1)], "AxMap": []}
