"""The native API: releases that stay although nobody has them."""

from aiohttp import web

from pluginhub import errors
from pluginhub.lifecycle.keep import keep as keep_release
from pluginhub.web import keys
from pluginhub.web.api.shapes import ReleaseAnswer
from pluginhub.web.operations import operation

_REFUSALS = (errors.NotFoundError, errors.GoneError)


@operation(errors=_REFUSALS)
async def keep(request: web.Request) -> ReleaseAnswer:
    """Let sweeps leave a release alone."""
    return await _set(request, undo=False)


@operation(errors=_REFUSALS)
async def unkeep(request: web.Request) -> ReleaseAnswer:
    """Let a release go once nobody has had it for long enough."""
    return await _set(request, undo=True)


async def _set(request: web.Request, *, undo: bool) -> ReleaseAnswer:
    release = await keep_release(
        request.app[keys.DATABASE],
        request.match_info["slug"],
        request.match_info["version"],
        actor=request[keys.ACTOR],
        undo=undo,
    )
    return ReleaseAnswer.of(release)
