import asyncio
import os
import socket
from collections.abc import Iterator

import pytest

from pluginhub.managers import frames
from pluginhub.managers.frames import Frame
from tests.managers.workshop import open_files

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture(name="pair")
def _pair() -> Iterator[Pair]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def contents(descriptors: list[int]) -> list[bytes]:
    found = []
    for descriptor in descriptors:
        with os.fdopen(descriptor, "rb") as file:
            found.append(file.read())
    return found


def pipe(content: bytes) -> int:
    """Return the end of a pipe that reads as ``content``."""
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    return reader


def test_a_frame_arrives_as_it_was_sent(pair: Pair) -> None:
    for frame in (Frame(frames.DONE, 2**40, -9), Frame(frames.KILL, 0)):
        frames.send(pair[0], frame)
        assert frames.receive(pair[1]) == (frame, [])


def test_descriptors_stay_with_their_frame(pair: Pair) -> None:
    sent = [[b"a", b"b", b"c"], [], [b"d"], [b"e", b"f", b"g"]]
    for number, texts in enumerate(sent):
        descriptors = [pipe(text) for text in texts]
        frames.send(pair[0], Frame(frames.RUN, number), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
    for number, texts in enumerate(sent):
        received = frames.receive(pair[1])
        assert received is not None
        frame, descriptors = received
        assert frame == Frame(frames.RUN, number)
        assert contents(descriptors) == texts


def test_a_frame_that_arrives_in_parts_is_put_together(pair: Pair) -> None:
    frames.send(pair[0], Frame(frames.DONE, 7, 1))
    data = pair[1].recv(100)
    socket.send_fds(pair[0], [data[:3]], [0])
    pair[0].sendall(data[3:])
    received = frames.receive(pair[1])
    assert received is not None
    assert received[0] == Frame(frames.DONE, 7, 1)
    os.close(received[1][0])


def test_the_end_in_the_middle_of_a_frame_leaves_no_descriptor_open(pair: Pair) -> None:
    before = open_files()
    socket.send_fds(pair[0], [b"R"], [0])
    pair[0].shutdown(socket.SHUT_WR)
    assert frames.receive(pair[1]) is None
    assert open_files() == before


def test_a_peer_that_vanished_is_an_end(pair: Pair) -> None:
    frames.send(pair[1], Frame(frames.KILL, 1))
    pair[0].close()
    assert frames.receive(pair[1]) is None


async def test_the_event_loop_waits_for_frames_too(pair: Pair) -> None:
    for end in pair:
        end.setblocking(False)
    waiting = asyncio.create_task(frames.receive_soon(pair[1]))
    await asyncio.sleep(0)
    frames.send(pair[0], Frame(frames.DONE, 7, -11))
    assert await waiting == Frame(frames.DONE, 7, -11)
    frames.send(pair[0], Frame(frames.DONE, 8))
    data = pair[1].recv(100)
    pair[0].sendall(data[:5])
    waiting = asyncio.create_task(frames.receive_soon(pair[1]))
    await asyncio.sleep(0.01)
    pair[0].sendall(data[5:])
    assert await waiting == Frame(frames.DONE, 8)
    frames.send(pair[1], Frame(frames.KILL, 1))
    pair[0].close()
    assert await frames.receive_soon(pair[1]) is None


def test_a_socket_that_takes_no_more_says_so(pair: Pair) -> None:
    pair[0].setblocking(False)

    def fill() -> None:
        while True:
            frames.send(pair[0], Frame(frames.KILL, 1))

    with pytest.raises(BlockingIOError):
        fill()
