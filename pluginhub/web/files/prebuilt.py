"""An answer that is bytes already: head and body are written at once, but for a large file."""

import time

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from pluginhub.web import request_ids
from pluginhub.web.files import sending
from pluginhub.web.files.contents import OpenFile


class Clock:
    """The Date header as bytes, made once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._line = b""

    def line(self) -> bytes:
        """Return the line for now, with its end."""
        now = int(time.time())
        if now != self._second:
            self._second = now
            self._line = time.strftime(
                "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", time.gmtime(now)
            ).encode()
        return self._line


_clock = Clock()


async def _write(request: web.BaseRequest, data: bytes) -> None:
    """Write all of an answer; aiohttp's writer would look for what is never there."""
    transport = request.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the client is gone")
    transport.write(data)
    if transport.get_write_buffer_size():
        await request.writer.drain()


class Prebuilt(web.StreamResponse):
    """Writes what it is given; nothing is left for aiohttp to build.

    Args:
        status: Of the answer, for the log.
        head: The status line and all headers but Date and X-Request-ID, with their ends.
        body: Empty for an answer without one.
    """

    def __init__(self, status: int, head: bytes, body: bytes | OpenFile) -> None:
        super().__init__(status=status)
        self._head = head
        self._content = body
        self._keep_alive = True

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Write everything."""
        lines = b"%s%sX-Request-ID: %s\r\n\r\n" % (
            self._head,
            _clock.line(),
            request_ids.of(request).encode(),
        )
        self._payload_writer = request.writer
        if isinstance(self._content, bytes):
            await _write(request, lines + self._content)
        else:
            await _write(request, lines)
            await sending.send(request, self._content, 0, self._content.size)
        return request.writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing: it is written."""
