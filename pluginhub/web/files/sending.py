"""Sends open files: the kernel copies them to the connection."""

import asyncio
import os
import sys
from typing import BinaryIO, cast

from aiohttp import web

from pluginhub.web.files.contents import OpenFile

_PATIENCE = 30.0  # seconds, and the time for what is sent:
_SLOWEST = 16 * 1024  # bytes a second
_AT_ONCE = 1024 * 1024  # bytes that a connection takes before others have their turn


async def send(request: web.BaseRequest, file: OpenFile, start: int, count: int) -> None:
    """Send a part of a file on the connection of a request, whose head was sent.

    Args:
        request: That is answered.
        file: To be sent.
        start: The first byte.
        count: Bytes, which the head has promised.

    Raises:
        ConnectionError: The client is gone, or does not take it in time.
        OSError: The file cannot be read.
    """
    transport = request.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the client is gone")
    try:
        sent = _send_at_once(transport, file, start, count)
        if sent < count:
            async with asyncio.timeout(_PATIENCE + count / _SLOWEST):
                sent += await _send_rest(transport, file, start + sent, count - sent)
    except TimeoutError as error:
        transport.abort()
        raise ConnectionAbortedError("the client does not take it") from error
    except BaseException:
        transport.abort()  # the length is promised, so a short answer must not look whole
        raise
    if sent < count:
        transport.abort()
        raise ConnectionAbortedError("the file became shorter while it was sent")


def _send_at_once(transport: asyncio.WriteTransport, file: OpenFile, start: int, count: int) -> int:
    """Send what the connection takes without waiting, and return how many bytes that are."""
    if sys.platform == "win32" or transport.get_write_buffer_size():
        return 0
    connection = transport.get_extra_info("socket").fileno()
    try:
        return os.sendfile(connection, file.fileno(), start, min(count, _AT_ONCE))
    except BlockingIOError:
        return 0


async def _send_rest(
    transport: asyncio.WriteTransport, file: OpenFile, start: int, count: int
) -> int:
    opened = cast(BinaryIO, file)  # all that is asked of it is its descriptor
    loop = asyncio.get_running_loop()
    try:
        return await loop.sendfile(transport, opened, start, count, fallback=False)
    except asyncio.SendfileNotAvailableError as error:  # the connection or the file refuses
        raise ConnectionResetError("the client is gone, or the file cannot be read") from error
