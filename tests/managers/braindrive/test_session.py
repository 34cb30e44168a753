import json
import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import CursorResult, text
from sqlalchemy.exc import IntegrityError

from pluginhub.managers.braindrive import session
from pluginhub.managers.braindrive.session import Session
from tests.managers.braindrive.running import done


@pytest.fixture(name="opened")
def _opened() -> Iterator[tuple[Session, sqlite3.Connection]]:
    with session.opened() as opened:
        opened[1].execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, value)")
        yield opened


@pytest.fixture(name="db")
def _db(opened: tuple[Session, sqlite3.Connection]) -> Session:
    for name in ("a", "b", "c"):
        insert(opened[0], name)
    done(opened[0].commit())
    return opened[0]


def insert(db: Session, name: str, value: Any = None) -> CursorResult[Any]:
    statement = text("INSERT INTO things (name, value) VALUES (:name, :value)")
    return done(db.execute(statement, {"name": name, "value": value}))


def select(db: Session, what: str = "id, name") -> Any:
    return done(db.execute(text(f"SELECT {what} FROM things ORDER BY id")))


def names(db: Session) -> list[str]:
    return [row.name for row in select(db)]


def test_rows_are_read_in_all_the_ways_of_sqlalchemy(db: Session) -> None:
    row: Any = select(db).fetchone()
    assert (row.name, row[1], row._mapping["name"], row._asdict()) == (
        "a",
        "a",
        "a",
        {"id": 1, "name": "a"},
    )
    assert select(db).first() == (1, "a")
    assert select(db).fetchall() == [(1, "a"), (2, "b"), (3, "c")]
    assert select(db).all() == [(1, "a"), (2, "b"), (3, "c")]
    assert select(db).fetchmany(2) == [(1, "a"), (2, "b")]
    assert select(db).mappings().all()[2] == {"id": 3, "name": "c"}
    assert select(db, "name").scalars().all() == ["a", "b", "c"]
    assert select(db, "COUNT(*)").scalar_one_or_none() == 3
    assert [list(part) for part in select(db).partitions(2)] == [[(1, "a"), (2, "b")], [(3, "c")]]


def test_a_column_may_be_named_count(db: Session) -> None:
    row = select(db, "COUNT(*) AS count").fetchone()
    assert row is not None
    assert row.count == 3  # the column, not the method


def test_rows_are_read_one_by_one_to_their_end(db: Session) -> None:
    found = select(db, "name")
    assert [found.fetchone(), found.fetchone(), found.fetchone(), found.fetchone()] == [
        ("a",),
        ("b",),
        ("c",),
        None,
    ]


def test_changes_tell_how_many_rows_they_met(db: Session) -> None:
    changed = done(db.execute(text("UPDATE things SET value = 1 WHERE name > 'a'")))
    assert changed.rowcount == 2
    returned = done(db.execute(text("DELETE FROM things WHERE name = 'a' RETURNING id")))
    assert returned.fetchall() == [(1,)]


def test_several_rows_can_be_written_at_once(db: Session) -> None:
    values = [{"name": "d"}, {"name": "e"}]
    done(db.execute(text("INSERT INTO things (name) VALUES (:name)"), values))
    assert names(db) == ["a", "b", "c", "d", "e"]


def test_scalars_come_without_a_result(db: Session) -> None:
    statement = text("SELECT name FROM things WHERE id >= :id ORDER BY id")
    assert done(db.scalar(statement, {"id": 2})) == "b"
    assert done(db.scalars(statement, {"id": 2})).all() == ["b", "c"]


@pytest.mark.parametrize("change", ["commit", "rollback", "delete"])
def test_rows_not_yet_read_outlive_what_comes_after(db: Session, change: str) -> None:
    insert(db, "d")
    found = select(db, "name")
    assert found.fetchone() == ("a",)
    if change == "delete":
        done(db.execute(text("DELETE FROM things")))
    else:
        done(getattr(db, change)())
    assert found.fetchall() == [("b",), ("c",), ("d",)]


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (True, 1),
        (False, 0),
        (None, None),
        (1.5, 1.5),
        ("2024-05-06 07:08:09", "2024-05-06 07:08:09"),
        (json.dumps({"a": None}), '{"a": null}'),
        (datetime(2024, 5, 6, 7, 8, 9), "2024-05-06 07:08:09"),  # noqa: DTZ001 - as plugins do
        (datetime(2024, 5, 6, 7, 8, 9, 12, UTC), "2024-05-06 07:08:09.000012+00:00"),
        (date(2024, 5, 6), "2024-05-06"),
    ],
    ids=str,
)
def test_values_of_python_are_taken(db: Session, value: object, stored: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        insert(db, "new", value)
    found = done(db.scalar(text("SELECT value FROM things WHERE name = 'new'")))
    assert (found, type(found)) == (stored, type(stored))


def test_a_rollback_undoes_what_was_not_committed(db: Session) -> None:
    insert(db, "d")
    done(db.commit())
    insert(db, "e")
    done(db.flush())
    assert names(db)[-1] == "e"
    done(db.rollback())
    assert names(db) == ["a", "b", "c", "d"]


def test_after_an_error_the_session_works_on(db: Session) -> None:
    with pytest.raises(IntegrityError):
        done(db.execute(text("INSERT INTO things (id) VALUES (1)")))
    done(db.rollback())
    insert(db, "d")
    done(db.commit())
    assert names(db) == ["a", "b", "c", "d"]


def test_closing_undoes_what_was_not_committed(db: Session) -> None:
    insert(db, "d")
    done(db.close())
    assert names(db) == ["a", "b", "c"]


async def _in_a_block(db: Session, *, failing: bool) -> None:
    async with db.begin() as same:
        await same.execute(text("INSERT INTO things (name) VALUES ('d')"))
        if failing:
            raise KeyError("on purpose")


async def _used(db: Session) -> None:
    async with db as same:
        await same.execute(text("INSERT INTO things (name) VALUES ('d')"))


def test_a_block_is_committed(db: Session) -> None:
    done(_in_a_block(db, failing=False))
    done(db.rollback())
    assert names(db) == ["a", "b", "c", "d"]


def test_a_block_that_raises_is_undone(db: Session) -> None:
    insert(db, "before")
    with pytest.raises(KeyError):
        done(_in_a_block(db, failing=True))
    done(db.commit())
    assert names(db) == ["a", "b", "c"]


def test_a_session_is_closed_after_its_use(db: Session) -> None:
    done(_used(db))
    assert names(db) == ["a", "b", "c"]


def test_options_of_other_sessions_are_taken(db: Session) -> None:
    found = done(db.execute(text("SELECT 1"), params=None, execution_options={"x": 1}))
    assert found.scalar() == 1


def test_the_database_is_gone_after_its_use() -> None:
    with session.opened() as (_, raw):
        pass
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        raw.execute("SELECT 1")


def test_what_a_first_statement_loads_is_loaded_with_the_module() -> None:
    code = f"import sys, {session.__name__}; print('sqlalchemy.dialects.sqlite' in sys.modules)"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, check=True).stdout.strip() == b"True"


def test_each_database_is_its_own(db: Session) -> None:
    with session.opened() as (_, other):
        assert other.execute("SELECT * FROM sqlite_schema").fetchall() == []
        assert names(db) == ["a", "b", "c"]


def test_the_connection_sees_what_the_session_committed(
    opened: tuple[Session, sqlite3.Connection],
) -> None:
    insert(opened[0], "d")
    done(opened[0].commit())
    assert opened[1].execute("SELECT name FROM things").fetchall() == [("d",)]
    assert not opened[1].in_transaction
