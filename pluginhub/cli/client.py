"""How commands reach the hub: always by its API.

Where a server runs, it is that server's. Where none runs, the command starts the application in
its own process, under the lock of the data directory, for as long as the command takes.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp

from pluginhub.cli.context import Context, log_warnings
from pluginhub.config import Config
from pluginhub.errors import BusyError, DataDirectoryInUseError, HubError
from pluginhub.storage.data_directory import DataDirectory

_PATIENCE = 5.0  # seconds to wait for another command to finish, or a server to come up
_PAUSE = 0.1  # seconds


class RefusedError(HubError):
    """The hub answered an error; the message is its own.

    Args:
        status: HTTP status.
        problem: The answer (RFC 9457).
    """

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or f"the server answered {status}"))
        self.status = status
        self.code = str(problem.get("code", "error"))


class Client:
    """Speaks the native API."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url  # with the base path

    async def request(self, method: str, path: str, **arguments: Any) -> Any:
        """Send a request and return the decoded answer.

        Args:
            method: For instance ``POST``.
            path: As ``address`` makes it.
            **arguments: As for ``aiohttp.ClientSession.request``: ``json``, ``params``, ``data``.

        Raises:
            RefusedError: The answer is an error.
            BusyError: The server went away before it answered.
        """
        try:
            url = f"{self._url}{path}"
            async with self._session.request(method, url, **arguments) as response:
                text = await response.text()
        except aiohttp.ClientError as error:
            raise BusyError(
                "the server went away before it answered; look whether it did what was asked"
            ) from error
        body = json.loads(text) if "json" in response.content_type else {}
        if response.status >= 400:  # noqa: PLR2004 - the range of error statuses
            raise RefusedError(response.status, body)
        return body


def call(context: Context, method: str, path: str, **arguments: Any) -> Any:
    """Send one request and return the decoded answer, as ``Client.request`` does."""

    async def request() -> Any:
        async with connect(context.settings.config) as client:
            return await client.request(method, path, **arguments)

    return asyncio.run(request())


def address(*segments: str) -> str:
    """Return the path below ``/api`` made of segments, whatever characters they hold."""
    return "/".join(("/api", *(quote(segment, safe="") for segment in segments)))


@asynccontextmanager
async def connect(config: Config) -> AsyncIterator[Client]:
    """Yield a client that may do everything.

    Raises:
        DataDirectoryError: The data directory cannot be used.
        DataDirectoryInUseError: Another process holds it and is no server that answers.
    """
    async with AsyncExitStack() as stack:
        url, token = await _reach(config, stack)
        yield await stack.enter_async_context(client_of(url, token))


@asynccontextmanager
async def connect_running(config: Config) -> AsyncIterator[Client]:
    """Yield a client of the server that runs, which may do everything.

    Raises:
        BusyError: None answers.
    """
    data = DataDirectory.at(config.storage.plugins_base_dir)
    found = await _find_server(data)
    if found is None:
        raise BusyError(f"no server runs on {data.path}; start it with: pluginhub serve")
    async with client_of(*found) as client:
        yield client


@asynccontextmanager
async def client_of(url: str, token: str) -> AsyncIterator[Client]:
    """Yield a client of the server at ``url``."""
    headers = {"Authorization": f"Bearer {token}"}
    unlimited = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(headers=headers, timeout=unlimited) as session:
        yield Client(session, url)


async def _reach(config: Config, stack: AsyncExitStack) -> tuple[str, str]:
    data = DataDirectory.at(config.storage.plugins_base_dir)
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            if data.server_file.exists():  # which holds only while somebody has the lock
                os.close(data.lock())
            return await _start_own(config, stack)
        except DataDirectoryInUseError:
            if found := await _find_server(data):
                return found
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(_PAUSE)


async def _start_own(config: Config, stack: AsyncExitStack) -> tuple[str, str]:
    # Takes long to load, and a command that talks to a server needs none of it.
    from pluginhub.app import create_app  # noqa: PLC0415
    from pluginhub.cli.server import listening  # noqa: PLC0415
    from pluginhub.web import keys  # noqa: PLC0415

    app = create_app(config, for_a_moment=True)
    log_warnings(config)
    url = await stack.enter_async_context(listening(app, "127.0.0.1", 0))
    return url, app[keys.OPERATOR_TOKEN]


async def _find_server(data: DataDirectory) -> tuple[str, str] | None:
    """Return URL and token of the server that runs, or None if none answers."""
    try:
        note = json.loads(data.server_file.read_bytes())
        url: str = note["url"]
        async with aiohttp.ClientSession() as session, session.get(f"{url}/healthz"):
            return url, note["token"]
    except (FileNotFoundError, aiohttp.ClientConnectionError):
        return None
