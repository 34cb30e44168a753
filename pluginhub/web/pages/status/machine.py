"""How the machine and the process are: disk, memory, versions, backups."""

import asyncio
import os
import platform
import shutil
from dataclasses import dataclass

from aiohttp import web

from pluginhub.database.check import SQLITE
from pluginhub.errors import BadBackupError, HubError
from pluginhub.managers.statistics import resident_memory
from pluginhub.web import keys


@dataclass(frozen=True, slots=True)
class BackupTimes:
    """When the last backup was made and when the next one is due, seconds since 1970.

    Attributes:
        directory: Where they go.
        last_at: None if there is none.
        next_at: None if none is made by itself.
        problem: Why the last one cannot be read; empty if it can.
    """

    directory: str
    last_at: int | None
    next_at: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class Machine:
    """What the server runs on.

    Attributes:
        disk_total: Bytes of the disk with the data directory.
        disk_free: Bytes.
        reserve: Bytes that uploads leave free.
        memory: Bytes of the server's resident memory.
    """

    disk_total: int
    disk_free: int
    reserve: int
    memory: int
    python: str
    sqlite: str
    system: str
    backups: BackupTimes

    @property
    def disk_used(self) -> float:
        """How much of the disk is taken, in hundredths."""
        return 100.0 * (self.disk_total - self.disk_free) / max(1, self.disk_total)


async def look(app: web.Application) -> Machine:
    """Return how it is now."""
    storage = app[keys.CONFIG].storage
    disk = await asyncio.to_thread(shutil.disk_usage, storage.plugins_base_dir)
    return Machine(
        disk_total=disk.total,
        disk_free=disk.free,
        reserve=storage.disk_reserve,
        memory=await asyncio.to_thread(resident_memory, os.getpid()),
        python=platform.python_version(),
        sqlite=SQLITE,
        system=f"{platform.system()} {platform.machine()}",
        backups=await _backups(app),
    )


async def _backups(app: web.Application) -> BackupTimes:
    backups, now = app[keys.BACKUPS], app[keys.DATABASE].now()
    try:
        directory = str((await backups.directory()).path)
    except HubError as error:
        return BackupTimes("", None, None, error.message)
    try:
        last_at, problem = await backups.made_at(), ""
    except BadBackupError as error:
        last_at, problem = None, error.message
    next_at = None
    if backups.interval and not app[keys.SAFE_MODE]:
        next_at = now if last_at is None else last_at + backups.interval
    return BackupTimes(directory, last_at, next_at, problem)
