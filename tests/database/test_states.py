from typing import Any

import pytest

from pluginhub.database import states, users
from pluginhub.database.connection import Database
from pluginhub.errors import HookAnswerError
from pluginhub.models import User
from tests.database import rows

FULL: dict[str, Any] = {
    "id": "one",
    "plugin_id": "Clock",
    "page_id": "home",
    "state_key": "zone",
    "state_data": '{"zone": "ä"}',
    "state_schema_version": "1.0",
    "state_strategy": "session",
    "compression_type": "gzip",
    "state_size": 99,
    "last_accessed": 11,
    "access_count": 3,
    "ttl_expires_at": 12,
    "is_active": 0,
    "version": 4,
    "device_id": "phone",
    "sync_status": "pending",
    "created_at": 13,
    "updated_at": 14,
}


@pytest.fixture(name="ann")
async def _ann(database: Database) -> User:
    return await rows.add_user(database)


@pytest.fixture(name="ben")
async def _ben(database: Database) -> User:
    return await rows.add_user(database, "ben", "b")


def state(name: str = "one", **more: Any) -> dict[str, Any]:
    return {"id": name, "plugin_id": "Clock", "state_key": name, "state_data": "{}", **more}


async def change(
    database: Database, owner: User, *written: dict[str, Any], removed: tuple[str, ...] = ()
) -> None:
    async with database.transaction() as tx:
        await states.change(tx, owner.id, removed=removed, written=written, now=50)


async def stored(database: Database, owner: User, *names: str) -> list[dict[str, Any]]:
    async with database.snapshot() as reader:
        return await states.of_plugin(reader, owner.id, names or ("Clock",))


async def keys(database: Database, owner: User) -> list[tuple[str, str]]:
    """Return id and content of what is stored."""
    return [(row["id"], row["state_data"]) for row in await stored(database, owner)]


async def test_a_state_comes_out_as_it_went_in(database: Database, ann: User) -> None:
    await change(database, ann, FULL)
    assert await stored(database, ann) == [{**FULL, "user_id": ann.id}]


@pytest.mark.parametrize("more", [{}, dict.fromkeys(FULL.keys() - state().keys())])
async def test_what_a_new_state_leaves_out_is_filled_in(
    database: Database, ann: User, more: dict[str, None]
) -> None:
    await change(database, ann, {**state(state_data='"ä"'), **more})
    assert await stored(database, ann) == [
        {
            **dict.fromkeys(FULL),
            **state(state_data='"ä"'),
            "user_id": ann.id,
            "state_strategy": "persistent",
            "state_size": 4,
            "last_accessed": 50,
            "access_count": 0,
            "is_active": 1,
            "version": 1,
            "sync_status": "synced",
            "created_at": 50,
            "updated_at": 50,
        }
    ]


@pytest.mark.parametrize("name", ["last_accessed", "created_at", "updated_at"])
async def test_a_time_that_is_text_is_the_time_of_the_change(
    database: Database, ann: User, name: str
) -> None:
    await change(database, ann, {**FULL, name: "2026-05-01T09:30:00"})
    assert await stored(database, ann) == [{**FULL, "user_id": ann.id, name: 50}]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"ttl_expires_at": "1970-01-02 00:00:00"}, {"ttl_expires_at": 86400}),
        ({"ttl_expires_at": "1970-01-02T01:00:00+01:00"}, {"ttl_expires_at": 86400}),
        ({"state_size": 3.0, "version": 2.0}, {"state_size": 3, "version": 2}),
        ({"state_data": "äb", "state_size": 1.5}, {"state_data": "äb", "state_size": 3}),
    ],
)
async def test_values_are_kept_as_the_application_means_them(
    database: Database, ann: User, given: dict[str, Any], kept: dict[str, Any]
) -> None:
    await change(database, ann, {**FULL, **given})
    assert await stored(database, ann) == [{**FULL, "user_id": ann.id, **kept}]


