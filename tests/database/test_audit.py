import sqlite3
from typing import Any

import pytest

from pluginhub.database import audit, users
from pluginhub.database.connection import Database, fetch_all
from pluginhub.models import Actor
from tests.database import rows

ANN = Actor("a" * 32, "ann", admin=False, address="192.0.2.1")
OPERATOR = Actor(None, "operator", admin=True)


async def test_an_entry_says_who_did_what_to_what_and_when(database: Database) -> None:
    async with database.transaction() as tx:
        await audit.record(tx, ANN, "install", "Clock@1.0.0", 5, previous=None, user="ä")
        await audit.record(tx, OPERATOR, "disable-user", "ann", 6)
        await audit.record(
            tx, ANN, "update", "Clock", 7, user_id="b" * 32, slug="Clock", result="hook-failed"
        )
    async with database.snapshot() as reader:
        third, second, first = await audit.search(reader)
    assert first == audit.Entry(
        id=1,
        at=5,
        actor_id="a" * 32,
        actor_name="ann",
        address="192.0.2.1",
        action="install",
        target="Clock@1.0.0",
        user_id=None,
        user_name=None,
        slug=None,
        result="done",
        details={"previous": None, "user": "ä"},
    )
    assert (second.at, second.actor_id, second.actor_name, second.address, second.details) == (
        *(6, None, "operator", None),
        {},
    )
    assert (third.user_id, third.slug, third.result) == ("b" * 32, "Clock", "hook-failed")


async def test_an_entry_goes_with_the_transaction_that_it_is_about(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as tx:
            await audit.record(tx, ANN, "install", "Clock@1.0.0", 5)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with database.snapshot() as reader:
        assert await fetch_all(reader, "SELECT * FROM audit") == []


async def test_what_follows_an_entry_is_read_in_its_order(database: Database) -> None:
    async with database.transaction() as tx:
        assert await audit.newest_id(tx) == 0
        for number in range(5):
            await audit.record(tx, ANN, "install", f"Clock@{number}", 5)
        assert await audit.newest_id(tx) == 5
    async with database.snapshot() as reader:
        assert [entry.id for entry in await audit.after(reader, 2, 2)] == [3, 4]
        assert [entry.id for entry in await audit.after(reader, 4, 2)] == [5]
        assert await audit.after(reader, 5, 2) == []


FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [6, 5, 4, 3, 2, 1]),
    ({"user_id": "a" * 32}, [4, 3, 2, 1]),
    ({"user_id": "c" * 32}, []),
    ({"slug": "Clock"}, [5, 3, 1]),
    ({"slug": "cLOCK"}, [5, 3, 1]),
    ({"slug": "Cloc"}, []),
    ({"action": "install"}, [5, 2, 1]),
    ({"result": "done"}, [6, 5, 2, 1]),
    ({"result": "hook-failed"}, [4, 3]),
    ({"before": 4}, [3, 2, 1]),
    ({"before": 1}, []),
    ({"limit": 2}, [6, 5]),
    ({"before": 5, "limit": 3}, [4, 3, 2]),
    ({"user_id": "a" * 32, "slug": "Clock", "action": "update", "result": "hook-failed"}, [3]),
    ({"user_id": "a" * 32, "slug": "Other", "action": "install", "before": 2}, []),
    ({"user_name": "ann"}, [4, 3, 2, 1]),
    ({"user_name": "ANN"}, [4, 3, 2, 1]),
    ({"user_name": "an"}, []),
    ({"user_name": "%"}, []),
    ({"user_name": "ben", "slug": "Clock"}, [5]),
    ({"of_plugins": True}, [5, 4, 3, 2, 1]),
    ({"of_plugins": False}, [6, 5, 4, 3, 2, 1]),
    ({"of_plugins": True, "before": 5, "limit": 1}, [4]),
]


