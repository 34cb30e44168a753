"""What SQLite and the disk say, in words of pluginhub; most of it is in test_connection.py."""

import errno
import sqlite3

import pytest
from structlog.testing import capture_logs

from pluginhub.database import failures
from pluginhub.database.connection import Database
from pluginhub.errors import BusyError, HubError, NoSpaceError, NotReadyError


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_BUSY, BusyError),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, BusyError),
        (sqlite3.SQLITE_FULL, NoSpaceError),
        (sqlite3.SQLITE_IOERR_WRITE, NotReadyError),
        (sqlite3.SQLITE_IOERR_FSYNC, NotReadyError),
        (sqlite3.SQLITE_ERROR, sqlite3.OperationalError),
    ],
)
def test_an_error_of_sqlite_says_what_stands_in_the_way(
    code: int, expected: type[HubError | sqlite3.Error]
) -> None:
    error = sqlite3.OperationalError("why")
    error.sqlite_errorcode = code
    with pytest.raises(expected), failures.translated():
        raise error


def test_a_disk_that_fails_is_told_to_the_admin() -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
    with capture_logs() as lines, pytest.raises(NotReadyError), failures.translated():
        raise error
    assert [(line["log_level"], line["error"]) for line in lines] == [("error", "disk I/O error")]


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, NoSpaceError), (errno.EDQUOT, NoSpaceError), (errno.EACCES, PermissionError)],
)
async def test_a_disk_that_is_full_for_what_a_transaction_moves_is_full(
    database: Database, number: int, expected: type[Exception]
) -> None:
    with pytest.raises(expected):
        async with database.transaction():
            raise OSError(number, "why")
    async with database.transaction():
        pass
