"""Reads the database of the application whose plugins are migrated, without touching it.

It is copied while nobody writes, so the application may run meanwhile: a lock of ours could make it
fail. Columns differ between its versions, so rows are taken as they are.
"""

import shutil
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite

from pluginhub.cancellation import finish_in_thread
from pluginhub.errors import BadSourceError

Row = dict[str, Any]

_TRIES = 50
_PAUSE = 0.1  # seconds
_TABLES = frozenset(
    {"users", "plugin", "module", "settings_definitions", "settings_instances", "plugin_states"}
)


class OldApplication:
    """Its rows.

    Args:
        connection: To a copy.
        tables: Those that there are.
    """

    def __init__(self, connection: aiosqlite.Connection, tables: frozenset[str]) -> None:
        self._connection = connection
        self._tables = tables

    @classmethod
    @asynccontextmanager
    async def open(cls, file: Path, folder: Path) -> AsyncIterator["OldApplication"]:
        """Copy the database into a folder, and read it there.

        Raises:
            BadSourceError: It is no database of such an application, or is written all the time.
        """
        copy = folder / "application.db"
        await finish_in_thread(copy_at_rest, file, copy)
        try:
            async with aiosqlite.connect(copy) as connection:
                connection.row_factory = sqlite3.Row
                connection.text_factory = _text
                found = await connection.execute_fetchall(
                    "SELECT name FROM sqlite_schema WHERE type = 'table'"
                )
                tables = frozenset(row["name"] for row in found) & _TABLES
                if "plugin" not in tables:
                    raise BadSourceError(f"{file} has no table plugin; is it the right database?")
                for table in tables - {"users", "settings_definitions"}:
                    await connection.execute(f'CREATE INDEX "_{table}" ON "{table}" (user_id)')
                yield cls(connection, tables)
        except sqlite3.DatabaseError as error:
            raise BadSourceError(f"{file} cannot be read as a database: {error}") from error

    async def rows(self, table: str) -> AsyncIterator[Row]:
        """Yield all rows of a table, none if there is no such table."""
        if table not in self._tables:
            return
        async with self._connection.execute(f'SELECT * FROM "{table}"') as cursor:  # noqa: S608
            async for row in cursor:
                yield dict(row)

    async def of_user(self, table: str, names: tuple[str, ...]) -> list[Row]:
        """Return the rows of a user, who has several spellings."""
        if table not in self._tables:
            return []
        marks = ", ".join("?" * len(names))
        found = await self._connection.execute_fetchall(
            f'SELECT * FROM "{table}" WHERE user_id IN ({marks})',  # noqa: S608 - a known name
            names,
        )
        return [dict(row) for row in found]


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def copy_at_rest(file: Path, copy: Path) -> None:
    """Copy a database with its log as they are when nobody writes; blocks.

    Raises:
        BadSourceError: Somebody writes all the time, or it cannot be read.
    """
    log = file.with_name(f"{file.name}-wal")
    for _ in range(_TRIES):
        before = _state(file)
        shutil.copyfile(file, copy)
        copied_log = copy.with_name(f"{copy.name}-wal")
        copied_log.unlink(missing_ok=True)
        if log.is_file():
            shutil.copyfile(log, copied_log)
        if before == _state(file) and not file.with_name(f"{file.name}-journal").exists():
            return
        time.sleep(_PAUSE)
    raise BadSourceError(f"{file} is written all the time; try again when less is going on")


def _state(file: Path) -> tuple[object, ...]:
    try:
        with file.open("rb") as stream:
            head = stream.read(100)  # with the counter of changes
    except OSError as error:
        raise BadSourceError(f"{file} cannot be read: {error.strerror}") from error
    known = [file, file.with_name(f"{file.name}-wal")]
    sizes = [(it.stat().st_size, it.stat().st_mtime_ns) for it in known if it.exists()]
    return head, tuple(sizes)
