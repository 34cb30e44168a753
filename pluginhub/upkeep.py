"""What goes on beside the requests while the application runs, and what requests leave to it.

Each context makes what handlers need of it, and does its work until the application stops.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from pluginhub import background
from pluginhub.care.backup import Backups
from pluginhub.care.cleanup import Cleanup
from pluginhub.care.encoding import Encoder
from pluginhub.care.leftovers import Leftovers
from pluginhub.database import check
from pluginhub.database.remembered import Remembered
from pluginhub.events.feed import Feed
from pluginhub.events.sending import Sender
from pluginhub.events.webhooks import Webhooks
from pluginhub.lifecycle.incoming import publish_incoming
from pluginhub.lifecycle.job_progress import Board
from pluginhub.lifecycle.job_runner import Runner
from pluginhub.lifecycle.jobs import Jobs
from pluginhub.lifecycle.update_checks import UpdateChecks
from pluginhub.sources.client import Client
from pluginhub.sources.guard import Guard
from pluginhub.sources.incoming import Incoming
from pluginhub.sources.sources import Sources
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.encodings import Encodings
from pluginhub.storage.job_files import JobFiles
from pluginhub.web import event_stream, keys
from pluginhub.web.compat.integrity import Integrities
from pluginhub.web.files.access import Access
from pluginhub.web.files.contents import Bounds, Contents
from pluginhub.web.metrics.show import METRICS, Metrics

log = structlog.get_logger(__name__)

_PROOFS = 50_000  # tokens whose users are kept in memory
_MANIFESTS = 32 * 1024 * 1024  # bytes of what frontends load at start
_WEEK = 7 * 24 * 3600  # seconds
_WELL = 5  # seconds after which a start is well
_SOON = 1  # second between looks whether a sweep or a backup is due
_LOOKS = 60  # seconds between looks for sources whose time has come
_RECEIVER = 10  # seconds in which the receiver of a webhook has to answer
_AGAIN = 1  # second until jobs and events go on after the database could not be used


async def _starts(app: web.Application) -> AsyncIterator[None]:
    """Say that the start is well when the server has run for a while."""

    async def say_so() -> None:
        await asyncio.to_thread(app[keys.STARTS].well)

    async with background.running("start", say_so, pause=_WEEK, delay=_WELL):
        yield


async def _checks(app: web.Application) -> AsyncIterator[None]:
    """Read all of the database now and then, to find damage early."""
    database = _data(app).database

    async def look() -> None:
        app[keys.LAST_LOOK].fault = fault = await check.fault_of(database)
        if fault:
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


async def _events(app: web.Application) -> AsyncIterator[None]:
    """Tell those who listen what happens."""
    feed = app[keys.FEED] = Feed(app[keys.DATABASE], app[keys.CONFIG].server.max_connections // 2)
    await feed.begin()
    pause = event_stream.HEARTBEAT
    async with (
        background.running("events", feed.run, pause=_AGAIN),
        background.running("heartbeat", feed.beat, pause=pause, delay=pause),
    ):
        yield


async def _webhooks(app: web.Application) -> AsyncIterator[None]:
    """Send what happens to those who want it sent."""
    database, signer = app[keys.DATABASE], app[keys.SIGNER]
    guard = Guard(app[keys.CONFIG].publish)
    client = Client(guard, _RECEIVER)
    sender = Sender(database, app[keys.FEED], client, signer)
    app[keys.WEBHOOKS] = Webhooks(database, guard, signer, sender)
    try:
        async with _beside(app, "webhooks", sender.run, pause=_AGAIN):
            yield
    finally:
        await client.close()


async def _cleanup(app: web.Application) -> AsyncIterator[None]:
    """Sweep now and then."""
    config, database, storage = app[keys.CONFIG], app[keys.DATABASE], app[keys.STORAGE]
    settings, encodings = config.cleanup, Encodings(_data(app))
    cleanup = app[keys.CLEANUP] = Cleanup(
        database,
        storage,
        Leftovers(database, storage, encodings, settings.temp_retention_hours * 3600),
        app[keys.RESOURCES].registry.holds,
        settings=settings,
        grace=config.files.grace,
    )

    async def sweep() -> None:
        report = await cleanup.sweep_if_due()
        if report is None:
            return
        if report.releases or report.leftovers.strays:
            removed = [str(release) for release in report.releases]
            strays = [str(path) for path in report.leftovers.strays]
            log.info("a sweep removed what nobody has", releases=removed, strays=strays)

    async with _beside(app, "cleanup", sweep, pause=_SOON, delay=_SOON):
        yield


async def _backups(app: web.Application) -> AsyncIterator[None]:
    """Make backups, by themselves if that is wanted."""
    database, held = app[keys.DATABASE], app[keys.CLEANUP].held
    backups = Backups(database, _data(app), held, app[keys.CONFIG].backup)
    app[keys.BACKUPS] = backups

    async def make_if_due() -> None:
        if await backups.is_due():
            with app[keys.WORKING].on("backup") as progress:
                made = await backups.make(progress)
            log.info("made a backup", path=str(made.path), bytes=made.size, missing=made.missing)

    async with _beside(app, "backups", make_if_due, pause=_SOON, delay=_SOON):
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
    storage, sources = app[keys.STORAGE], app[keys.SOURCES]
    runner = Runner(database, storage, sources, files, board, operations=app[keys.OPERATIONS])
    app[keys.JOBS] = Jobs(database, files, runner, board)
    if app[keys.SAFE_MODE]:
        await runner.recover()  # a job that brings the server down is told as failed
        yield
    else:
        # A command waits for its job, so jobs run for it as well.
        async with background.running("jobs", runner.run, pause=_AGAIN):
            yield


async def _metrics(app: web.Application) -> AsyncIterator[None]:
    """Be ready to tell how things are."""
    app[METRICS] = await asyncio.to_thread(Metrics, app)
    yield


async def _incoming(app: web.Application) -> AsyncIterator[None]:
    """Publish what is put into the incoming folder."""
    data = _data(app)
    incoming = Incoming(data.incoming)

    async def publish() -> None:
        database, storage = app[keys.DATABASE], app[keys.STORAGE]
        await publish_incoming(database, storage, incoming, app[keys.OPERATIONS])

    async with _beside(app, "incoming folder", publish):
        yield


@asynccontextmanager
async def _beside(
    app: web.Application, name: str, work: Callable[[], Awaitable[None]], **times: float
) -> AsyncIterator[None]:
    """Do some work beside the requests, if the application is to do such."""
    if app[keys.FOR_A_MOMENT] or app[keys.SAFE_MODE]:
        yield
    else:
        async with background.running(name, work, **times):
            yield


def _data(app: web.Application) -> DataDirectory:
    return DataDirectory.at(app[keys.CONFIG].storage.plugins_base_dir)


CONTEXTS = (
    *(_starts, _checks, _files, _events, _webhooks, _cleanup, _backups, _sources, _jobs),
    *(_incoming, _metrics),
)
