"""The native API: what happens, told as it happens."""

from contextlib import suppress
from typing import Annotated

from aiohttp import web
from pydantic import Field

from pluginhub import errors
from pluginhub.events import event
from pluginhub.events.event import Viewer
from pluginhub.events.feed import Feed
from pluginhub.events.listener import Listener
from pluginhub.web import auth, event_stream, keys
from pluginhub.web.operations import Query, operation
from pluginhub.web.queries import NUMBER

_LAST = "Last-Event-ID"
_LONGEST = 18  # digits of an id that fits a row
_FIRST = b"retry: 2000\nid: %d\n\n"  # milliseconds; an id by which also who heard nothing resumes


class Since(Query):
    """For clients that cannot send the header ``Last-Event-ID``."""

    last_event_id: Annotated[int, Field(ge=0, le=999_999_999), NUMBER] | None = Field(
        default=None, description="The last event that is known."
    )


@operation(answer="text/event-stream", errors=(errors.TooManyRequestsError, errors.BusyError))
async def events(request: web.Request, query: Since) -> web.StreamResponse:
    """Tell of what happens to who asks, and to releases, as server-sent events.

    Admins are told everything. ``Last-Event-ID`` goes on where a stream ended.
    """
    since = query.last_event_id if _LAST not in request.headers else _last(request)

    def gone() -> bool:
        return request.transport is None

    feed, owner = request.app[keys.FEED], request[keys.ACTOR].id
    async with feed.joined(_viewer(request), since=since, owner=owner, gone=gone) as listener:
        stream = await event_stream.begin(request)
        # Who is not let in any more comes again and is told so; who went away is not.
        with suppress(errors.HubError, ConnectionError):
            await _tell(request, feed, listener, stream)
    if listener.limit.expired() and request.transport:
        request.transport.abort()
    return stream


async def _tell(
    request: web.Request, feed: Feed, listener: Listener, stream: web.StreamResponse
) -> None:
    """Tell a listener what happens, for as long as they may know it.

    Raises:
        UnauthenticatedError: They are not signed in any more.
        ConnectionError: They went away.
    """
    await stream.write(_FIRST % listener.position)
    while not listener.ended:
        new = await feed.take(listener)
        if listener.beat or listener.doubted:
            listener.doubted = False
            await auth.require_user(request, "read")
            listener.viewer = _viewer(request)
        told = [(it, event.shown(it, listener.viewer)) for it in new]
        content = b"".join(event_stream.message(it.type, data, it.id) for it, data in told if data)
        if listener.beat and not new:
            content = event_stream.STILL_THERE
        if content:
            listener.beat = False
            await stream.write(content)
        elif not new:
            await listener.news()


def _viewer(request: web.Request) -> Viewer:
    actor = request[keys.ACTOR]
    return Viewer(actor.user_id, actor.admin)


def _last(request: web.Request) -> int | None:
    """Return the id that a client sends by itself; what is none of ours means from now on."""
    given = request.headers[_LAST]
    return int(given) if given.isascii() and given.isdigit() and len(given) <= _LONGEST else None
