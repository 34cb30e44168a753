"""Which plugins there are, page by page."""

from typing import Any

import pytest

from pluginhub.database import catalogue, plugins
from pluginhub.database.connection import Database
from tests.database import rows

PLUGINS: list[dict[str, Any]] = [
    {"slug": "Zebra", "name": "apples", "tags": ["fruit", "red"], "category": "food"},
    {"slug": "Alpha", "name": "Zoo", "description": "100% animals", "category": "Food"},
    {"slug": "Under_Score", "name": "Mango", "tags": ["fruit"], "description": "back\\slash"},
]


async def filled(database: Database) -> None:
    for plugin in PLUGINS:
        await rows.publish(database, **plugin)


async def found(database: Database, **query: Any) -> list[str]:
    async with database.snapshot() as connection:
        total, slugs = await catalogue.search(connection, **query)
    assert total >= len(slugs)
    return slugs


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Zebra", "Under_Score", "Alpha"]),
        ({"sort": "newest"}, ["Under_Score", "Alpha", "Zebra"]),
        ({"text": "ZEB"}, ["Zebra"]),
        ({"text": "apple"}, ["Zebra"]),
        ({"text": "animals"}, ["Alpha"]),
        ({"text": "100%"}, ["Alpha"]),
        ({"text": "0%a"}, []),
        ({"text": "r_S"}, ["Under_Score"]),
        ({"text": "a_p"}, []),
        ({"text": "\\"}, ["Under_Score"]),
        ({"text": "fruit"}, ["Zebra", "Under_Score"]),
        ({"text": "' OR 1=1 --"}, []),
        ({"tag": "fruit"}, ["Zebra", "Under_Score"]),
        ({"tag": "fru"}, []),
        ({"category": "food"}, ["Zebra"]),
        ({"category": "food", "tag": "red", "text": "zebra"}, ["Zebra"]),
    ],
)
async def test_plugins_are_searched(
    database: Database, query: dict[str, Any], expected: list[str]
) -> None:
    await filled(database)
    assert await found(database, **query) == expected


async def test_a_page_is_a_part_of_what_there_is(database: Database) -> None:
    await filled(database)
    async with database.snapshot() as connection:
        pages = [await catalogue.search(connection, offset=at, limit=2) for at in (0, 2, 4)]
    assert pages == [(3, ["Zebra", "Under_Score"]), (3, ["Alpha"]), (3, [])]


async def test_what_most_users_have_comes_first(database: Database) -> None:
    await filled(database)
    wanted = await rows.publish(database, "Alpha", "2.0.0")
    for name, digit in [("ann", "a"), ("ben", "b")]:
        await rows.install(database, await rows.add_user(database, name, digit), wanted)
    assert (await found(database, sort="most-used"))[0] == "Alpha"


async def test_the_newest_release_that_is_not_withdrawn_speaks_for_its_plugin(
    database: Database,
) -> None:
    await rows.publish(database, "Clock", "1.0.0", name="Old name")
    await rows.publish(database, "Clock", "2.0.0", name="New name")
    assert await found(database, text="New name") == ["Clock"]
    async with database.transaction() as tx:
        await tx.execute("UPDATE releases SET yanked_at = 1 WHERE version = '2.0.0'")
    assert await found(database, text="New name") == []
    assert await found(database, text="Old name") == ["Clock"]


async def test_plugins_are_found_by_whom_they_belong_to(database: Database) -> None:
    ann, ben = await rows.add_user(database), await rows.add_user(database, "ben", "b")
    async with database.transaction() as tx:
        for slug, owner in [("Zebra", ann.id), ("Alpha", ann.id), ("Clock", ben.id), ("X", None)]:
            await plugins.add(tx, slug, owner, 1)
        assert await catalogue.owned_by(tx, ann.id) == ["Alpha", "Zebra"]
        assert await catalogue.owned_by(tx, "c" * 32) == []
