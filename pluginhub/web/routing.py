"""A route, who may use it, and how handlers are wrapped to see to that."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from pluginhub.web import auth

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
            ``publisher``: somebody who may publish; ``admin``: an admin, or the command line on
            the server's machine.
    """

    method: str
    path: str
    handler: Handler
    access: Access


def add_routes(app: web.Application, routes: Iterable[Route], base_path: str = "") -> None:
    """Put routes into an application, each behind its check.

    Args:
        app: Gets them.
        routes: Which.
        base_path: Where all of them begin.
    """
    for route in routes:
        path, handler = base_path + route.path, _guarded(route)
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
        await check(request)
        return await route.handler(request)

    return handler
