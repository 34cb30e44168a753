"""Hours that are over are counted once, and what goes on is counted again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pluginhub.database import audit
from pluginhub.database.connection import Database
from pluginhub.web.pages.status.history import DAY, HOUR, History, by_day
from tests.accounts.conftest import Clock
from tests.conftest import OPERATOR

NOW = 100 * DAY + 12 * HOUR + 5


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(name="database")
async def _database(tmp_path: Path, clock: Clock) -> AsyncIterator[Database]:
    async with Database.open(tmp_path / "pluginhub.db", clock=clock) as database:
        yield database


async def record(database: Database, at: int, result: str = "done") -> None:
    async with database.transaction() as tx:
        await audit.record(tx, OPERATOR, "install", "x", at, slug="Clock", result=result)


async def test_hours_and_days_are_counted(database: Database) -> None:
    for at, result in [
        (NOW, "done"),
        (NOW - 5, "conflict"),
        (NOW - HOUR, "done"),
        (NOW - DAY, "done"),
        (NOW - 2 * DAY, "done"),
    ]:
        await record(database, at, result)
    hours = await History().hours(database, 2)
    assert hours == {
        99 * DAY + 12 * HOUR: (1, 0),
        100 * DAY + 11 * HOUR: (1, 0),
        100 * DAY + 12 * HOUR: (1, 1),
    }
    assert by_day(hours) == {99 * DAY: (1, 0), 100 * DAY: (2, 1)}


async def test_only_what_may_have_changed_is_counted_again(
    database: Database, clock: Clock
) -> None:
    history = History()
    await record(database, NOW)
    assert await history.hours(database, 2) == {100 * DAY + 12 * HOUR: (1, 0)}
    await record(database, NOW, "conflict")
    await record(database, NOW - 3 * HOUR)  # as no verb does
    assert await history.hours(database, 2) == {100 * DAY + 12 * HOUR: (1, 1)}
    clock.time += HOUR
    await record(database, NOW)
    assert (await history.hours(database, 2))[100 * DAY + 12 * HOUR] == (2, 1)
    clock.time += 3 * DAY
    assert await history.hours(database, 2) == {}


async def test_a_clock_that_goes_back_is_followed(database: Database, clock: Clock) -> None:
    history = History()
    await history.hours(database, 2)
    clock.time -= 5 * HOUR
    await record(database, NOW - 5 * HOUR)
    assert await history.hours(database, 2) == {100 * DAY + 7 * HOUR: (1, 0)}
