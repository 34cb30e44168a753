"""Speaks HTTP byte by byte, so that no client library repairs what is sent."""

import asyncio
from dataclasses import dataclass

from multidict import CIMultiDict

from tests.conftest import Hub

_PATIENCE = 5.0  # seconds


@dataclass(frozen=True)
class Answer:
    """What came back on one connection."""

    status: int
    headers: CIMultiDict[str]
    body: bytes


async def connect(hub: Hub) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection to the server."""
    return await asyncio.open_connection("127.0.0.1", hub.client.port)


async def send(hub: Hub, data: bytes) -> bytes:
    """Send bytes on a connection of their own, and return everything up to its end."""
    reader, writer = await connect(hub)
    try:
        writer.write(data)
        async with asyncio.timeout(_PATIENCE):
            return await reader.read()
    finally:
        writer.close()


async def first_status(hub: Hub, request: bytes) -> int:
    """Return the first status that the server answers before any body was sent."""
    reader, writer = await connect(hub)
    writer.write(request)
    line = await reader.readline()
    writer.close()
    return int(line.split()[1])


async def request(
    hub: Hub, method: str, target: bytes, headers: dict[str, str] | None = None, body: bytes = b""
) -> Answer:
    """Send one request with this target exactly, and read its answer."""
    lines = [f"{name}: {value}\r\n" for name, value in (headers or {}).items()]
    head = b"%s %s HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n" % (method.encode(), target)
    return parse(await send(hub, head + "".join(lines).encode() + b"\r\n" + body))


async def get(hub: Hub, target: bytes, headers: dict[str, str] | None = None) -> Answer:
    """Request a target exactly as it is given."""
    return await request(hub, "GET", target, headers)


def parse(data: bytes) -> Answer:
    """Take the answer on a connection apart."""
    head, _, body = data.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = CIMultiDict(
        (name, value) for name, _, value in (line.partition(": ") for line in lines)
    )
    return Answer(int(status_line.split()[1]), headers, body)
