"""Files of pluginhub's own pages, from the directory ``static``."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from aiohttp import web

from pluginhub.errors import NotFoundError
from pluginhub.storage import media_types
from pluginhub.web.files import heads, made
from pluginhub.web.files.contents import Content
from pluginhub.web.operations import operation

_PACKAGE = Path(__file__).parents[1]
_NOTES = {"LICENSE", "NOTICE"}  # for those who read the sources

PAGE_HEADERS: Mapping[str, str] = {
    **heads.PUBLIC,
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}


class StaticFiles:
    """Files in memory, compressed when they are first asked for.

    Args:
        files: By their path.
        headers: Of every answer.
    """

    def __init__(self, files: Mapping[str, bytes], headers: Mapping[str, str]) -> None:
        self._files = files
        self._headers = headers
        self._made: dict[str, Content] = {}

    async def answer(self, request: web.Request, path: str) -> web.StreamResponse:
        """Answer a file, or 304 to those who have it.

        Raises:
            NotFoundError: There is no such file.
        """
        if path not in self._files:
            raise NotFoundError("there is no such file")
        if path not in self._made:
            media_type = media_types.of(path) or "application/octet-stream"
            self._made[path] = await made.of(self._files[path], media_type, self._headers)
        return await made.answer(request, self._made[path])


FILES: web.AppKey[StaticFiles] = web.AppKey("static_files")


async def in_memory(app: web.Application) -> AsyncIterator[None]:
    """Hold the files in memory while the server runs."""
    app[FILES] = StaticFiles(await asyncio.to_thread(load), PAGE_HEADERS)
    yield


def load() -> Mapping[str, bytes]:
    """Read all files; blocks.

    Returns:
        By their path relative to the directory.
    """
    # Beside the package in the sources, within it where it is installed from a wheel.
    inside = _PACKAGE / "static"
    root = inside if inside.is_dir() else _PACKAGE.parent / "static"
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name not in _NOTES
    }


@operation(answer="*/*", any_query=True)
async def serve(request: web.Request) -> web.StreamResponse:
    """Answer a script or style of a page."""
    return await request.app[FILES].answer(request, request.match_info["path"])
