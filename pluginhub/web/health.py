"""Whether the server can answer."""

from aiohttp import web


async def healthz(_request: web.Request) -> web.Response:
    """Answer 200; the server listens only after everything is ready."""
    return web.json_response({"status": "ok"})
