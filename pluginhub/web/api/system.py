"""The native API: how the server is, and looking after it."""

import asyncio
import shutil
import time
from typing import Any, Self

from aiohttp import web
from pydantic import BaseModel, ConfigDict

import pluginhub
from pluginhub.care.cleanup import Cleanup, Report
from pluginhub.database import statistics
from pluginhub.web import keys
from pluginhub.web.api.catalogue import DryRun
from pluginhub.web.api.records import Managers
from pluginhub.web.api.shapes import moment
from pluginhub.web.operations import Answer, operation

_DAY = 24 * 3600  # seconds
_STARTED = time.monotonic()
_STATS: dict[str, Any] = {
    "version": "0.1.0",
    "uptime": 3600,
    "users": 40,
    "plugins": 5,
    "releases": 10,
    "installations": 180,
    "bytes_stored": 5_000_000,
    "bytes_unshared": 90_000_000,
    "bytes_database": 800_000,
    "bytes_free": 20_000_000_000,
    "operations": {"done": 120, "hook-failed": 1},
    "managers": {"active": 0, "idle": 0, "loads": 0, "hits": 0, "failures": 0, "managers": []},
    "cleanup": {"last_at": "2026-05-01T09:30:00Z", "failures": 0, "removed": 2, "bytes": 96420},
}
_REPORT: dict[str, Any] = {
    "dry_run": False,
    "removed": {"tokens": 3, "releases": 1, "strays": 0, "rubbish": 0, "variants": 1},
    "releases": [{"slug": "Dashboard", "version": "1.4.0", "bytes": 48210}],
    "strays": [],
    "kept": [
        {"slug": "Charts", "version": "2.0.0", "reason": "its retention ends in 12 days"},
    ],
    "bytes": 48210,
    "seconds": 0.21,
}


class LastSweep(BaseModel):
    """The last sweep since the server started: when, how many releases it removed, their bytes.

    ``failures`` counts sweeps that failed since then.
    """

    last_at: str | None
    failures: int
    removed: int
    bytes: int

    @classmethod
    def of(cls, cleanup: Cleanup) -> Self:
        """Return how it is shown."""
        last = cleanup.last
        return cls(
            last_at=moment(last.at) if last else None,
            failures=cleanup.failures,
            removed=len(last.releases) if last else 0,
            bytes=last.size if last else 0,
        )


class Stats(Answer):
    """How much there is, and what was done in the last 24 hours.

    ``uptime`` is in seconds; ``bytes_unshared`` is what one copy of each plugin for each of its
    users would take; ``operations`` counts operations on plugins by their result.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_STATS]})

    version: str
    uptime: int
    users: int
    plugins: int
    releases: int
    installations: int
    bytes_stored: int
    bytes_unshared: int
    bytes_database: int
    bytes_free: int
    operations: dict[str, int]
    managers: Managers
    cleanup: LastSweep


class RemovedRelease(BaseModel):
    """A release that is gone."""

    slug: str
    version: str
    bytes: int


class KeptRelease(BaseModel):
    """A release that nobody has and that stays."""

    slug: str
    version: str
    reason: str


class CleanupReport(Answer):
    """What a sweep removed, or with ``dry_run`` would remove; what it left alone, and why.

    ``removed`` counts rows of tables that had run out, releases, strays (directories in shared
    storage without a row), rubbish (in staging and trash) and variants (releases whose compressed
    files went).
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_REPORT]})

    dry_run: bool
    removed: dict[str, int]
    releases: list[RemovedRelease]
    strays: list[str]
    kept: list[KeptRelease]
    bytes: int
    seconds: float

    @classmethod
    def of(cls, report: Report, *, dry_run: bool) -> Self:
        """Return how a report is shown."""
        leftovers = report.leftovers
        return cls(
            dry_run=dry_run,
            removed={
                **report.rows,
                "releases": len(report.releases),
                "strays": len(leftovers.strays),
                "rubbish": leftovers.rubbish,
                "variants": len(leftovers.variants),
            },
            releases=[
                RemovedRelease(slug=it.slug, version=it.version, bytes=it.size)
                for it in report.releases
            ],
            strays=[str(path) for path in leftovers.strays],
            kept=[
                KeptRelease(slug=it.slug, version=it.version, reason=it.reason)
                for it in report.kept
            ],
            bytes=report.size,
            seconds=round(report.seconds, 3),
        )


@operation()
async def stats(request: web.Request) -> Stats:
    """Answer how much there is, and what was done in the last 24 hours."""
    database, config = request.app[keys.DATABASE], request.app[keys.CONFIG]
    async with database.snapshot() as connection:
        found = await statistics.counts(connection)
        operations = await statistics.operations(connection, database.now() - _DAY)
    disk = await asyncio.to_thread(shutil.disk_usage, config.storage.plugins_base_dir)
    registry = await request.app[keys.RESOURCES].registry.statistics()
    return Stats(
        version=pluginhub.__version__,
        uptime=int(time.monotonic() - _STARTED),
        users=found.users,
        plugins=found.plugins,
        releases=found.releases,
        installations=found.installations,
        bytes_stored=found.stored,
        bytes_unshared=found.unshared,
        bytes_database=found.database,
        bytes_free=disk.free,
        operations=operations,
        managers=Managers.of(registry),
        cleanup=LastSweep.of(request.app[keys.CLEANUP]),
    )


@operation()
async def cleanup(request: web.Request, query: DryRun) -> CleanupReport:
    """Sweep: remove what has run out, releases that nobody has, and what belongs to nothing."""
    known = request.app[keys.CLEANUP]
    report = await known.preview() if query.dry_run else await known.sweep()
    return CleanupReport.of(report, dry_run=query.dry_run)
