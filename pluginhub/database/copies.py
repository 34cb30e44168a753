"""Copies of the whole database, made while it is in use."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from pluginhub import background
from pluginhub.cancellation import finish_in_thread
from pluginhub.database.failures import translated


async def make(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, on the disk when this returns.

    Args:
        source: The file of a database in use.
        target: A file that is made, without what was deleted from the database.

    Raises:
        NoSpaceError: The disk is full.
    """
    await finish_in_thread(_make_private, target)
    async with aiosqlite.connect(f"{source.as_uri()}?mode=ro", uri=True) as connection:
        # A connection has a thread of its own.
        await connection.create_function("yield_to_others", 0, background.yield_to_others)
        await connection.execute_fetchall("SELECT yield_to_others()")
        with translated():
            await connection.execute("VACUUM INTO ?", (str(target),))
    await finish_in_thread(_sync, target)


@asynccontextmanager
async def opened(copy: Path) -> AsyncIterator[aiosqlite.Connection]:
    """Read a copy, which nobody changes meanwhile."""
    address = f"{copy.as_uri()}?mode=ro&immutable=1"
    async with aiosqlite.connect(address, uri=True) as connection:
        connection.row_factory = aiosqlite.Row
        yield connection


def _make_private(file: Path) -> None:
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
