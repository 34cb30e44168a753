"""The ``db`` of existing plugins: awaited as an AsyncSession is, on a private database in memory.

It answers with results of SQLAlchemy, since plugins use all their ways to get at rows.
"""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date, datetime
from itertools import islice
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, CursorResult, Executable, ScalarResult, create_engine, text
from sqlalchemy.pool import StaticPool


class Session:
    """Runs SQL for a plugin.

    Args:
        connection: To the database of one user's rows.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(
        self, statement: Executable, params: Any = None, **_options: Any
    ) -> CursorResult[Any]:
        """Run a statement; all its rows are read before this returns.

        Args:
            statement: ``text(...)``, mostly.
            params: Values by name, or a list of those.
            **_options: What an AsyncSession takes besides.
        """
        return self.run(statement, params)

    def run(self, statement: Executable, params: Any = None) -> CursorResult[Any]:
        """Do what ``execute`` does, at once."""
        return self._connection.execute(statement, params)

    async def scalar(self, statement: Executable, params: Any = None, **options: Any) -> Any:
        """Run a statement and return the first column of its first row."""
        return (await self.execute(statement, params, **options)).scalar()

    async def scalars(
        self, statement: Executable, params: Any = None, **options: Any
    ) -> ScalarResult[Any]:
        """Run a statement and return the first column of all its rows."""
        return (await self.execute(statement, params, **options)).scalars()

    async def commit(self) -> None:
        """End the transaction; what was written stays, unless the hook fails."""
        self._connection.commit()

    async def rollback(self) -> None:
        """Undo everything since the last commit."""
        self._connection.rollback()

    async def flush(self) -> None:
        """Do nothing: there are no objects that wait to be written."""

    async def close(self) -> None:
        """Undo what was not committed; the session can still be used, as an AsyncSession can."""
        self._connection.rollback()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Self]:
        """Commit at the end of the block, or undo it if it raises."""
        try:
            yield self
        except BaseException:
            await self.rollback()
            raise
        await self.commit()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


@contextmanager
def opened() -> Iterator[tuple[Session, sqlite3.Connection]]:
    """Open an empty database in memory.

    Returns:
        The session, and the connection that it works on.
    """
    raw = sqlite3.connect(":memory:", factory=_Connection, check_same_thread=False)
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    try:
        with engine.connect() as connection:
            yield Session(connection), raw
    finally:
        engine.dispose()  # closes the only connection


class _Cursor(sqlite3.Cursor):
    """Reads all rows at once, so that no commit or later statement disturbs those left."""

    _rows: Iterator[Any] = iter(())

    def execute(self, *arguments: Any) -> Self:
        super().execute(*arguments)
        self._rows = iter(super().fetchall())
        return self

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return list(islice(self._rows, self.arraysize if size is None else size))

    def fetchall(self) -> list[Any]:
        return list(self._rows)


class _Connection(sqlite3.Connection):
    def cursor(self, *_: Any) -> _Cursor:  # type: ignore[override] # no other kind is asked for
        return super().cursor(_Cursor)


def _as_text(value: date) -> str:
    return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()


# As sqlite3 did by itself before Python 3.12.
sqlite3.register_adapter(datetime, _as_text)
sqlite3.register_adapter(date, _as_text)


def _warm_up() -> None:
    """Load what the first statement needs, once for all processes that are forked later."""
    with opened() as (session, _):
        values = {"one": 1, "two": "two"}
        session.run(text("CREATE TABLE known (one INTEGER, two TEXT)"))
        session.run(text("INSERT INTO known (one, two) VALUES (:one, :two)"), values)
        session.run(text("SELECT one, two FROM known WHERE one = :one"), values).fetchone()


_warm_up()
