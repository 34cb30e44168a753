"""CORS: browsers are told which pages may call and read the answers, whatever those are."""

import re

from aiohttp import hdrs, web

from pluginhub.errors import ForbiddenError
from pluginhub.web import keys
from pluginhub.web.operations import Handler

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_EXPOSED = "X-Request-ID, ETag, Location, Retry-After"
_MAX_AGE = "600"  # seconds
_HEADER_NAMES = re.compile(r"[A-Za-z0-9-]+(?:, ?[A-Za-z0-9-]+)*")


async def mark(request: web.Request, response: web.StreamResponse) -> None:
    """Tell a browser whether the page that asked may read the answer, whatever the answer is."""
    varies = response.headers.get(hdrs.VARY)
    if not varies or "Origin" not in varies:
        response.headers[hdrs.VARY] = f"{varies}, Origin" if varies else "Origin"
    origin = request.headers.get(hdrs.ORIGIN)
    if origin and request.app[keys.ORIGINS].allow(origin):
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = _EXPOSED


@web.middleware
async def answer_preflights(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a browser that asks whether a page may ask; nobody needs to be signed in for that.

    Raises:
        ForbiddenError: Pages of this origin may not.
    """
    wanted = hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
    origin = request.headers.get(hdrs.ORIGIN)
    if request.method != hdrs.METH_OPTIONS or not wanted or origin is None:
        return await handler(request)
    if not request.app[keys.ORIGINS].allow(origin):
        raise ForbiddenError("pages of this origin may not call here (server.cors_origins)")
    response = web.Response(status=204)
    response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = _METHODS
    response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = _MAX_AGE
    names = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_HEADERS, "")
    if _HEADER_NAMES.fullmatch(names):
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = names
    return response
