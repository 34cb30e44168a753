"""A route, who may use it, and how handlers are wrapped to see to that."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from aiohttp import web

from pluginhub.web import auth, keys
from pluginhub.web.auth import Need

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Access = Literal["public", "user", "publisher", "admin"]

_CHECKS = {
    "user": auth.require_user,
    "publisher": auth.require_publisher,
    "admin": auth.require_admin,
}


@dataclass(frozen=True, slots=True)
class Route:
    """One address.

    Attributes:
        access: ``public``: anybody, and the handler decides; ``user``: somebody signed in;
            ``publisher``: whoever may publish; ``admin``: an admin, or the command line on the
            server's machine.
        scope: What an API token needs to be used here, where ``need`` is not to be it.
    """

    method: str
    path: str
    handler: Handler
    access: Access
    scope: Need | None = None

    @property
    def need(self) -> Need:
        """What an API token needs: to read, to change what its user has, or what others have."""
        if self.scope:
            return self.scope
        if self.access == "admin":
            return "admin"
        if self.access == "publisher":
            return "publish"
        return "read" if self.method in {"GET", "HEAD"} else "install"


def methods_of(routes: Iterable[Route], path: str) -> list[str]:
    """Return the methods that an address knows: those of the routes that name it most closely.

    Args:
        routes: Of the application.
        path: Below the base path.
    """
    fitting = [route for route in routes if _pattern(route.path).fullmatch(path)]
    closest = max((_fixed(route.path) for route in fitting), default=0)
    return sorted({route.method for route in fitting if _fixed(route.path) == closest})


def _fixed(path: str) -> int:
    """Return how many characters of an address are no parameters."""
    return len(re.sub(r"\{[^}]*\}", "", path))


@cache
def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+(?::([^{}]*))?\}", path)
    fixed, variable = parts[::2], [part or "[^/]+" for part in parts[1::2]]
    text = "".join(
        re.escape(one) + (f"(?:{two})" if two else "")
        for one, two in zip(fixed, [*variable, ""], strict=True)
    )
    return re.compile(text)


def add_routes(app: web.Application, routes: list[Route]) -> None:
    """Put routes into an application below its base path, each behind its check."""
    base = app[keys.CONFIG].server.base_path
    for route in routes:
        path, handler = base + route.path, _guarded(route)
        app.router.add_route(route.method, path, handler, expect_handler=_no_body_yet)


async def _no_body_yet(_request: web.Request) -> None:
    """Let a client wait that expects ``100 Continue`` until something reads its body.

    aiohttp would ask for the body at once, also where the request is going to be refused.
    """


def _guarded(route: Route) -> Handler:
    if route.access == "public":
        return route.handler
    check = _CHECKS[route.access]

    async def handler(request: web.Request) -> web.StreamResponse:
        await check(request, route.need)
        return await route.handler(request)

    return handler
