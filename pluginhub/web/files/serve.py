"""Files of plugins, for script tags and whatever those load (http-api section 5 and 6).

A path from a request is looked up in the file list of a release and never meets the file system,
so traversal has nothing to act on. A file that was served before costs two look-ups in memory and
one write: no SQL, no thread and no look at the disk. That is why this does not use aiohttp's
``Response`` where it need not.
"""

from aiohttp import HttpVersion11, hdrs, web

from pluginhub.errors import ForbiddenError, NotFoundError
from pluginhub.web import auth, capabilities, keys
from pluginhub.web.files import accel, conditions, sending
from pluginhub.web.files.access import Grant
from pluginhub.web.files.contents import Representation
from pluginhub.web.files.heads import Heads
from pluginhub.web.files.prebuilt import Prebuilt
from pluginhub.web.operations import operation
from pluginhub.web.traffic import Quick

_OK, _PARTIAL, _UNCHANGED, _FAILED, _OUTSIDE = 200, 206, 304, 412, 416


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
    plugin_id = request.match_info["id"]
    capability, path = capabilities.split(request.match_info["path"])
    if capability is not None:
        grant = await _by_capability(request, plugin_id, capability)
        found = await _content(request, grant, path)
        return await answer(request, found, found.by_capability)
    grant = await _by_user(request, plugin_id)
    found = await _content(request, grant, path)
    return await answer(request, found, found.by_user)


async def _by_capability(request: web.Request, plugin_id: str, capability: str) -> Grant:
    access = request.app[keys.ACCESS]
    if grant := access.known_by_capability(plugin_id, capability):
        return grant
    if grant := await access.by_capability(plugin_id, capability):
        return grant
    raise NotFoundError("Plugin not found")


async def _by_user(request: web.Request, plugin_id: str) -> Grant:
    user = await auth.reader_of_files(request)
    access = request.app[keys.ACCESS]
    if grant := access.known_by_user(plugin_id, user.id):
        return grant
    if grant := await access.by_user(plugin_id, user.id):
        return grant
    raise NotFoundError("Plugin not found")


async def _content(request: web.Request, grant: Grant, path: str) -> Representation:
    contents, release = request.app[keys.CONTENTS], grant.release
    content = contents.known(release.release_id, path)
    if content is None:
        content = await contents.find(release, path)
    else:
        contents.hits += 1
    return content.best_for(request.headers.get(hdrs.ACCEPT_ENCODING))


async def answer(request: web.Request, found: Representation, heads: Heads) -> web.StreamResponse:
    """Answer a representation, or that the client has it."""
    is_plain = request.version == HttpVersion11 and not accel.sends(request, found)
    if is_plain and (prebuilt := at_once(request, found, heads, _count(request, found))):
        return prebuilt
    return await _conditional(request, found, heads)


def at_once(
    request: web.Request, found: Representation, heads: Heads, quick: Quick
) -> Prebuilt | None:
    """Return the answer to a request of HTTP/1.1 whose head is in memory, and count it.

    Nothing is added to the head: so there is none for the last request of a connection, and for
    one that names its origin.
    """
    given = request.headers
    if not request.keep_alive or hdrs.ORIGIN in given or conditions.are_rare(given):
        return None
    is_head = request.method == hdrs.METH_HEAD
    if conditions.is_known(given, found.etag, found.modified):
        if is_head:
            quick.unchanged_heads += 1
        else:
            quick.unchanged += 1
        return Prebuilt(_UNCHANGED, heads.unchanged, b"")
    if is_head:
        quick.full_heads += 1
        return Prebuilt(_OK, heads.full, b"")
    quick.full += 1
    quick.sent += found.size
    return Prebuilt(_OK, heads.full, found.body)


async def _conditional(
    request: web.Request, found: Representation, heads: Heads
) -> web.StreamResponse:
    """Answer with all that RFC 9110 has, in the order of its section 13.2.2."""
    given, size = request.headers, found.size
    if conditions.has_failed(given, found.etag, found.modified):
        return web.Response(status=_FAILED, headers=heads.headers)
    if conditions.is_known(given, found.etag, found.modified):
        return web.Response(status=_UNCHANGED, headers=heads.headers)
    if accel.sends(request, found):
        return accel.hand_over(found, heads)
    part = None
    if request.method == hdrs.METH_GET:
        try:
            part = conditions.part(given, size, found.etag, found.modified)
        except ValueError:
            outside = {**heads.headers, hdrs.CONTENT_RANGE: f"bytes */{size}"}
            return web.Response(status=_OUTSIDE, headers=outside)
    part_of = part or conditions.Part(0, size)
    response = web.StreamResponse(status=_PARTIAL if part else _OK, headers=heads.described)
    response.content_length = part_of.end - part_of.start
    if part:
        response.headers[hdrs.CONTENT_RANGE] = f"bytes {part.start}-{part.end - 1}/{size}"
    return await _send(request, response, found, part_of)


async def _send(
    request: web.Request, response: web.StreamResponse, found: Representation, part: conditions.Part
) -> web.StreamResponse:
    await response.prepare(request)
    if request.method != hdrs.METH_HEAD and part.end > part.start:
        if isinstance(found.body, bytes):
            await response.write(memoryview(found.body)[part.start : part.end])
        else:
            await sending.send(request, found.body, part.start, part.end - part.start)
        _count(request, found).sent += part.end - part.start
    await response.write_eof()
    return response


def _count(request: web.Request, found: Representation) -> Quick:
    """Return where it is counted what is sent the long way; the requests themselves are not."""
    traffic = request.app[keys.TRAFFIC]
    return traffic.made if found.place is None else traffic.long
