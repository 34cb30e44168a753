"""Files of plugins, for script tags and whatever those load (http-api section 5 and 6).

A path from a request is looked up in the file list of a release and never meets the file system,
so traversal has nothing to act on.
"""

import asyncio
from collections.abc import Mapping
from typing import BinaryIO

from aiohttp import hdrs, web

from pluginhub.cancellation import finish_in_thread
from pluginhub.database import installations, releases
from pluginhub.database.installations import Loadable
from pluginhub.errors import ForbiddenError, NotFoundError
from pluginhub.models import ReleaseFile
from pluginhub.storage.media_types import ACTIVE
from pluginhub.web import auth, keys
from pluginhub.web.capabilities import SEGMENT
from pluginhub.web.compat import ids
from pluginhub.web.operations import operation

Headers = Mapping[str, str]

# The address names a release, whose bytes never change; it is only for the one who was given it.
_BY_CAPABILITY: Headers = {hdrs.CACHE_CONTROL: "private, max-age=31536000, immutable"}
_BY_USER: Headers = {hdrs.CACHE_CONTROL: "private, no-cache", hdrs.VARY: "Authorization, Cookie"}
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
# A page or drawing of a plugin gets an origin of its own, so it cannot act on this one.
_SANDBOX = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    )
}


@operation(answer="*/*", any_query=True, errors=(NotFoundError, ForbiddenError))
async def serve(request: web.Request) -> web.StreamResponse:
    """Answer a file of a plugin that its user has installed and not disabled.

    ``{id}/t/{capability}/{path}`` names a release; ``{id}/{path}`` with a Bearer token or the
    cookie means the release that the user is on.

    Raises:
        UnauthenticatedError: There is neither capability, token nor cookie.
        NotFoundError: The user has no such plugin, or the release no such file.
        ForbiddenError: The file is of a type that is not served.
    """
    plugin_id, path = request.match_info["id"], request.match_info["path"]
    first, _, rest = path.partition("/")
    if first == SEGMENT:
        capability, _, path = rest.partition("/")
        release = await _by_capability(request, plugin_id, capability)
        headers = _BY_CAPABILITY
    else:
        release = await _by_user(request, plugin_id)
        headers = _BY_USER
    async with request.app[keys.DATABASE].snapshot() as connection:
        file = await releases.find_file(connection, release.release_id, path)
    if file is None:
        raise NotFoundError("File not found")
    if file.media_type is None:
        raise ForbiddenError("File type not allowed")
    return await _answer(request, release, file, headers)


async def _by_capability(request: web.Request, plugin_id: str, capability: str) -> Loadable:
    user_id, slug = ids.parse_plugin_id(plugin_id)
    allows = request.app[keys.CAPABILITIES].allows
    for candidate in await _loadable(request, user_id or "", slug):
        if allows(capability, candidate.installation_id, candidate.digest):
            return candidate
    raise NotFoundError("Plugin not found")


async def _by_user(request: web.Request, plugin_id: str) -> Loadable:
    user = await auth.reader_of_files(request)
    user_id, slug = ids.parse_plugin_id(plugin_id)
    if user_id in {None, user.id}:
        for candidate in await _loadable(request, user.id, slug):
            if candidate.current:
                return candidate
    raise NotFoundError("Plugin not found")


async def _loadable(request: web.Request, user_id: str, slug: str) -> list[Loadable]:
    database = request.app[keys.DATABASE]
    left_after = database.now() - request.app[keys.CONFIG].files.grace
    async with database.snapshot() as connection:
        return await installations.loadable(connection, user_id, slug, left_after)


async def _answer(
    request: web.Request, release: Loadable, file: ReleaseFile, caching: Headers
) -> web.StreamResponse:
    headers = {**_ALWAYS, **caching, hdrs.ETAG: f'"{file.sha256}"'}
    if _known(request, file):
        return web.Response(status=304, headers=headers)
    if file.media_type in ACTIVE:
        headers |= _SANDBOX
    headers[hdrs.CONTENT_TYPE] = file.media_type or "application/octet-stream"
    headers[hdrs.CONTENT_LENGTH] = str(file.size)
    stream = await request.app[keys.STORAGE].open(release.slug, release.version, file)
    try:
        return await _send(request, web.StreamResponse(headers=headers), stream)
    finally:
        await finish_in_thread(stream.close)


def _known(request: web.Request, file: ReleaseFile) -> bool:
    if request.headers.get(hdrs.IF_NONE_MATCH) == "*":  # aiohttp does not tell it from '"*"'
        return True
    return any(tag.value == file.sha256 for tag in request.if_none_match or ())


async def _send(
    request: web.Request, response: web.StreamResponse, stream: BinaryIO
) -> web.StreamResponse:
    await response.prepare(request)
    transport = request.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the client is gone")
    size = response.content_length
    if request.method != hdrs.METH_HEAD and size:
        try:
            sent = await asyncio.get_running_loop().sendfile(transport, stream, 0, size)
            if sent < size:
                raise ConnectionAbortedError("the file became shorter while it was sent")
        except OSError:
            transport.abort()  # the length is promised, so a short answer must not look whole
            raise
    await response.write_eof()
    return response
