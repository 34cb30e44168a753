"""What SQLite raises, as errors of pluginhub."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from pluginhub.errors import BusyError, DataDirectoryError, NoSpaceError, NotReadyError

log = structlog.get_logger(__name__)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say which database it is that cannot be opened in the block.

    Raises:
        DataDirectoryError: It cannot.
    """
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        raise DataDirectoryError(
            f"{path} cannot be opened as a database: {error}", path=str(path)
        ) from error


@contextmanager
def translated() -> Iterator[None]:
    """Say what keeps the transaction in the block, and what it moves, from being carried out.

    Raises:
        BusyError: Another process holds the database locked.
        NoSpaceError: The disk is full.
        NotReadyError: The disk cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoSpaceError("the disk is full") from error
        raise
    except sqlite3.OperationalError as error:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if primary == sqlite3.SQLITE_BUSY:
            raise BusyError("another process holds the database; try again in a moment") from error
        if primary == sqlite3.SQLITE_FULL:
            raise NoSpaceError("the disk is full; nothing was changed") from error
        if primary == sqlite3.SQLITE_IOERR:  # also of a full disk, when it is to be synced
            log.error("the database cannot be written", error=str(error))  # noqa: TRY400 - all of it
            raise NotReadyError("the database cannot be written; is the disk full?") from error
        raise
