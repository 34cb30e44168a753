"""What goes on beside the requests while the application runs, and what requests leave to it.

Each context makes what handlers need of it, and does its work until the application stops.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from pluginhub import background
from pluginhub.care.cleanup import Cleanup
from pluginhub.care.encoding import Encoder
from pluginhub.care.leftovers import Leftovers
from pluginhub.database import check
from pluginhub.database.remembered import Remembered
from pluginhub.lifecycle.incoming import publish_incoming
from pluginhub.lifecycle.job_progress import Board
from pluginhub.lifecycle.job_runner import Runner
from pluginhub.lifecycle.jobs import Jobs
from pluginhub.lifecycle.update_checks import UpdateChecks
from pluginhub.sources.incoming import Incoming
from pluginhub.sources.sources import Sources
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.encodings import Encodings
from pluginhub.storage.job_files import JobFiles
from pluginhub.web import keys
from pluginhub.web.compat.integrity import Integrities
from pluginhub.web.files.access import Access
from pluginhub.web.files.contents import Bounds, Contents

log = structlog.get_logger(__name__)

_PROOFS = 50_000  # tokens whose users are kept in memory
_MANIFESTS = 32 * 1024 * 1024  # bytes of what frontends load at start
_WEEK = 7 * 24 * 3600  # seconds
_LOOKS = 60  # seconds between looks for sources whose time has come


async def _checks(app: web.Application) -> AsyncIterator[None]:
    """Read all of the database now and then, to find damage early."""
    database = _data(app).database

    async def look() -> None:
        if fault := await check.fault_of(database):
            log.error("the database is damaged, restore a backup", fault=fault)

    async with _beside(app, "database check", look, pause=_WEEK, delay=_LOOKS):
        yield


async def _files(app: web.Application) -> AsyncIterator[None]:
    """Keep files and decisions on them in memory, and compress what is new."""
    settings, database, storage = app[keys.CONFIG], app[keys.DATABASE], app[keys.STORAGE]
    files, encodings = settings.files, Encodings(_data(app))
    app[keys.PROOFS] = Remembered(database.changes, _PROOFS)
    app[keys.MANIFESTS] = Remembered(database.changes, _MANIFESTS, shared=True)
    app[keys.INTEGRITIES] = Integrities(database, storage)
    app[keys.ACCESS] = Access(database, app[keys.CAPABILITIES], files.grace)
    bounds = Bounds(files.cached_file, files.cache, files.open_files)
    app[keys.CONTENTS] = contents = Contents(database, storage, encodings, bounds)
    encoder = Encoder(database, storage, encodings, contents.forget)
    async with _beside(app, "encodings", encoder.run):
        yield


async def _cleanup(app: web.Application) -> AsyncIterator[None]:
    """Sweep now and then."""
    config, database, storage = app[keys.CONFIG], app[keys.DATABASE], app[keys.STORAGE]
    settings, encodings = config.cleanup, Encodings(_data(app))
    cleanup = app[keys.CLEANUP] = Cleanup(
        database,
        storage,
        Leftovers(database, storage, encodings, settings.temp_retention_hours * 3600),
        app[keys.RESOURCES].registry.holds,
        retention_days=settings.version_retention_days,
        grace=config.files.grace,
    )

    async def sweep() -> None:
        report = await cleanup.sweep()
        if report.releases or report.leftovers.strays:
            removed = [str(release) for release in report.releases]
            strays = [str(path) for path in report.leftovers.strays]
            log.info("a sweep removed what nobody has", releases=removed, strays=strays)

    pause = settings.interval
    async with _beside(app, "cleanup", sweep, pause=pause, delay=pause):
        yield


async def _sources(app: web.Application) -> AsyncIterator[None]:
    """Load bundles from elsewhere, and look for newer ones there."""
    config = app[keys.CONFIG]
    sources = app[keys.SOURCES] = Sources(config.publish, config.server.max_upload)
    interval = config.publish.check_interval
    checks = app[keys.UPDATE_CHECKS] = UpdateChecks(app[keys.DATABASE], sources, interval)
    pause = min(interval, _LOOKS)
    try:
        async with _beside(app, "update checks", checks.check_all_due, pause=pause, delay=pause):
            yield
    finally:
        await sources.close()


async def _jobs(app: web.Application) -> AsyncIterator[None]:
    """Publish what requests left to be published."""
    files = JobFiles(_data(app).jobs)
    database, board = app[keys.DATABASE], Board()
    runner = Runner(database, app[keys.STORAGE], app[keys.SOURCES], files, board)
    app[keys.JOBS] = Jobs(database, files, runner, board)
    # A command waits for its job, so jobs run for it as well.
    async with background.running("jobs", runner.run):
        yield


async def _incoming(app: web.Application) -> AsyncIterator[None]:
    """Publish what is put into the incoming folder."""
    data = _data(app)
    incoming = Incoming(data.incoming)

    async def publish() -> None:
        await publish_incoming(app[keys.DATABASE], app[keys.STORAGE], incoming)

    async with _beside(app, "incoming folder", publish):
        yield


@asynccontextmanager
async def _beside(
    app: web.Application, name: str, work: Callable[[], Awaitable[None]], **times: float
) -> AsyncIterator[None]:
    """Do some work beside the requests, unless the application runs for a moment only."""
    if app[keys.FOR_A_MOMENT]:
        yield
    else:
        async with background.running(name, work, **times):
            yield


def _data(app: web.Application) -> DataDirectory:
    return DataDirectory.at(app[keys.CONFIG].storage.plugins_base_dir)


CONTEXTS = (_checks, _files, _cleanup, _sources, _jobs, _incoming)
