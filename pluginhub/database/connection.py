"""One connection that writes, one that reads, and the transaction that every verb runs in.

SQLite allows one writer at a time. All writes go through one connection and one lock, so no
statement of one task can join another task's transaction (reliability F4), and one connection
writes and checkpoints, which the WAL-reset defect of SQLite 3.7.0 to 3.51.2 cannot hurt (F3).
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import aiosqlite

from pluginhub.cancellation import finish
from pluginhub.database import check, failures
from pluginhub.database.changes import Changes
from pluginhub.errors import DataDirectoryError

Connection = aiosqlite.Connection
IntegrityError = sqlite3.IntegrityError
Row = sqlite3.Row

_APPLICATION_ID = 0x706C6875  # "plhu", so that a foreign file is not taken for ours
_BUSY_TIMEOUT = 5.0  # seconds
_BRIEF = 100  # milliseconds for which others may be held up
_WRITER = (
    "journal_size_limit = 67108864",
    "wal_autocheckpoint = 1000",
    "secure_delete = ON",  # what is deleted is not left in free pages
)
_READER = ("query_only = ON", "wal_autocheckpoint = 0")
_BOTH = (
    "synchronous = FULL",  # an acknowledged change survives a power cut
    "foreign_keys = ON",
    "mmap_size = 0",  # a read error stays an error, not a SIGBUS
    "trusted_schema = OFF",
    "cell_size_check = ON",
)


@dataclass(slots=True)
class Load:
    """What transactions took: how many were committed and taken back, seconds in, and before."""

    committed: int = 0
    taken_back: int = 0
    busy: float = 0.0
    waited: float = 0.0


class Database:
    """The opened database: ``snapshot()`` to read, ``transaction()`` to write.

    Attributes:
        changes: Tells what transactions changed.
        load: Of the one who writes.
    """

    def __init__(self, writer: Connection, reader: Connection, clock: Callable[[], float]) -> None:
        self.changes = Changes()
        self.load = Load()
        self._writer = writer
        self._reader = reader
        self._writing = asyncio.Lock()
        self._reading = asyncio.Lock()
        self._clock = clock

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, clock: Callable[[], float] = time.time
    ) -> AsyncIterator["Database"]:
        """Open the database at ``path``, made and migrated where needed, and close it after use.

        Args:
            path: The file, absolute; its directory exists.
            clock: Seconds since 1970, the time that rows are stamped with.

        Raises:
            DataDirectoryError: The file is not ours, is damaged, or was written by a newer
                pluginhub.
        """
        with failures.explained(path):
            await asyncio.to_thread(_make_private_file, path)
            writer = await aiosqlite.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT)
        try:
            with failures.explained(path):
                await _prepare(writer, _WRITER + _BOTH)
                await _require_ours(writer)
                await check.require_whole(writer, path)
                await _require_wal(writer)
                await _migrate(writer)
                reader = await aiosqlite.connect(
                    f"{path.as_uri()}?mode=ro",
                    uri=True,
                    isolation_level=None,
                    timeout=_BUSY_TIMEOUT,
                )
            try:
                with failures.explained(path):
                    await _prepare(reader, _READER + _BOTH)
                database = cls(writer, reader, clock)
                await database.changes.watch(writer)
                yield database
            finally:
                await reader.close()
        finally:
            await writer.close()

    def now(self) -> int:
        """Return the time to stamp rows with, whole seconds since 1970."""
        return int(self._clock())

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """Read in the block from one state of the database.

        It shows everything that was committed before the block began, and nothing later.
        """
        async with self._reading:
            try:
                # Only the first read fixes the state that a transaction shows.
                await self._reader.executescript("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1")
                yield self._reader
            finally:
                await finish(self._reader.rollback())

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Run the block as one transaction: all of it is committed, or nothing.

        However the block ends (an exception, a cancellation at any await), the transaction is
        over before the next one begins. A cancellation that arrives during the commit is
        raised after the commit is done.

        Raises:
            BusyError: Another process holds the database locked.
            NoSpaceError: The disk is full.
            NotReadyError: The disk cannot be written.
        """
        asked = time.monotonic()
        async with self._writing:
            begun = time.monotonic()
            self.load.waited += begun - asked
            try:
                with failures.translated():
                    await self._writer.execute("BEGIN IMMEDIATE")
                    yield self._writer
                    await finish(self._commit())
            except BaseException:
                # A cancelled statement still runs in the connection's thread; this comes after.
                await finish(self._writer.rollback())
                self.changes.rolled_back()
                self.load.taken_back += 1
                raise
            finally:
                self.load.busy += time.monotonic() - begun

    async def checkpoint(self) -> None:
        """Move what is in the write-ahead log into the database, and make the log empty.

        Whoever reads for long keeps the log from that; then it is left as it is.
        """
        async with self._writing:
            with failures.translated():
                await self._writer.executescript(  # as one step, which no cancellation divides
                    f"PRAGMA busy_timeout = {_BRIEF}; PRAGMA wal_checkpoint(TRUNCATE);"
                    f" PRAGMA busy_timeout = {int(_BUSY_TIMEOUT * 1000)}"
                )

    async def _commit(self) -> None:
        await self._writer.commit()
        self.changes.committed()
        self.load.committed += 1


