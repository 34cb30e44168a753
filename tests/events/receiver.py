"""A server that receives events."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from pluginhub.config.sections import Publish

SETTINGS = Publish(allow_http=True, allow_private_networks=("127.0.0.0/8",))


@dataclass
class Receiver:
    """What came, and what is answered.

    Attributes:
        statuses: Of the next answers; then 204.
        answer: Is asked instead, if it is set.
    """

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)  # each with its method

    @property
    def events(self) -> list[dict[str, Any]]:
        """All that came."""
        return [json.loads(body) for body in self.bodies]

    @property
    def ids(self) -> list[int]:
        """The ids of all that came."""
        return [it["id"] for it in self.events]

    async def got(self, number: int) -> list[dict[str, Any]]:
        """Wait until so many events came."""
        async with asyncio.timeout(8):
            while len(self.bodies) < number:  # noqa: ASYNC110 - a list tells nobody
                await asyncio.sleep(0.01)
        return self.events

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Take an event."""
        self.bodies.append(await request.read())
        self.headers.append(request.headers)
        self.paths.append(f"{request.method} {request.path}")
        if self.answer:
            return await self.answer(request)
        status = self.statuses.pop(0) if self.statuses else 204
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    def is_signed(self, number: int, secret: str) -> bool:
        """Return whether an event that came bears the signature of who knows a secret."""
        at, given = (
            part.partition("=")[2]
            for part in self.headers[number]["X-Pluginhub-Signature"].split(",")
        )
        message = f"{at}.".encode() + self.bodies[number]
        return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest() == given


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver on a port of its own."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.respond)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/hook"))
        yield receiver
