from dataclasses import replace

import pytest

from pluginhub.database import state_records
from pluginhub.database.connection import Database, IntegrityError
from pluginhub.database.state_records import State, Totals
from tests.database import rows

NOW = 100


@pytest.fixture(name="ann")
async def _ann(database: Database) -> str:
    return (await rows.add_user(database)).id


def state(user_id: str, name: str = "one", **more: object) -> State:
    plain = State(
        id=name,
        user_id=user_id,
        plugin_id="Clock",
        page_id=None,
        state_key=name,
        state_data='{"a": 1}',
        state_schema_version=None,
        state_strategy="persistent",
        compression_type=None,
        state_size=8,
        last_accessed=10,
        access_count=0,
        ttl_expires_at=None,
        is_active=True,
        version=1,
        device_id=None,
        sync_status="synced",
        created_at=10,
        updated_at=10,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


async def put(database: Database, *states: State) -> None:
    async with database.transaction() as tx:
        for item in states:
            await state_records.put(tx, item)


async def test_a_state_is_found_by_id_and_by_key_until_it_is_over(
    database: Database, ann: str
) -> None:
    one = state(ann, ttl_expires_at=NOW)
    await put(database, one)
    async with database.snapshot() as reader:
        assert await state_records.find(reader, ann, "one", NOW - 1) == one
        assert await state_records.find(reader, ann, "one", NOW) is None
        assert await state_records.find(reader, "b" * 32, "one", 0) is None
        key = ("Clock", "", "one")
        assert await state_records.find_by_key(reader, ann, key, NOW - 1) == one
        assert await state_records.find_by_key(reader, ann, key, NOW) is None


async def test_states_are_searched_by_columns_and_time(database: Database, ann: str) -> None:
    one, two = state(ann), state(ann, "two", is_active=False, updated_at=20, last_accessed=20)
    await put(database, one, two)
    async with database.snapshot() as reader:
        assert await state_records.search(reader, ann, NOW, {}) == [two, one]
        assert await state_records.search(reader, ann, NOW, {"is_active": False}) == [two]
        assert await state_records.search(reader, ann, NOW, {"no_column": 1}, since=11) == [two]
        assert await state_records.search(reader, ann, NOW, {}, limit=1, offset=1) == [one]


async def test_what_is_over_is_removed_and_does_not_count(database: Database, ann: str) -> None:
    one, two = state(ann), state(ann, "two", ttl_expires_at=NOW, state_size=2**62)
    three = state(ann, "three", ttl_expires_at=NOW + 1, state_size=-5, last_accessed=30)
    await put(database, one, two, three)
    async with database.transaction() as tx:
        assert await state_records.totals(tx, ann, NOW) == Totals(2, 2, 8, 1, 30)
        assert await state_records.remove_expired(tx, ann, NOW) == 1
        assert await state_records.remove_expired(tx, ann, NOW) == 0
        await state_records.remove(tx, "b" * 32, "one")
        await state_records.remove(tx, ann, "one")
        assert await state_records.search(tx, ann, NOW, {}) == [three]
        assert await state_records.totals(tx, "b" * 32, NOW) == Totals(0, 0, 0, 0, None)


async def test_all_states_of_a_user_are_listed_expired_or_not(database: Database, ann: str) -> None:
    ben = (await rows.add_user(database, "ben", "b")).id
    two, one = state(ann, "two", ttl_expires_at=1), state(ann, "one", is_active=False)
    async with database.transaction() as tx:
        await state_records.add(tx, [two, one, state(ben, "three")])
        await state_records.add(tx, [])
        assert await state_records.list_of(tx, ann) == [one, two]
        assert await state_records.list_of(tx, "c" * 32) == []


async def test_a_state_is_not_added_in_place_of_another(database: Database, ann: str) -> None:
    ben = (await rows.add_user(database, "ben", "b")).id
    await put(database, state(ann))
    for taken in (state(ben), state(ann, "other", state_key="one")):
        with pytest.raises(IntegrityError):
            await add(database, taken)
    async with database.snapshot() as reader:
        assert await state_records.list_of(reader, ann) == [state(ann)]


async def test_ids_are_known_to_be_taken_however_many_are_asked_for(
    database: Database, ann: str
) -> None:
    names = [str(number) for number in range(2500)]
    await add(database, *(state(ann, name) for name in ("7", "1000", "2499", "x", "7\0")))
    async with database.snapshot() as reader:
        assert await state_records.taken(reader, names) == {"7", "1000", "2499"}
        assert await state_records.taken(reader, []) == set()


async def add(database: Database, *states: State) -> None:
    async with database.transaction() as tx:
        await state_records.add(tx, states)
