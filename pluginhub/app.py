"""The composition root: every route, and how the application is put together and taken down.

It knows everyone. Read ``ROUTES`` for what the server answers to programs, ``PAGES`` for what it
shows to people, and ``create_app`` for what it is made of.
"""

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog
from aiohttp import web

from pluginhub import upkeep
from pluginhub.accounts.limits import Limits
from pluginhub.accounts.passwords import Passwords
from pluginhub.care.reconcile import reconcile
from pluginhub.care.starts import Starts
from pluginhub.care.working import Working
from pluginhub.config import Config, Lifecycle
from pluginhub.database.check import LastLook
from pluginhub.database.connection import Database
from pluginhub.errors import DataDirectoryError, HubError
from pluginhub.events.signing import Signer
from pluginhub.lifecycle.resources import Resources
from pluginhub.managers import sandbox
from pluginhub.managers.registry import Registry
from pluginhub.storage import replacement
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.shared import SharedStorage
from pluginhub.tallies import Operations
from pluginhub.web import (
    capabilities,
    cors,
    counting,
    forwarding,
    health,
    keys,
    problems,
    protocol,
    static,
)
from pluginhub.web.api import routes as api
from pluginhub.web.capabilities import Capabilities
from pluginhub.web.compat import routes as compat
from pluginhub.web.files import accel
from pluginhub.web.identity import proofs
from pluginhub.web.identity.issuer import issuer_of
from pluginhub.web.metrics import show as metrics
from pluginhub.web.openapi import document
from pluginhub.web.origins import Origins
from pluginhub.web.pages import forms, rendering, sign_in
from pluginhub.web.pages import routes as pages
from pluginhub.web.pages.status.history import HISTORY, History
from pluginhub.web.proxies import Networks, Proxies
from pluginhub.web.routing import Route, add_routes, methods_of
from pluginhub.web.server_log import ServerLogger
from pluginhub.web.traffic import Traffic
from pluginhub.web.uploads import Uploads

log = structlog.get_logger(__name__)

ROUTES = [
    *compat.ROUTES,
    *api.ROUTES,
    Route("GET", "/openapi.json", document.show, "public"),
    Route("GET", "/docs", document.docs, "public"),
    Route("GET", "/static/{path:.+}", static.serve, "public"),
    Route("GET", "/healthz", health.healthz, "public"),
    Route("HEAD", "/healthz", health.healthz, "public"),
    Route("GET", "/readyz", health.readyz, "public"),
    Route("GET", "/metrics", metrics.show, "public"),
]
PAGES = pages.ROUTES


def create_app(
    config: Config, *, for_a_moment: bool = False, safe_mode: bool = False
) -> web.Application:
    """Build the application. It opens the data directory when it starts up, not before.

    Args:
        config: The settings.
        for_a_moment: Begin no work in the background: a command starts it for itself alone.
        safe_mode: Run no hooks, and begin no work in the background. The application sees to
            that itself after three starts in a row that went wrong.

    Returns:
        An application whose start-up raises ``DataDirectoryError`` if the data directory
        cannot be used, ``DataDirectoryInUseError`` if another process uses it, and
        ``ConfigError`` if a setting cannot work.
    """
    app = web.Application(
        middlewares=[
            counting.count,
            problems.answer_errors,
            forwarding.resolve,
            cors.answer_preflights,
        ],
        handler_args={"logger": ServerLogger(logging.getLogger("aiohttp.server"))},
    )
    app[keys.CONFIG] = config
    app[keys.FOR_A_MOMENT] = for_a_moment
    app[keys.SAFE_MODE] = safe_mode
    app[keys.OPERATOR_TOKEN] = secrets.token_urlsafe(32)
    app[document.DOCUMENT] = document.Document(ROUTES, config.server.base_path)
    app[keys.METHODS] = lambda path: methods_of(
        [*ROUTES, *PAGES], path.removeprefix(config.server.base_path)
    )
    app[keys.PASSWORDS] = Passwords()
    app[keys.LIMITS] = Limits()
    app[keys.BEGUN] = set()
    app[keys.UPLOADS] = Uploads()
    app[keys.TRAFFIC] = Traffic()
    app[keys.OPERATIONS] = Operations()
    app[keys.WORKING] = Working()
    app[keys.LAST_LOOK] = LastLook()
    app[health.READINESS] = health.Readiness()
    app[keys.ORIGINS] = Origins(config.server.cors_origins)
    app[keys.PROXIES] = Proxies(config.server.trusted_proxies)
    app[keys.METRICS_ALLOW] = Networks(config.metrics.allow)
    protocol.hide_what_was_sent()
    app.cleanup_ctx.extend([_running, *upkeep.CONTEXTS, static.in_memory])
    app.on_shutdown.append(_hurry)
    app.on_response_prepare.extend([problems.mark, cors.mark])
    app[keys.ERROR_PAGE] = forms.answer_error
    app[rendering.SHELF] = rendering.Shelf()
    app[HISTORY] = History()
    app[sign_in.WELCOME] = sign_in.Welcome()
    add_routes(app, [*ROUTES, *PAGES])
    return app


