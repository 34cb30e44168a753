"""Connections that would take the place of others are closed; all others stay."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from pluginhub import background
from pluginhub.app import create_app
from pluginhub.cli.server import listening
from pluginhub.web import connections
from pluginhub.web.connections import Connections
from pluginhub.web.proxies import Proxies
from tests.conftest import settings

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n"
LARGE = b"x" * 30_000_000


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_TICK", 0.02)
    monkeypatch.setattr(connections, "_HEAD", 0.3)
    monkeypatch.setattr(connections, "_STALL", 0.3)


async def small(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


async def large(_request: web.Request) -> web.Response:
    return web.Response(body=LARGE)


@asynccontextmanager
async def serving(most: int = 100, proxies: tuple[str, ...] = ()) -> AsyncIterator[int]:
    """Run a small application whose connections are watched, and return its port."""
    app = web.Application()
    app.router.add_get("/healthz", small)
    app.router.add_get("/large", large)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert runner.server is not None
    watched = Connections(runner.server, most, Proxies(proxies))
    try:
        async with background.running("connections", watched.watch):
            yield runner.addresses[0][1]
        assert not watched._from or all(watched._from.values())
    finally:
        await runner.cleanup()


async def ended(stream: Stream) -> bool:
    """Return whether the server has closed a connection, or does so within a second."""
    try:
        async with asyncio.timeout(1):
            return await stream[0].read() == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    finally:
        stream[1].close()


@pytest.mark.parametrize("sent", [b"", b"GET", HEALTH[:-2]])
async def test_who_asks_for_nothing_has_to_leave(sent: bytes) -> None:
    async with serving() as port:
        stream = await asyncio.open_connection("127.0.0.1", port)
        stream[1].write(sent)
        assert await ended(stream)


async def test_who_asked_once_may_stay() -> None:
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(HEALTH)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.4)
        writer.close()


async def test_who_does_not_read_has_to_leave() -> None:
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1000)
        writer.write(b"GET /large HTTP/1.1\r\nHost: hub\r\n\r\n")
        await asyncio.sleep(1)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(len(LARGE))


async def test_who_reads_slowly_gets_everything() -> None:
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /large HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")
        size = 0
        while piece := await reader.read(2_000_000):
            size += len(piece)
            await asyncio.sleep(0.01)
        assert size > len(LARGE)
        writer.close()


@pytest.mark.parametrize(("proxies", "taken"), [((), 10), (("127.0.0.0/8",), 20)])
async def test_one_address_leaves_room_unless_it_speaks_for_many(
    proxies: tuple[str, ...], taken: int
) -> None:
    async with serving(20, proxies) as port:
        streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(25)]
        for _, writer in streams:
            writer.write(HEALTH)
        answered = [await answer(stream) for stream in streams]
        assert answered == [True] * taken + [False] * (25 - taken)
        for _, writer in streams:
            writer.close()


async def answer(stream: Stream) -> bool:
    try:
        async with asyncio.timeout(1):
            return (await stream[0].readuntil(b"ok")).startswith(b"HTTP/1.1 200")
    except (ConnectionError, asyncio.IncompleteReadError):
        return False


async def test_a_place_that_was_left_is_free_again() -> None:
    async with serving(20) as port, ClientSession() as session:
        for _ in range(30):
            headers = {"Connection": "close"}
            async with session.get(f"http://127.0.0.1:{port}/healthz", headers=headers) as found:
                assert found.status == 200


async def test_the_program_watches_its_connections(tmp_path: Path) -> None:
    async with listening(create_app(settings(tmp_path / "data")), "127.0.0.1", 0) as url:
        port = int(url.rpartition(":")[2])
        assert await ended(await asyncio.open_connection("127.0.0.1", port))
