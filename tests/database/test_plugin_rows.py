from typing import Any

import pytest

from pluginhub.database import installations, plugin_rows
from pluginhub.database.connection import Database, fetch_all
from pluginhub.models import Installation
from tests.database import rows

NOTHING: dict[str, list[dict[str, Any]]] = {table: [] for table in plugin_rows.TABLES}
ROWS: dict[str, list[dict[str, Any]]] = {
    "settings_definitions": [{"id": "b", "name": "ä", "tags": '["x"]'}, {"id": "a", "name": None}],
    "settings_instances": [{"id": "a", "value": 1.5, "deep": {"x": [None, True]}}],
    "pages": [{"id": "1", "content": "{}"}],
    "plugin_service_runtime": [{"id": "s", "status": "pending"}],
}
SORTED = {**ROWS, "settings_definitions": ROWS["settings_definitions"][::-1]}


@pytest.fixture(name="clock")
async def _clock(database: Database) -> Installation:
    return await rows.install(database, await rows.add_user(database), await rows.publish(database))


@pytest.fixture(name="other")
async def _other(database: Database, clock: Installation) -> Installation:
    return await rows.install(database, await rows.add_user(database, "ben", "b"), clock.release)


async def keep(
    database: Database, installation: Installation, kept: plugin_rows.Rows
) -> dict[str, list[dict[str, Any]]]:
    async with database.transaction() as tx:
        await plugin_rows.replace(tx, installation.id, kept)
        return await plugin_rows.of_installation(tx, installation.id)


async def test_an_installation_keeps_nothing_at_first(
    database: Database, clock: Installation
) -> None:
    async with database.snapshot() as reader:
        assert await plugin_rows.of_installation(reader, clock.id) == NOTHING


async def test_what_all_installations_of_a_user_keep_is_found_at_once(
    database: Database, clock: Installation, other: Installation
) -> None:
    ann = await rows.add_user(database, "cleo", "c")
    release = await rows.publish(database, "Zebra")
    zebra = await rows.install(database, ann, release)
    again = await rows.install(database, ann, clock.release)
    for installation in (clock, other, zebra):
        await keep(database, installation, ROWS)
    async with database.snapshot() as reader:
        found = await plugin_rows.of_user(reader, ann.id)
    assert dict(found) == {zebra.id: SORTED}
    assert found[again.id] == NOTHING


async def test_rows_come_out_by_table_and_id_as_they_went_in(
    database: Database, clock: Installation
) -> None:
    assert await keep(database, clock, ROWS) == SORTED


async def test_rows_replace_all_that_there_was(database: Database, clock: Installation) -> None:
    await keep(database, clock, ROWS)
    second = {"pages": [{"id": "1", "content": "new"}, {"id": "2"}]}
    assert await keep(database, clock, second) == {**NOTHING, **second}
    assert await keep(database, clock, {}) == NOTHING


async def test_an_id_may_be_a_number(database: Database, clock: Installation) -> None:
    assert (await keep(database, clock, {"pages": [{"id": 7}]}))["pages"] == [{"id": 7}]


async def test_other_tables_are_not_kept(database: Database, clock: Installation) -> None:
    assert await keep(database, clock, {"users": [{"id": "x"}], "plugin": [{"id": "x"}]}) == NOTHING


async def test_rows_are_those_of_one_installation(
    database: Database, clock: Installation, other: Installation
) -> None:
    await keep(database, clock, ROWS)
    assert await keep(database, other, {"pages": [{"id": "1"}]}) == {
        **NOTHING,
        "pages": [{"id": "1"}],
    }
    await keep(database, other, {})
    async with database.snapshot() as reader:
        assert await plugin_rows.of_installation(reader, clock.id) == SORTED


async def test_rows_go_with_their_installation_and_stay_over_a_move(
    database: Database, clock: Installation, other: Installation
) -> None:
    for one in (clock, other):
        await keep(database, one, ROWS)
    await rows.move(database, clock, await rows.publish(database, version="2.0.0"))
    async with database.transaction() as tx:
        assert await plugin_rows.of_installation(tx, clock.id) == SORTED
        await installations.remove(tx, clock.id)
        left = await fetch_all(tx, "SELECT DISTINCT installation_id FROM plugin_rows")
    assert [row["installation_id"] for row in left] == [other.id]
