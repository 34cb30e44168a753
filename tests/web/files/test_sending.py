"""Large files on their way: to clients that leave, and to those that do not read."""

import asyncio
import io
import os
import socket
import struct

import pytest

from pluginhub.web.files import sending
from tests import bundles
from tests.conftest import Hub

LARGE = os.urandom(8 * 1024 * 1024)


async def address(hub: Hub) -> str:
    """Publish a large file, and return its address."""
    await hub.publish(bundles.tar_gz({**bundles.files(), "dist/large.wasm": LARGE}))
    ann = await hub.sign_in(await hub.add_user("ann"))
    await hub.install("Clock", ann)
    entry = (await hub.designer(ann))["Clock"]
    folder = entry["bundlelocation"].rpartition("/")[0]
    return f"/api/v1/public/plugins/{entry['database_id']}/{folder}/large.wasm"


async def ask(hub: Hub, path: str) -> socket.socket:
    """Ask for the file on a connection that takes little at once."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", hub.client.port))
    await loop.sock_sendall(client, f"GET {path} HTTP/1.1\r\nHost: hub\r\n\r\n".encode())
    return client


async def test_clients_that_leave_are_no_error(hub: Hub, logged: io.StringIO) -> None:
    path = await address(hub)
    async with hub.client.get(path) as answer:
        assert await answer.read() == LARGE
    at_once = struct.pack("ii", 1, 0)
    for pause in [0.0] * 20 + [0.001, 0.005, 0.02] * 5:
        client = await ask(hub, path)
        await asyncio.sleep(pause)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        client.close()
    await asyncio.sleep(0.1)
    async with hub.client.get(path) as answer:
        assert await answer.read() == LARGE
    assert "rror" not in logged.getvalue()


async def test_a_client_that_does_not_read_is_cut_off(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await address(hub)
    monkeypatch.setattr(sending, "_PATIENCE", 0.3)
    monkeypatch.setattr(sending, "_SLOWEST", 2**40)
    client, loop = await ask(hub, path), asyncio.get_running_loop()
    await asyncio.sleep(0.6)
    received = 0
    try:
        while piece := await loop.sock_recv(client, 65536):
            received += len(piece)
    except ConnectionResetError:
        pass
    client.close()
    assert received < len(LARGE)
