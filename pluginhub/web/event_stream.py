"""Writes server-sent events (HTML, section 9.2)."""

from aiohttp import hdrs, web

HEARTBEAT = 15.0  # seconds after which something is sent, so that nobody takes a stream for dead
STILL_THERE = b": still there\n\n"


async def begin(request: web.Request) -> web.StreamResponse:
    """Begin to answer with events."""
    response = web.StreamResponse(
        headers={
            hdrs.CONTENT_TYPE: "text/event-stream",
            hdrs.CACHE_CONTROL: "no-store",
            "X-Accel-Buffering": "no",  # nginx would hold back what is small
        }
    )
    await response.prepare(request)
    return response


def message(kind: str, data: bytes, event_id: int | None = None) -> bytes:
    """Return an event as it is written.

    Args:
        kind: Its type.
        data: On one line.
        event_id: By which a client says where it was.
    """
    numbered = b"" if event_id is None else b"id: %d\n" % event_id
    return b"%sevent: %s\ndata: %s\n\n" % (numbered, kind.encode(), data)
