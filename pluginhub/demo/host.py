"""The page of the demo, which loads plugins the way the existing frontend does."""

from importlib import resources
from pathlib import PurePosixPath

from aiohttp import web

from pluginhub.errors import NotFoundError
from pluginhub.storage import media_types
from pluginhub.web.routing import Route

_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; font-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


def _read(folder: str) -> dict[str, bytes]:
    files = resources.files("pluginhub.demo").joinpath("host", folder)
    return {
        str(PurePosixPath(folder, item.name)): item.read_bytes()
        for item in files.iterdir()
        if item.is_file()
    }


_FILES = {**_read("."), **_read("vendor")}


async def page(_request: web.Request) -> web.Response:
    """Answer the page."""
    return _answer("index.html")


async def file(request: web.Request) -> web.Response:
    """Answer a script or style of the page.

    Raises:
        NotFoundError: There is no such file.
    """
    return _answer(request.match_info["path"])


async def redirect(_request: web.Request) -> web.Response:
    """Send visitors of the demo's root to the page."""
    return web.Response(status=307, headers={"Location": "/demo/"})


def _answer(path: str) -> web.Response:
    if path not in _FILES:
        raise NotFoundError("there is no such file")
    content_type = media_types.of(path) or "text/plain"
    return web.Response(body=_FILES[path], headers={**_HEADERS, "Content-Type": content_type})


ROUTES = [
    Route("GET", "/", redirect, "public"),
    Route("GET", "/demo/", page, "public"),
    Route("GET", "/demo/{path:.+}", file, "public"),
]
