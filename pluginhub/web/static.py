"""Files of pluginhub's own pages, from the directory ``static``."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ETag, hdrs, web

from pluginhub.errors import NotFoundError
from pluginhub.storage import media_types
from pluginhub.web.operations import operation

_PACKAGE = Path(__file__).parents[1]
_NOTES = {"LICENSE", "NOTICE"}  # for those who read the sources

PAGE_HEADERS: Mapping[str, str] = {
    hdrs.CACHE_CONTROL: "no-cache",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file in memory.

    Attributes:
        digest: SHA-256 of the content, hexadecimal.
    """

    content: bytes
    media_type: str
    digest: str


FILES: web.AppKey[Mapping[str, StaticFile]] = web.AppKey("static_files")


async def in_memory(app: web.Application) -> AsyncIterator[None]:
    """Hold the files in memory while the server runs."""
    app[FILES] = await asyncio.to_thread(load)
    yield


def load() -> Mapping[str, StaticFile]:
    """Read all files; blocks.

    Returns:
        By their path relative to the directory.
    """
    # Beside the package in the sources, within it where it is installed from a wheel.
    inside = _PACKAGE / "static"
    root = inside if inside.is_dir() else _PACKAGE.parent / "static"
    return {
        path.relative_to(root).as_posix(): _read(path)
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name not in _NOTES
    }


def answer(request: web.Request, path: str) -> web.Response:
    """Answer a file, or 304 to those who have it.

    Raises:
        NotFoundError: There is no such file.
    """
    file = request.app[FILES].get(path)
    if file is None:
        raise NotFoundError("there is no such file")
    known = any(tag.value == file.digest for tag in request.if_none_match or ())
    response = web.Response(status=304) if known else web.Response(body=file.content)
    if not known:
        response.headers[hdrs.CONTENT_TYPE] = file.media_type
    response.headers.update(PAGE_HEADERS)
    response.etag = ETag(file.digest)
    return response


@operation(answer="*/*", any_query=True)
async def serve(request: web.Request) -> web.Response:
    """Answer a script or style of a page."""
    return answer(request, request.match_info["path"])


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    media_type = media_types.of(path.name) or "application/octet-stream"
    return StaticFile(content, media_type, hashlib.sha256(content).hexdigest())
