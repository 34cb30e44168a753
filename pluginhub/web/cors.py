"""What pages of other origins may do (Fetch standard, CORS protocol), by an exact list."""

from http import HTTPStatus

from aiohttp import hdrs, web

from pluginhub.web import keys, origins
from pluginhub.web.routing import Handler

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
_EXPOSED = "ETag, Link, Location, Retry-After, X-Request-ID"
_MAX_AGE = "600"  # seconds for which a browser does not ask again


@web.middleware
async def answer_preflights(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what browsers ask before they send a request of another origin, for every address."""
    wanted = request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_METHOD)
    if request.method != hdrs.METH_OPTIONS or hdrs.ORIGIN not in request.headers or not wanted:
        return await handler(request)
    if not _is_allowed(request):
        return web.Response(status=HTTPStatus.FORBIDDEN, text="this origin is not allowed\n")
    response = web.Response(status=HTTPStatus.NO_CONTENT)
    response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = _METHODS
    response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = _MAX_AGE
    if headers := request.headers.get(hdrs.ACCESS_CONTROL_REQUEST_HEADERS):
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = headers
    return response


async def mark(request: web.Request, response: web.StreamResponse) -> None:
    """Let pages of allowed origins read an answer, whatever it is."""
    if not request.app[keys.CONFIG].server.cors_origins:
        return
    varies = response.headers.get(hdrs.VARY)
    response.headers[hdrs.VARY] = f"{varies}, {hdrs.ORIGIN}" if varies else hdrs.ORIGIN
    if hdrs.ORIGIN in request.headers and _is_allowed(request):
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = request.headers[hdrs.ORIGIN]
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_CREDENTIALS] = "true"
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = _EXPOSED


def _is_allowed(request: web.Request) -> bool:
    allowed = request.app[keys.CONFIG].server.cors_origins
    return origins.allows(allowed, request.headers[hdrs.ORIGIN])
