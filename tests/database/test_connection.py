import asyncio
import itertools
import random
import sqlite3
from collections.abc import Awaitable
from contextlib import closing
from pathlib import Path

import pytest

from pluginhub.database import connection
from pluginhub.database.connection import (
    Connection,
    Database,
    fetch_all,
    fetch_one,
)
from pluginhub.errors import BusyError, DataDirectoryError, NoSpaceError
from tests.interrupting import Interrupted

INSERT = "INSERT INTO plugins (slug, created_at) VALUES (?, 1)"
FIRST = "CREATE TABLE first (x INTEGER) STRICT"
SETTINGS: dict[str, tuple[object, object]] = {  # of the writer and of the reader
    "journal_mode": ("wal", "wal"),
    "synchronous": (2, 2),
    "foreign_keys": (1, 1),
    "busy_timeout": (5000, 5000),
    "query_only": (0, 1),
    "wal_autocheckpoint": (1000, 0),
    "journal_size_limit": (67108864, -1),
    "mmap_size": (0, 0),
    "trusted_schema": (0, 0),
    "cell_size_check": (1, 1),
}


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "pluginhub.db"


def outside(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Run a statement as another program would, without patience."""
    with closing(sqlite3.connect(path, timeout=0)) as other, other:
        return other.execute(sql).fetchall()


def stored(path: Path) -> list[object]:
    return [slug for (slug,) in outside(path, "SELECT slug FROM plugins ORDER BY slug")]


async def insert(database: Database, *slugs: str) -> None:
    async with database.transaction() as tx:
        for slug in slugs:
            await tx.execute(INSERT, (slug,))


async def fail_after(database: Database, slug: str, pause: Awaitable[None]) -> None:
    async with database.transaction() as tx:
        await tx.execute(INSERT, (slug,))
        await pause
        raise LookupError


async def open_and_close(path: Path) -> None:
    async with Database.open(path):
        pass


async def value(reader: Connection, sql: str) -> object:
    row = await fetch_one(reader, sql)
    return row[0] if row else None


# Transactions


async def test_a_transaction_is_committed_when_its_block_ends(
    database: Database, path: Path
) -> None:
    await insert(database, "a", "b")
    assert stored(path) == ["a", "b"]


async def test_an_exception_rolls_everything_back(database: Database, path: Path) -> None:
    with pytest.raises(LookupError):
        await fail_after(database, "a", asyncio.sleep(0))
    await insert(database, "b")
    assert stored(path) == ["b"]


async def test_a_broken_constraint_rolls_back_and_stays_what_it_is(
    database: Database, path: Path
) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        await insert(database, "a", "A")
    assert stored(path) == []


async def test_an_error_in_sql_stays_what_it_is(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        async with database.transaction() as tx:
            await tx.execute("DELETE FROM missing")


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("cancellations", [1, 2, 3])
async def test_a_cancellation_at_any_await_leaves_all_or_nothing(
    database: Database, path: Path, cancellations: int, late: bool
) -> None:
    async def insert_two(slug: str, finished: list[str]) -> None:
        async with database.transaction() as tx:
            await tx.execute(INSERT, (f"{slug}-1",))
            await tx.execute(INSERT, (f"{slug}-2",))
            finished.append(slug)

    outcomes = set()
    for number in itertools.count():
        slug, finished = f"a{number}", list[str]()
        at = range(number, number + cancellations)
        run = await Interrupted(insert_two(slug, finished), at, late=late).run()
        rows = [row for row in stored(path) if str(row).startswith(f"{slug}-")]
        assert len(rows) == 2 * len(finished)
        outside(path, f"INSERT INTO plugins (slug, created_at) VALUES ('b{number}', 1)")
        await insert(database, f"c{number}")
        if run.waits <= number:
            break
        assert run.cancelled
        outcomes.add(len(rows))
    assert outcomes == {0, 2}


async def test_a_cancellation_while_waiting_for_the_lock_harms_nobody(
    database: Database, path: Path
) -> None:
    async with database.transaction() as tx:
        waiting = [asyncio.create_task(insert(database, slug)) for slug in "bcd"]
        await asyncio.sleep(0)
        waiting[1].cancel()
        await tx.execute(INSERT, ("a",))
    await asyncio.gather(*waiting, return_exceptions=True)
    assert stored(path) == ["a", "b", "d"]


async def test_a_rollback_takes_no_row_of_another_task_with_it(
    database: Database, path: Path
) -> None:
    failing = asyncio.create_task(fail_after(database, "a", asyncio.sleep(0.05)))
    await asyncio.sleep(0.01)
    await insert(database, "b")
    with pytest.raises(LookupError):
        await failing
    assert stored(path) == ["b"]


async def test_no_acknowledged_write_of_200_writers_is_lost(database: Database, path: Path) -> None:
    chance = random.Random(1)  # noqa: S311 - for variety, not for secrets
    acknowledged = []

    async def write(slug: str) -> None:
        await insert(database, slug, f"{slug}x")
        acknowledged.extend([slug, f"{slug}x"])

    writers = [asyncio.create_task(write(str(number))) for number in range(200)]
    for writer in chance.sample(writers, 100):
        await asyncio.sleep(chance.random() / 1000)
        writer.cancel()
    await asyncio.gather(*writers, return_exceptions=True)
    rows = set(stored(path))
    assert rows >= set(acknowledged)
    assert 200 <= len(acknowledged) <= len(rows) < 400
    assert {f"{row}x" for row in rows if not str(row).endswith("x")} <= rows


# Snapshots


async def test_a_snapshot_shows_what_was_committed_before_it(database: Database) -> None:
    await insert(database, "a")
    async with database.snapshot() as reader:
        assert await value(reader, "SELECT slug FROM plugins") == "a"


async def test_a_snapshot_shows_nothing_that_is_committed_after_it_began(
    database: Database,
) -> None:
    async with database.snapshot() as reader:
        await insert(database, "before the first read")
        assert await fetch_all(reader, "SELECT * FROM plugins") == []
        await insert(database, "after the first read")
        assert await fetch_all(reader, "SELECT * FROM plugins") == []
    async with database.snapshot() as reader:
        assert await value(reader, "SELECT count(*) FROM plugins") == 2


async def test_a_snapshot_shows_nothing_of_an_open_transaction(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(INSERT, ("a",))
        async with database.snapshot() as reader:
            assert await fetch_all(reader, "SELECT * FROM plugins") == []


async def test_a_second_snapshot_neither_ends_nor_joins_the_first(database: Database) -> None:
    async def count() -> object:
        async with database.snapshot() as reader:
            return await value(reader, "SELECT count(*) FROM plugins")

    async with database.snapshot() as reader:
        await insert(database, "a")
        second = asyncio.create_task(count())
        await asyncio.sleep(0.01)
        assert await value(reader, "SELECT count(*) FROM plugins") == 0
    assert await second == 1


async def test_a_snapshot_cannot_write(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        async with database.snapshot() as reader:
            await reader.execute(INSERT, ("a",))


async def test_a_connection_in_the_place_of_the_reader_could_not_write_either(
    database: Database,
) -> None:
    await database._reader.execute("PRAGMA query_only = OFF")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        async with database.snapshot() as reader:
            await reader.execute(INSERT, ("a",))


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("cancellations", [1, 2])
async def test_a_snapshot_is_over_wherever_it_is_cancelled(
    database: Database, cancellations: int, late: bool
) -> None:
    async def read() -> None:
        async with database.snapshot() as reader:
            await fetch_all(reader, "SELECT * FROM plugins")

    for number in itertools.count():
        at = range(number, number + cancellations)
        run = await Interrupted(read(), at, late=late).run()
        await insert(database, str(number))
        async with database.snapshot() as reader:
            assert await value(reader, "SELECT count(*) FROM plugins") == number + 1
        if run.waits <= number:
            break
        assert run.cancelled
    assert number >= 3


# Settings and files


@pytest.mark.parametrize("name", SETTINGS)
async def test_both_connections_have_the_durable_settings(database: Database, name: str) -> None:
    both = (database._writer, database._reader)
    assert tuple([await value(one, f"PRAGMA {name}") for one in both]) == SETTINGS[name]


async def test_what_is_deleted_is_overwritten(database: Database) -> None:
    assert await value(database._writer, "PRAGMA secure_delete") == 1


async def test_only_the_account_of_the_server_may_read_the_files(
    database: Database, path: Path
) -> None:
    await insert(database, "a")
    files = list(path.parent.iterdir())
    assert {file.name for file in files} == {path.name, f"{path.name}-wal", f"{path.name}-shm"}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


async def test_rows_are_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "100% odd? #name.db"
    async with Database.open(path) as database:
        await insert(database, "a")
    async with Database.open(path) as database, database.snapshot() as reader:
        assert await value(reader, "SELECT slug FROM plugins") == "a"


async def test_the_clock_gives_whole_seconds(database: Database) -> None:
    assert database.now() == 1000


# Migrations


async def test_a_new_file_gets_the_newest_schema_and_our_mark(database: Database) -> None:
    newest = len(await asyncio.to_thread(connection._scripts))
    assert await value(database._reader, "PRAGMA user_version") == newest
    assert await value(database._reader, "PRAGMA application_id") == 0x706C6875


async def test_migrations_are_applied_once_each_and_in_order(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_scripts", lambda: [FIRST])
    await open_and_close(path)
    outside(path, "INSERT INTO first VALUES (7)")
    second = "ALTER TABLE first ADD COLUMN y INTEGER; UPDATE first SET y = x + 1;"
    monkeypatch.setattr(connection, "_scripts", lambda: [FIRST, second])
    await open_and_close(path)
    await open_and_close(path)
    assert outside(path, "SELECT x, y FROM first") == [(7, 8)]
    assert outside(path, "PRAGMA user_version") == [(2,)]


@pytest.mark.parametrize("before", [0, 1])
async def test_a_migration_that_fails_leaves_the_schema_before_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    failing = "CREATE TABLE half (x INTEGER); CREATE TABLE half (x INTEGER)"
    scripts = [FIRST][:before]
    monkeypatch.setattr(connection, "_scripts", lambda: [*scripts, failing])
    with pytest.raises(DataDirectoryError, match="half already exists"):
        await open_and_close(path)
    assert outside(path, "PRAGMA user_version") == [(before,)]
    assert outside(path, "SELECT name FROM sqlite_schema") == [("first",)][:before]
    monkeypatch.setattr(connection, "_scripts", lambda: [*scripts, "CREATE TABLE half (x)"])
    await open_and_close(path)
    assert outside(path, "SELECT * FROM half") == []


async def test_a_newer_schema_is_refused_with_advice(path: Path) -> None:
    await open_and_close(path)
    outside(path, "PRAGMA user_version = 99")
    with pytest.raises(DataDirectoryError, match=r"has schema 99.*install the newer pluginhub"):
        await open_and_close(path)
    assert outside(path, "PRAGMA user_version") == [(99,)]


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE theirs (x)", "PRAGMA user_version = 1", "PRAGMA application_id = 5"]
)
async def test_a_foreign_database_is_refused_and_not_changed(path: Path, sql: str) -> None:
    outside(path, sql)
    before = path.read_bytes()
    with pytest.raises(DataDirectoryError, match="not of pluginhub"):
        await open_and_close(path)
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_refused_and_not_changed(path: Path) -> None:
    path.write_text("Dear diary,\n" * 100)
    with pytest.raises(DataDirectoryError, match="not a database") as caught:
        await open_and_close(path)
    assert caught.value.fields == {"path": str(path)}
    assert path.read_text() == "Dear diary,\n" * 100


async def test_something_that_is_no_file_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(DataDirectoryError, match="cannot be opened"):
        await open_and_close(path)


async def test_a_place_without_a_write_ahead_log_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataDirectoryError, match="journal mode is memory"):
        await open_and_close(Path(":memory:"))


async def test_a_truncated_database_is_refused(path: Path) -> None:
    async with Database.open(path) as database:
        await insert(database, *(f"a{number}" for number in range(1000)))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataDirectoryError, match=r"damaged|malformed"):
        await open_and_close(path)
    assert path.stat().st_size == len(whole) // 2


async def test_a_damaged_page_is_found_at_the_start(path: Path) -> None:
    async with Database.open(path) as database:
        await insert(database, *(f"a{number}" for number in range(1000)))
    content = bytearray(path.read_bytes())
    content[-4096:-4000] = b"\xff" * 96
    path.write_bytes(content)
    with pytest.raises(DataDirectoryError, match="damaged, restore a backup"):
        await open_and_close(path)


# Locks and full disks


async def test_a_lock_of_another_program_is_an_error_and_not_a_hang(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_BUSY_TIMEOUT", 0.05)
    async with Database.open(path) as database:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(BusyError, match="try again"):
                await insert(database, "a")
            async with database.snapshot() as reader:
                assert await fetch_all(reader, "SELECT * FROM plugins") == []
        await insert(database, "b")
        assert stored(path) == ["b"]


async def test_no_other_program_can_write_between_reading_and_writing(
    database: Database, path: Path
) -> None:
    async with database.transaction() as tx:
        assert await fetch_all(tx, "SELECT * FROM plugins") == []
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            outside(path, "INSERT INTO plugins (slug, created_at) VALUES ('b', 1)")
        await tx.execute(INSERT, ("a",))
    assert stored(path) == ["a"]


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT])
async def test_every_kind_of_busy_is_busy(database: Database, code: int) -> None:
    async def fail() -> None:
        async with database.transaction():
            error = sqlite3.OperationalError()
            error.sqlite_errorcode = code
            raise error

    with pytest.raises(BusyError):
        await fail()


async def test_a_full_disk_changes_nothing_and_is_over_when_there_is_space(
    database: Database, path: Path
) -> None:
    pages = await value(database._writer, "PRAGMA page_count")
    await fetch_all(database._writer, f"PRAGMA max_page_count = {pages}")
    with pytest.raises(NoSpaceError, match="nothing was changed"):
        await insert(database, "a", "b" * 100_000)
    assert stored(path) == []
    await fetch_all(database._writer, "PRAGMA max_page_count = 100000")
    await insert(database, "a", "b" * 100_000)
    assert len(stored(path)) == 2


async def test_a_checkpoint_does_not_wait_for_one_who_reads_for_long(path: Path) -> None:
    async with Database.open(path) as database:
        await insert(database, "a")
        other = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        await asyncio.to_thread(other.execute, "BEGIN")
        await asyncio.to_thread(other.execute, "SELECT * FROM plugins")
        await insert(database, "b")
        async with asyncio.timeout(3):  # less than a writer waits for a lock
            await database.checkpoint()
        other.rollback()
        other.close()
        assert path.with_name(f"{path.name}-wal").stat().st_size > 0
        await database.checkpoint()
        assert path.with_name(f"{path.name}-wal").stat().st_size == 0
