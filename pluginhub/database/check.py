"""Whether the file of a database is whole, and stays so.

Nothing here can tell that somebody removed the log (``-wal``) of a database after a crash: it is
whole then, as it was some time before. What was published since is named at the start, by
``care/reconcile.py``, and kept.
"""

import asyncio
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiosqlite

from pluginhub import background
from pluginhub.errors import DataDirectoryError

SQLITE: Final = sqlite3.sqlite_version

_AT_ONCE = 64 * 1024 * 1024  # bytes of a file that is read in a second, at the start


@dataclass(slots=True)
class LastLook:
    """The last time that all of a database in use was read.

    Attributes:
        fault: What was wrong with it; None if nothing was.
    """

    fault: str | None = None


def has_wal_reset_defect(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Return whether a version of SQLite can damage a database that several connections write."""
    return (3, 7) <= version < (3, 51, 3) and version not in {(3, 44, 6), (3, 50, 7)}


async def require_whole(connection: aiosqlite.Connection, path: Path) -> None:
    """Refuse a damaged database, unless it is so large that looking would hold up the start.

    Raises:
        DataDirectoryError: It is damaged.
    """
    status = await asyncio.to_thread(path.stat)
    if status.st_size > _AT_ONCE:
        return
    if fault := await _fault(connection, "quick_check(1)"):
        raise DataDirectoryError(f"the database is damaged, restore a backup: {fault}")


async def fault_of(path: Path) -> str | None:
    """Return what is wrong with a database in use, None if nothing is; reads all of it."""
    address = f"{path.as_uri()}?mode=ro"
    async with aiosqlite.connect(address, uri=True) as connection:
        # A connection has a thread of its own.
        await connection.create_function("yield_to_others", 0, background.yield_to_others)
        await connection.execute_fetchall("SELECT yield_to_others()")
        try:
            return await _fault(connection, "integrity_check(1)")
        except asyncio.CancelledError:
            await connection.interrupt()
            raise


async def broken_references(connection: aiosqlite.Connection) -> dict[str, int]:
    """Return how many rows of which table refer to rows that are not there."""
    rows = await connection.execute_fetchall(
        'SELECT "table" AS name, count(*) AS number FROM pragma_foreign_key_check GROUP BY 1'
    )
    return {row[0]: row[1] for row in rows}


async def _fault(connection: aiosqlite.Connection, pragma: str) -> str | None:
    [row] = await connection.execute_fetchall(f"PRAGMA {pragma}")
    return None if row[0] == "ok" else str(row[0])
