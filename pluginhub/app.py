"""The composition root: every route, and how the application is put together and taken down.

It knows everyone. Read ``ROUTES`` for what the server answers, and ``create_app`` for what it is
made of.
"""

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator

from aiohttp import web

from pluginhub.accounts.passwords import Passwords
from pluginhub.care.encoding import Encoder
from pluginhub.care.reconcile import reconcile
from pluginhub.config import Config, Lifecycle
from pluginhub.database.connection import Database
from pluginhub.errors import DataDirectoryError
from pluginhub.lifecycle.resources import Resources
from pluginhub.managers import sandbox
from pluginhub.managers.registry import Registry
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.encodings import Encodings
from pluginhub.storage.shared import SharedStorage
from pluginhub.web import capabilities, health, keys, problems, static
from pluginhub.web.api import routes as api
from pluginhub.web.capabilities import Capabilities
from pluginhub.web.compat import routes as compat
from pluginhub.web.files.access import Access
from pluginhub.web.files.contents import Bounds, Contents
from pluginhub.web.openapi import document
from pluginhub.web.routing import Route, add_routes
from pluginhub.web.server_log import ServerLogger

ROUTES = [
    *compat.ROUTES,
    *api.ROUTES,
    Route("GET", "/openapi.json", document.show, "public"),
    Route("GET", "/docs", document.docs, "public"),
    Route("GET", "/static/{path:.+}", static.serve, "public"),
    Route("GET", "/healthz", health.healthz, "public"),
    Route("HEAD", "/healthz", health.healthz, "public"),
]


def create_app(config: Config) -> web.Application:
    """Build the application. It opens the data directory when it starts up, not before.

    Args:
        config: The settings.

    Returns:
        An application whose start-up raises ``DataDirectoryError`` if the data directory
        cannot be used, and ``DataDirectoryInUseError`` if another process uses it.
    """
    app = web.Application(
        middlewares=[problems.answer_errors],
        handler_args={"logger": ServerLogger(logging.getLogger("aiohttp.server"))},
    )
    app[keys.CONFIG] = config
    app[keys.OPERATOR_TOKEN] = secrets.token_urlsafe(32)
    app[keys.OPENAPI] = lambda: document.text(tuple(ROUTES), config.server.base_path)
    app[keys.PASSWORDS] = Passwords()
    app.cleanup_ctx.extend([_data_directory, static.in_memory])
    app.on_response_prepare.append(problems.mark)
    add_routes(app, ROUTES)
    return app


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
        # What an earlier server left would send commands to whoever has its port now.
        await asyncio.to_thread(data.server_file.unlink, missing_ok=True)
        async with Database.open(data.database) as database:
            app[keys.DATABASE] = database
            app[keys.STORAGE] = SharedStorage(data, storage.disk_reserve)
            registry = _registry(app[keys.CONFIG].lifecycle)
            app[keys.RESOURCES] = Resources(
                database,
                app[keys.STORAGE],
                registry,
                app[keys.CONFIG].lifecycle.host_version or None,
            )
            key = await asyncio.to_thread(capabilities.load_key, data)
            app[keys.CAPABILITIES] = Capabilities(key)
            files = app[keys.CONFIG].files
            app[keys.ACCESS] = Access(database, app[keys.CAPABILITIES], files.grace)
            encodings = Encodings(data)
            app[keys.CONTENTS] = Contents(
                database,
                app[keys.STORAGE],
                encodings,
                Bounds(files.cached_file, files.cache, files.open_files),
            )
            await reconcile(database, app[keys.STORAGE])
            encoder = Encoder(database, app[keys.STORAGE], encodings, app[keys.CONTENTS].forget)
            encoding = asyncio.create_task(encoder.run())
            try:
                yield
            finally:
                encoding.cancel()
                await registry.close()
    finally:
        os.close(lock)


def _registry(settings: Lifecycle) -> Registry:
    return Registry(
        hook_timeout=settings.hook_timeout,
        hook_memory=settings.hook_memory,
        manager_timeout=settings.manager_timeout,
    )
