"""Errors of SQLite in the words of the domain."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pluginhub.errors import BusyError, DataDirectoryError, NoSpaceError


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Name the file that an error of SQLite or the system is about.

    Raises:
        DataDirectoryError: In place of these.
    """
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        raise DataDirectoryError(
            f"{path} cannot be opened as a database: {error}", path=str(path)
        ) from error


@contextmanager
def translated() -> Iterator[None]:
    """Raise errors of SQLite that the domain has words for in these.

    Raises:
        BusyError: Another process holds the database locked.
        NoSpaceError: The disk is full.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if primary == sqlite3.SQLITE_BUSY:
            raise BusyError("another process holds the database; try again in a moment") from error
        if primary == sqlite3.SQLITE_FULL:
            raise NoSpaceError("the disk is full; nothing was changed") from error
        raise
