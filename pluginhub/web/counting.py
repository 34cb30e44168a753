"""Counts and times each request that goes through the application."""

import time

from aiohttp import web

from pluginhub.web import keys
from pluginhub.web.operations import Handler
from pluginhub.web.traffic import FILES, MANIFEST

_CLASSES = {
    "/api/v1/public/plugins/": FILES,
    "/api/v1/plugins/manifest": MANIFEST,
    "/api/v1/events": "events",
    "/api/plugins/jobs/{id}/events": "events",
    "/api/v1/": "compat",
    "/api/": "api",
    "/static/": "static",
    "/healthz": "probe",
    "/readyz": "probe",
    "/metrics": "probe",
}


def class_of(path: str) -> str:
    """Return the class of a route, of which there are few.

    Args:
        path: Of the route, below the base path.
    """
    return next((name for start, name in _CLASSES.items() if path.startswith(start)), "page")


@web.middleware
async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count a request that goes through the application, once it is answered."""
    begin, status = time.perf_counter(), "gone"
    try:
        response = await handler(request)
        status = f"{response.status // 100}xx"
        return response
    finally:
        seconds = time.perf_counter() - begin
        request.app[keys.TRAFFIC].note(_route(request), request.method, status, seconds)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    if resource is None:
        return "unknown"
    base_path = request.app[keys.CONFIG].server.base_path
    return class_of(resource.canonical.removeprefix(base_path))