async def _running(app: web.Application) -> AsyncIterator[None]:
    """Hold everything that the server needs while it runs; a start that fails lets go of it."""
    protocol.require_strict_parser()
    proofs.check(app[keys.CONFIG])
    accel.check(app[keys.CONFIG])
    async with (
        _data_directory(app),
        issuer_of(app[keys.CONFIG].auth) as app[keys.ISSUER],
    ):
        yield


@asynccontextmanager
async def _data_directory(app: web.Application) -> AsyncIterator[None]:
    """Hold the lock of the data directory, and what lies in it open, while the server runs."""
    storage = app[keys.CONFIG].storage
    data = DataDirectory.at(storage.plugins_base_dir)
    if await asyncio.to_thread(sandbox.readable, data.path):
        raise DataDirectoryError(
            f"storage.plugins_base_dir: {data.path} lies among the libraries that hooks of plugins"
            " may read; choose a directory of its own",
            setting="storage.plugins_base_dir",
        )
    lock = await asyncio.to_thread(data.lock)
    try:
        async with _counted(app, data):
            with _explained(data):
                await asyncio.to_thread(replacement.finish, data)
                # What an earlier server left would send commands to whoever has its port now.
                await asyncio.to_thread(data.server_file.unlink, missing_ok=True)
            await asyncio.to_thread(data.refuse_lost_rows)
            async with Database.open(data.database) as app[keys.DATABASE], _opened(app, data):
                yield
    finally:
        os.close(lock)


@asynccontextmanager
async def _opened(app: web.Application, data: DataDirectory) -> AsyncIterator[None]:
    config, database = app[keys.CONFIG], app[keys.DATABASE]
    storage = app[keys.STORAGE] = SharedStorage(data, config.storage.disk_reserve)
    registry = _registry(config.lifecycle, safe_mode=app[keys.SAFE_MODE])
    host_version = config.lifecycle.host_version or None
    app[keys.RESOURCES] = Resources(
        database, storage, registry, host_version, config.quotas, app[keys.OPERATIONS]
    )
    with _explained(data):
        key = await asyncio.to_thread(capabilities.load_key, data)
        await reconcile(database, storage)
    app[keys.CAPABILITIES], app[keys.SIGNER] = Capabilities(key), Signer(key)
    await storage.keep_way()
    try:
        yield
    finally:
        await registry.close()


@asynccontextmanager
async def _counted(app: web.Application, data: DataDirectory) -> AsyncIterator[None]:
    """Count a start of the server, and go into safe mode where too many went wrong."""
    starts = app[keys.STARTS] = Starts(data)
    with _explained(data):
        if not app[keys.FOR_A_MOMENT] and await asyncio.to_thread(starts.begin):
            app[keys.SAFE_MODE] = True
    if app[keys.SAFE_MODE]:
        log.error(
            "safe mode: no hooks run, nothing is swept, no jobs run and no backups are made; look"
            " in the log for what went wrong, mend it, and start the server again"
        )
    try:
        yield
    except HubError:  # refused with a reason
        await asyncio.to_thread(starts.well)
        raise
    await asyncio.to_thread(starts.well)


@contextmanager
def _explained(data: DataDirectory) -> Iterator[None]:
    """Say in one line that the data directory cannot be read or written, and why."""
    try:
        yield
    except OSError as error:
        raise DataDirectoryError(
            f"storage.plugins_base_dir: {data.path} cannot be used: {error}",
            setting="storage.plugins_base_dir",
        ) from error


async def _hurry(app: web.Application) -> None:
    """Bring to its end what requests would wait for for long."""
    app[keys.JOBS].close()
    app[keys.FEED].close()
    app[keys.CLEANUP].stop()


def _registry(settings: Lifecycle, *, safe_mode: bool) -> Registry:
    return Registry(
        hook_timeout=settings.hook_timeout,
        hook_memory=settings.hook_memory,
        manager_timeout=settings.manager_timeout,
        safe_mode=safe_mode,
    )
