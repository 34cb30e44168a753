"""How many operations on plugins there were hour by hour; an hour that is over is counted once."""

from aiohttp import web

from pluginhub.database import statistics
from pluginhub.database.connection import Database

HOUR, DAY = 3600, 24 * 3600  # seconds

Counts = dict[int, tuple[int, int]]  # done and failed, by the start of the span


class History:
    """Counts of the hours that somebody looked at."""

    def __init__(self) -> None:
        self._counts: Counts = {}
        self._until = 0  # all hours before are counted for good

    async def hours(self, database: Database, days: int) -> Counts:
        """Return the counts of the last days, today included, by the hour.

        Args:
            database: Is read a day at a time, so that others are let in between.
            days: How many.
        """
        now = database.now()
        first = (now // DAY - days + 1) * DAY
        # An entry may be committed a moment after the hour that it belongs to.
        settled = now // HOUR * HOUR - HOUR
        begin = max(first, min(self._until, settled))
        while begin <= now:
            end = begin // DAY * DAY + DAY
            async with database.snapshot() as connection:
                self._counts |= await statistics.over_time(connection, begin, end, HOUR)
            begin = end
        self._until = settled
        self._counts = {at: count for at, count in self._counts.items() if at >= first}
        return self._counts


HISTORY = web.AppKey("operations_history", History)


def by_day(hours: Counts) -> Counts:
    """Return the counts of hours, added up by day."""
    days: Counts = {}
    for at, (done, failed) in hours.items():
        before = days.get(at // DAY * DAY, (0, 0))
        days[at // DAY * DAY] = (before[0] + done, before[1] + failed)
    return days
