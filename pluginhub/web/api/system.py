"""The native API: how the server is."""

import asyncio
import shutil
import time
from typing import Any, Self

from aiohttp import web
from pydantic import BaseModel, ConfigDict

import pluginhub
from pluginhub.care.cleanup import Cleanup
from pluginhub.database import statistics
from pluginhub.web import keys
from pluginhub.web.api.records import Managers
from pluginhub.web.api.shapes import moment
from pluginhub.web.operations import Answer, operation

_DAY = 24 * 3600  # seconds
_STARTED = time.monotonic()
_STATS: dict[str, Any] = {
    "version": "0.1.0",
    "uptime": 3600,
    "safe_mode": False,
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
    "cleanup": {
        "last_at": "2026-05-01T09:30:00Z",
        "next_at": "2026-05-01T09:35:00Z",
        "seconds": 0.21,
        "failures": 0,
        "removed": 2,
        "bytes": 96420,
    },
}


class Sweeps(BaseModel):
    """The last sweep since the server started, and the next one.

    When it was and how long it took, how many releases it removed, and their bytes; ``failures``
    counts sweeps that failed since then.
    """

    last_at: str | None
    next_at: str
    seconds: float
    failures: int
    removed: int
    bytes: int

    @classmethod
    def of(cls, cleanup: Cleanup) -> Self:
        """Return how it is shown."""
        last = cleanup.last
        return cls(
            last_at=moment(last.at) if last else None,
            next_at=moment(cleanup.next_at),
            seconds=round(last.seconds, 3) if last else 0.0,
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
    safe_mode: bool
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
    cleanup: Sweeps


@operation()
async def stats(request: web.Request) -> Stats:
    """Answer how much there is, and what was done in the last 24 hours."""
    return await collect(request.app)


async def collect(app: web.Application) -> Stats:
    """Return how much there is, and what was done in the last 24 hours."""
    database, config = app[keys.DATABASE], app[keys.CONFIG]
    async with database.snapshot() as connection:
        found = await statistics.counts(connection)
        operations = await statistics.operations(connection, database.now() - _DAY)
    disk = await asyncio.to_thread(shutil.disk_usage, config.storage.plugins_base_dir)
    registry = await app[keys.RESOURCES].registry.statistics()
    return Stats(
        version=pluginhub.__version__,
        safe_mode=app[keys.SAFE_MODE],
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
        cleanup=Sweeps.of(app[keys.CLEANUP]),
    )
