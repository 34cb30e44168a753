"""The native API: how the server is, and looking after it."""

import asyncio
import shutil
import time
from typing import Any

from aiohttp import web
from pydantic import ConfigDict

import pluginhub
from pluginhub.care.cleanup import clean_up
from pluginhub.database import statistics
from pluginhub.web import keys
from pluginhub.web.api.catalogue import DryRun
from pluginhub.web.api.records import Managers
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
}


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


class CleanupReport(Answer):
    """What a cleanup pass removed, or with ``dry_run`` would remove."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"dry_run": False, "removed": {"tokens": 3}, "seconds": 0.01}]
        }
    )

    dry_run: bool
    removed: dict[str, int]
    seconds: float


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
    )


@operation()
async def cleanup(request: web.Request, query: DryRun) -> CleanupReport:
    """Remove what has run out: tokens, states, answers that were kept, jobs that ended."""
    report = await clean_up(request.app[keys.DATABASE], dry_run=query.dry_run)
    return CleanupReport(
        dry_run=query.dry_run, removed=dict(report.removed), seconds=report.seconds
    )
