"""Sweeps: each removes what has run out, what nobody has, and what belongs to nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pluginhub.care import unused
from pluginhub.care.leftovers import Found, Leftovers
from pluginhub.care.unused import InMemory, Kept
from pluginhub.config import Cleanup as Settings
from pluginhub.database import audit, expired, releases, unused_releases
from pluginhub.database.connection import Connection, Database
from pluginhub.database.unused_releases import Unused
from pluginhub.models import Actor
from pluginhub.storage.shared import SharedStorage

_LEAP = 3600  # seconds that a sweep goes on at most, whatever the clock says
_TOLD = 100  # releases in an entry of the audit
_PAUSE = 0.005  # seconds at least between two releases, so that nobody waits for a sweep


@dataclass(frozen=True, slots=True)
class Report:
    """What a sweep removed, or would remove.

    Attributes:
        at: When it ended, seconds since 1970.
        seconds: How long it took.
        rows: How many rows of which table.
        releases: Those that are gone.
        kept: Those that nobody has and that stay.
        leftovers: What belonged to nothing.
    """

    at: int
    seconds: float
    rows: Mapping[str, int]
    releases: list[Unused]
    kept: list[Kept]
    leftovers: Found

    @property
    def size(self) -> int:
        """Bytes of the files of the releases."""
        return sum(release.size for release in self.releases)


@dataclass(slots=True)
class Totals:
    """What all sweeps together did: how many there were, how many failed, and what is gone.

    Attributes:
        removed: Releases.
        size: Bytes of their files.
    """

    runs: int = 0
    failures: int = 0
    removed: int = 0
    size: int = 0


class Cleanup:
    """Sweeps, one at a time.

    A sweep goes by a time of its own, which follows the clock by an hour a sweep at most and never
    runs ahead of it. So a clock that jumps makes nothing old at once; and how long nobody had a
    release is counted by sweeps, not by the clock.

    Args:
        database: Loses rows.
        storage: Loses files.
        leftovers: Removes what belongs to nothing.
        in_memory: Tells of releases whose hooks may be running.
        settings: Say how often, and for how long a release is kept that nobody has; they may be
            replaced by others with ``change``.
        grace: Seconds for which pages may load releases that their users left.

    Attributes:
        last: What the last sweep did.
        failures: How many failed since the last one that did not.
        totals: Since the server started.
    """

    def __init__(
        self,
        database: Database,
        storage: SharedStorage,
        leftovers: Leftovers,
        in_memory: InMemory,
        *,
        settings: Settings,
        grace: int,
    ) -> None:
        self._database = database
        self._storage = storage
        self._leftovers = leftovers
        self._in_memory = in_memory
        self._settings = settings
        self._grace = grace
        self._sweeping = asyncio.Lock()
        self._stopping = False
        self._began = time.monotonic()
        self.last: Report | None = None
        self.failures = 0
        self.totals = Totals()

    def change(self, settings: Settings) -> None:
        """Go by other settings from now on."""
        self._settings = settings
        self._leftovers.retention = settings.temp_retention_hours * 3600

    @property
    def next_at(self) -> int:
        """When the next sweep is due, seconds since 1970."""
        left = self._began + self._settings.interval - time.monotonic()
        return self._database.now() + max(0, round(left))

    @property
    def overdue(self) -> float:
        """Seconds by which the next sweep is late."""
        return max(0.0, time.monotonic() - self._began - self._settings.interval)

    @property
    def runs_now(self) -> bool:
        """Whether a sweep goes on, or is held."""
        return self._sweeping.locked()

    async def sweep_if_due(self) -> Report | None:
        """Remove what may go, if the last sweep is long enough ago."""
        if time.monotonic() - self._began < self._settings.interval:
            return None
        return await self.sweep()

    async def sweep(self, actor: Actor | None = None) -> Report:
        """Remove what may go.

        Args:
            actor: Who asks for it, for the audit; None for nobody.
        """
        async with self._sweeping:
            self._began = time.monotonic()
            self.failures += 1
            self.totals.runs += 1
            try:
                report = await self._sweep()
            except BaseException:
                self.totals.failures += 1
                raise
            self.last, self.failures = report, 0
            self.totals.removed += len(report.releases)
            self.totals.size += report.size
        if actor:
            await self._record(actor, report)
        return report

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Let no sweep remove anything while the block runs."""
        async with self._sweeping:
            yield

    def stop(self) -> None:
        """Let a sweep that goes on come to its end: the server stops."""
        self._stopping = True

    async def preview(self) -> Report:
        """Return what a sweep would remove now."""
        begin = time.monotonic()
        async with self._database.snapshot() as connection:
            now, _ = await self._time(connection)
            rows = await expired.count(connection, now)
            gone, kept = await self._decide(connection)
        leftovers = await self._leftovers.find([it.digest for it in gone])
        seconds = time.monotonic() - begin
        return Report(self._database.now(), seconds, rows, gone, kept, leftovers)

    async def _sweep(self) -> Report:
        begin = time.monotonic()
        await self._storage.make_way()
        async with self._database.transaction() as tx:
            now, elapsed = await self._time(tx)
            rows = await expired.remove(tx, now)
            await unused_releases.observe(tx, now, elapsed, self._grace)
            wanted, kept = await self._decide(tx)
        gone = []
        for release in wanted:
            if self._stopping:
                break
            took = time.monotonic()
            if await self._remove(release):
                gone.append(release)
            await asyncio.sleep(max(_PAUSE, time.monotonic() - took))
        leftovers = await self._leftovers.remove()
        await self._database.checkpoint()
        await self._storage.keep_way()
        seconds = time.monotonic() - begin
        return Report(self._database.now(), seconds, rows, gone, kept, leftovers)

    async def _record(self, actor: Actor, report: Report) -> None:
        removed = [str(release) for release in report.releases[:_TOLD]]
        async with self._database.transaction() as tx:
            await audit.record(
                tx, actor, "sweep", "shared storage", report.at, releases=removed, bytes=report.size
            )

    async def _time(self, connection: Connection) -> tuple[int, int]:
        """Return the time that a sweep goes by, and how long after the last one that is."""
        now, last = self._database.now(), await unused_releases.last_time(connection)
        if last is None:
            return now, 0
        at = min(now, last + _LEAP)
        return at, max(0, at - last)

    async def _remove(self, release: Unused) -> bool:
        return await unused.remove(
            self._database,
            self._storage,
            release,
            self._settings.version_retention_days,
            self._in_memory,
        )

    async def _decide(self, connection: Connection) -> tuple[list[Unused], list[Kept]]:
        found = await unused_releases.list_all(connection)
        known = [(it.slug, it.version) for it in await releases.list_published(connection)]
        return unused.decide(found, known, self._settings.version_retention_days, self._in_memory)
