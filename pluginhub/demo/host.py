"""The page of the demo, which loads plugins the way the existing frontend does."""

from importlib import resources
from pathlib import PurePosixPath

from aiohttp import web

from pluginhub.web.routing import Route
from pluginhub.web.static import PAGE_HEADERS, StaticFiles


def _read(folder: str) -> dict[str, bytes]:
    files = resources.files("pluginhub.demo").joinpath("host", folder)
    return {
        str(PurePosixPath(folder, item.name)): item.read_bytes()
        for item in files.iterdir()
        if item.is_file()
    }


_FILES = StaticFiles({**_read("."), **_read("vendor")}, PAGE_HEADERS)


async def page(request: web.Request) -> web.StreamResponse:
    """Answer the page."""
    return await _FILES.answer(request, "index.html")


async def file(request: web.Request) -> web.StreamResponse:
    """Answer a script or style of the page.

    Raises:
        NotFoundError: There is no such file.
    """
    return await _FILES.answer(request, request.match_info["path"])


ROUTES = [
    Route("GET", "/demo/", page, "public"),
    Route("GET", "/demo/{path:.+}", file, "public"),
]
