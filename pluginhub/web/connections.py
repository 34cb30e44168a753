"""Connections that would take the place of others: too many, silent, or never read.

aiohttp closes a connection that idles, and waits for everything else without an end.
"""

import asyncio
import socket
from collections import Counter
from dataclasses import dataclass

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from pluginhub.web.proxies import Proxies

_TICK = 1.0  # seconds between two looks
_HEAD = 10.0  # seconds in which a new connection has to ask for something
_STALL = 30.0  # seconds in which a client has to take something of what is sent


@dataclass(slots=True)
class _Watched:
    address: str
    since: float
    waiting: int = 0  # bytes that the client has not taken


class Connections:
    """Watches the connections of a server.

    Args:
        server: Whose.
        most: How many there may be; half of them from one address that is no proxy.
        proxies: Speak for many clients.
    """

    def __init__(self, server: web.Server, most: int, proxies: Proxies) -> None:
        self._most = most
        self._proxies = proxies
        self._watched: dict[RequestHandler, _Watched] = {}
        self._from: Counter[str] = Counter()
        self._made, self._lost = server.connection_made, server.connection_lost
        server.connection_made = self._begin  # type: ignore[method-assign]
        server.connection_lost = self._end  # type: ignore[method-assign]

    async def watch(self) -> None:
        """Close what is silent or not read, until cancelled."""
        while True:
            await asyncio.sleep(_TICK)
            now = asyncio.get_running_loop().time()
            for handler, watched in list(self._watched.items()):
                transport = handler.transport
                if transport is not None and _is_over(handler, watched, transport, now):
                    transport.abort()

    def _begin(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        self._made(handler, transport)
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        self._from[address] += 1
        self._watched[handler] = _Watched(address, asyncio.get_running_loop().time())
        of_one = self._from[address] > self._most // 2 and not self._proxies.trust(address)
        if of_one or self._from.total() > self._most:
            transport.abort()
            return
        _let_the_system_watch(transport.get_extra_info("socket"))

    def _end(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        self._lost(handler, exc)
        if watched := self._watched.pop(handler, None):
            self._from[watched.address] -= 1
            if not self._from[watched.address]:
                del self._from[watched.address]


def _is_over(
    handler: RequestHandler, watched: _Watched, transport: asyncio.Transport, now: float
) -> bool:
    waiting = transport.get_write_buffer_size()
    if waiting and waiting == watched.waiting:
        return now - watched.since >= _STALL
    asked = handler._request_count > 0  # noqa: SLF001 - aiohttp tells nobody
    if waiting or asked:
        watched.since, watched.waiting = now, waiting
        return False
    return now - watched.since >= _HEAD


def _let_the_system_watch(connection: socket.socket | None) -> None:
    """Let Linux close what is not read: files go out by sendfile, where nothing here sees them."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None and connection is not None and connection.family != socket.AF_UNIX:
        connection.setsockopt(socket.IPPROTO_TCP, option, int(_STALL * 1000))
