"""A database with two users, and a feed of it that runs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pluginhub import background
from pluginhub.database.connection import Database
from pluginhub.events.feed import Feed
from tests.accounts.conftest import Clock
from tests.database import rows


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock()


@pytest.fixture(name="database")
async def _database(tmp_path: Path, clock: Clock) -> AsyncIterator[Database]:
    async with Database.open(tmp_path / "pluginhub.db", clock) as database:
        await rows.add_user(database, "ann", "a")
        await rows.add_user(database, "ben", "b")
        yield database


@pytest.fixture(name="feed")
async def _feed(database: Database) -> AsyncIterator[Feed]:
    feed = Feed(database, 30)
    await feed.begin()
    async with background.running("events", feed.run):
        yield feed