async def test_columns_that_are_not_known_are_left_out(database: Database, ann: User) -> None:
    await change(database, ann, {**FULL, "colour": "red", "user_id": "b" * 32})
    assert await stored(database, ann) == [{**FULL, "user_id": ann.id}]


async def test_states_are_those_of_one_user_and_the_named_plugins_by_id(
    database: Database, ann: User, ben: User
) -> None:
    await change(database, ann, state("c"), state("a"), state("b", plugin_id=f"{ann.id}_Clock"))
    await change(database, ann, state("d", plugin_id="Other"))
    await change(database, ben, state("e"))
    found = await stored(database, ann, f"{ann.id}_Clock", "Clock")
    assert [row["id"] for row in found] == ["a", "b", "c"]
    assert [row["id"] for row in await stored(database, ann)] == ["a", "c"]
    assert await stored(database, ann, "clock") == []


async def test_a_state_takes_the_place_of_the_one_with_its_id_or_its_key(
    database: Database, ann: User
) -> None:
    await change(database, ann, state("a"), state("b"), state("c"))
    await change(database, ann, state("a", state_data="1"), state("d", state_key="c"))
    assert await keys(database, ann) == [("a", "1"), ("b", "{}"), ("d", "{}")]


async def test_a_new_state_may_have_the_key_of_one_that_is_removed(
    database: Database, ann: User
) -> None:
    await change(database, ann, state("a"))
    await change(database, ann, state("b", state_key="a", state_data="1"), removed=("a",))
    assert await keys(database, ann) == [("b", "1")]


async def test_removed_states_are_gone_and_others_stay(
    database: Database, ann: User, ben: User
) -> None:
    await change(database, ann, state("a"), state("b"), state("c"))
    await change(database, ben, state("d"))
    await change(database, ann, removed=("a", "c", "d", "missing"))
    assert await keys(database, ann) == [("b", "{}")]
    assert await keys(database, ben) == [("d", "{}")]


async def test_the_state_of_another_user_is_not_overwritten(
    database: Database, ann: User, ben: User
) -> None:
    await change(database, ben, state("a"))
    with pytest.raises(HookAnswerError, match="the state a, which is not its own"):
        await change(database, ann, state("b"), state("a", state_data="1"))
    assert await keys(database, ann) == []
    assert await keys(database, ben) == [("a", "{}")]


async def test_the_state_of_another_plugin_is_not_overwritten(
    database: Database, ann: User
) -> None:
    await change(database, ann, state("a"))
    with pytest.raises(HookAnswerError, match="the state a, which is not its own"):
        await change(database, ann, state("a", plugin_id="Map"))
    assert await keys(database, ann) == [("a", "{}")]


async def test_two_users_may_have_the_same_key(database: Database, ann: User, ben: User) -> None:
    await change(database, ann, state("a", state_key="zone"))
    await change(database, ben, state("b", state_key="zone"))
    assert await keys(database, ann) == [("a", "{}")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"state_data": None},
        {"plugin_id": None},
        {"state_strategy": "forever"},
        {"compression_type": "zip"},
        {"sync_status": "lost"},
        {"is_active": 2},
        {"ttl_expires_at": "tomorrow"},
    ],
    ids=str,
)
async def test_a_state_that_cannot_be_kept_is_refused_with_the_column(
    database: Database, ann: User, wrong: dict[str, Any]
) -> None:
    with pytest.raises(HookAnswerError, match=f"cannot be kept: .*{next(iter(wrong))}"):
        await change(database, ann, state("a"), state("b", **wrong))
    assert await keys(database, ann) == []


async def test_states_go_with_their_user(database: Database, ann: User, ben: User) -> None:
    await change(database, ann, state("a"))
    await change(database, ben, state("b"))
    async with database.transaction() as tx:
        await users.remove(tx, ann.id)
    assert await keys(database, ann) == []
    assert await keys(database, ben) == [("b", "{}")]