async def fetch_all(connection: Connection, sql: str, parameters: Iterable[Any] = ()) -> list[Row]:
    """Return all rows of a query; no cursor stays open that would hold up a checkpoint."""
    return list(await connection.execute_fetchall(sql, parameters))


async def fetch_one(connection: Connection, sql: str, parameters: Iterable[Any] = ()) -> Row | None:
    """Return the first row of a query, or None."""
    rows = await fetch_all(connection, sql, parameters)
    return rows[0] if rows else None


def _make_private_file(path: Path) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


async def _prepare(connection: Connection, pragmas: Iterable[str]) -> None:
    connection.row_factory = sqlite3.Row
    for pragma in pragmas:
        await connection.execute_fetchall(f"PRAGMA {pragma}")
    if not await _pragma(connection, "foreign_keys"):
        raise DataDirectoryError("this SQLite is built without foreign keys")


async def _require_ours(connection: Connection) -> None:
    """Refuse a foreign database before anything in it is changed."""
    application = await _pragma(connection, "application_id")
    version = await _pragma(connection, "user_version")
    table = await fetch_one(connection, "SELECT name FROM sqlite_schema LIMIT 1")
    if application != _APPLICATION_ID and (application or version or table):
        raise DataDirectoryError("the file is a database, but not of pluginhub")


async def _require_wal(connection: Connection) -> None:
    mode = await _pragma(connection, "journal_mode = WAL")
    if mode != "wal":
        raise DataDirectoryError(
            f"the database cannot use a write-ahead log here (journal mode is {mode}); "
            "the data directory must be on a local file system"
        )


async def _pragma(connection: Connection, pragma: str) -> Any:
    row = await fetch_one(connection, f"PRAGMA {pragma}")
    return row[0] if row else None


async def _migrate(connection: Connection) -> None:
    scripts = await asyncio.to_thread(_scripts)
    version = await _pragma(connection, "user_version")
    if version > len(scripts):
        raise DataDirectoryError(
            f"the database has schema {version}, this pluginhub knows {len(scripts)}; "
            "install the newer pluginhub again, or restore a backup made before the upgrade",
            schema=version,
        )
    for number, script in enumerate(scripts[version:], start=version + 1):
        await connection.executescript(
            f"BEGIN IMMEDIATE; {script}; PRAGMA application_id = {_APPLICATION_ID}; "
            f"PRAGMA user_version = {number}; COMMIT;"
        )


def _scripts() -> list[str]:
    folder = resources.files("pluginhub.database.migrations")
    files = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(folder / name).read_text(encoding="utf-8") for name in files]
