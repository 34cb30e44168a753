"""An application that listens, and the note by which commands find it."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from pluginhub import background
from pluginhub.errors import ConfigError
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.web import keys, shortcut
from pluginhub.web.access_log import AccessLogger
from pluginhub.web.connections import Connections

_DRAIN = 15.0  # seconds that running requests get when the server stops


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Start an application, let it listen, and stop it gracefully after the block.

    Args:
        app: Not started yet.
        host: Address to listen on.
        port: 0 picks a free one.

    Yields:
        The URL with the base path, without a slash at its end.

    Raises:
        ConfigError: The address cannot be listened on.
        DataDirectoryError: The data directory cannot be used.
    """
    runner = web.AppRunner(app, access_log_class=AccessLogger, shutdown_timeout=_DRAIN)
    await runner.setup()
    try:
        async with _prepared(app, runner):
            try:
                await web.TCPSite(runner, host, port).start()
            except OSError as error:
                raise ConfigError(
                    f"server.port: cannot listen on {host} port {port}: {error.strerror}",
                    setting="server.port",
                ) from error
            bound = runner.addresses[0][1]
            name = f"[{host}]" if ":" in host else host
            yield f"http://{name}:{bound}{app[keys.CONFIG].server.base_path}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _prepared(app: web.Application, runner: web.AppRunner) -> AsyncIterator[None]:
    """Answer from memory what can be, and close connections that take the place of others."""
    if runner.server is None:
        raise RuntimeError("the runner was not set up")
    shortcut.take(runner.server, app)
    most = app[keys.CONFIG].server.max_connections
    connections = Connections(runner.server, most, app[keys.PROXIES])
    async with background.running("connections", connections.watch):
        yield


@asynccontextmanager
async def announced(app: web.Application, url: str) -> AsyncIterator[None]:
    """Tell commands on this machine how to reach the server, while the block runs.

    The note holds a token that works until the server stops; only the account that owns the
    data directory can read it.
    """
    data = DataDirectory.at(app[keys.CONFIG].storage.plugins_base_dir)
    note = {"url": _local(url), "token": app[keys.OPERATOR_TOKEN], "pid": os.getpid()}
    data.write_private(data.server_file, json.dumps(note).encode())
    try:
        yield
    finally:
        data.server_file.unlink(missing_ok=True)


def _local(url: str) -> str:
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