@pytest.fixture(name="filled")
async def _filled(database: Database) -> Database:
    ann = (await rows.add_user(database, "Ann")).id
    ben = (await rows.add_user(database, "ben", "b")).id
    async with database.transaction() as tx:
        await audit.record(tx, ANN, "install", "Clock", 9, user_id=ann, slug="Clock")
        await audit.record(tx, ANN, "install", "Other", 8, user_id=ann, slug="Other")
        for slug in ("Clock", "Other"):
            await audit.record(
                tx, OPERATOR, "update", slug, 7, user_id=ann, slug=slug, result="hook-failed"
            )
        await audit.record(tx, OPERATOR, "install", "Clock", 6, user_id=ben, slug="Clock")
        await audit.record(tx, OPERATOR, "backup", "all", 5)
    return database


@pytest.mark.parametrize(("wanted", "expected"), FILTERS)
async def test_entries_are_found_by_what_is_asked_the_newest_first(
    filled: Database, wanted: dict[str, Any], expected: list[int]
) -> None:
    async with filled.snapshot() as reader:
        assert [entry.id for entry in await audit.search(reader, **wanted)] == expected


async def test_what_a_user_was_called_is_known_when_they_are_gone(filled: Database) -> None:
    async with filled.transaction() as tx:
        await users.remove(tx, "a" * 32)
        await audit.record(tx, OPERATOR, "install", "Clock", 9, user_id="a" * 32, slug="Clock")
        found = await audit.search(tx)
    assert [entry.user_name for entry in found] == [None, None, "ben", *["Ann"] * 4]
    again = await rows.add_user(filled, "ann", "c")
    async with filled.transaction() as tx:
        await audit.record(tx, OPERATOR, "add-user", "ann", 9, user_id=again.id)
        by_name = await audit.search(tx, user_name="ann")
        by_id = await audit.search(tx, user_id=again.id)
    assert [entry.id for entry in by_name] == [8, 4, 3, 2, 1]
    assert [entry.id for entry in by_id] == [8]


async def test_a_search_without_a_limit_returns_100_entries(database: Database) -> None:
    async with database.transaction() as tx:
        for number in range(101):
            await audit.record(tx, OPERATOR, "install", "Clock", number)
        assert [entry.at for entry in await audit.search(tx)] == list(range(100, 0, -1))


async def test_what_a_user_did_and_what_was_done_to_them_is_found_once(filled: Database) -> None:
    ben = Actor("b" * 32, "ben", admin=True)
    async with filled.transaction() as tx:
        await audit.record(tx, ben, "disable-user", "Ann", 10, user_id="a" * 32)
        await audit.record(tx, ben, "publish", "Clock", 11, slug="Clock")
        ids = {
            (user, limit): [entry.id for entry in await audit.about(tx, user * 32, limit)]
            for user, limit in [("a", 100), ("b", 100), ("c", 100), ("a", 2), ("b", 2), ("b", 0)]
        }
    assert ids == {
        ("a", 100): [7, 4, 3, 2, 1],
        ("b", 100): [8, 7, 5],
        ("c", 100): [],
        ("a", 2): [7, 4],
        ("b", 2): [8, 7],
        ("b", 0): [],
    }


async def test_what_others_did_is_not_read_to_find_what_is_about_a_user(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, list[Any]]] = []

    async def explained(_connection: Any, sql: str, parameters: Any) -> list[Any]:
        asked.append((f"EXPLAIN QUERY PLAN {sql}", [*parameters]))
        return []

    async with database.snapshot() as reader:
        monkeypatch.setattr(audit, "fetch_all", explained)
        await audit.about(reader, "a" * 32, 100)
        plan = [row["detail"] for row in await fetch_all(reader, *asked[0])]
    assert any("audit_by_actor (actor_id=?)" in step for step in plan)
    assert any("audit_by_installation (user_id=?)" in step for step in plan)
    assert [step for step in plan if step.startswith("SCAN audit")] == []


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE audit SET actor_name = 'nobody' WHERE id = 1", "never changed"),
        ("UPDATE audit SET result = result", "never changed"),
        ("DELETE FROM audit WHERE id = 6", "never shortened"),
        ("DELETE FROM audit", "never shortened"),
    ],
)
async def test_the_audit_only_grows(filled: Database, sql: str, words: str) -> None:
    async with filled.snapshot() as reader:
        before = await audit.search(reader)
    with pytest.raises(sqlite3.IntegrityError, match=words):
        async with filled.transaction() as tx:
            await tx.execute(sql)
    async with filled.snapshot() as reader:
        assert await audit.search(reader) == before
