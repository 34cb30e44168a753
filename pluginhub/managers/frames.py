"""Messages of a fixed size between the server, the fork server and the workers.

A frame is read exactly, never beyond, so the descriptors that travel with it cannot be mixed up
with those of the next one.
"""

import asyncio
import os
import socket
import struct
from collections.abc import Sequence
from typing import NamedTuple

WORKER = b"W"  # start a worker on this socket (1 descriptor); answered with its process id
STOP = b"S"  # end a worker that does not end by itself
RUN = b"R"  # run a hook: request, answer, output (3 descriptors)
KILL = b"K"  # end a hook
DONE = b"D"  # a hook has ended; with its exit code, negative for a signal
FAILED = b"F"  # a process could not be started; with the errno

_FORM = struct.Struct("!cQi3x")
_MOST_DESCRIPTORS = 3


class Frame(NamedTuple):
    """One message.

    Attributes:
        kind: One of the constants above.
        number: What it is about: the number of a worker or of a call.
        value: A process id, exit code or errno.
    """

    kind: bytes
    number: int
    value: int = 0


def send(channel: socket.socket, frame: Frame, descriptors: Sequence[int] = ()) -> None:
    """Send a frame whole; the descriptors stay open here.

    Raises:
        BlockingIOError: The other side has not read for long, and the socket does not wait.
        OSError: The other side is gone.
    """
    data = _FORM.pack(*frame)
    if descriptors:
        socket.send_fds(channel, [data], list(descriptors))
    else:
        channel.sendall(data)


def receive(channel: socket.socket) -> tuple[Frame, list[int]] | None:
    """Wait for a frame and return it with its descriptors, or None when the other side is gone."""
    data, descriptors = b"", list[int]()
    while len(data) < _FORM.size:
        try:
            part, more, _, _ = socket.recv_fds(channel, _FORM.size - len(data), _MOST_DESCRIPTORS)
        except ConnectionError:
            part, more = b"", []
        descriptors += more
        if not part:
            for descriptor in descriptors:
                os.close(descriptor)
            return None
        data += part
    return Frame(*_FORM.unpack(data)), descriptors


async def receive_soon(channel: socket.socket) -> Frame | None:
    """Wait for a frame without descriptors, on a socket that does not block."""
    loop, data = asyncio.get_running_loop(), b""
    while len(data) < _FORM.size:
        try:
            part = await loop.sock_recv(channel, _FORM.size - len(data))
        except ConnectionError:
            part = b""
        if not part:
            return None
        data += part
    return Frame(*_FORM.unpack(data))
