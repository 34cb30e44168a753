"""What becomes of the slowest requests while the server does something else; and of its memory."""

import asyncio
import random
import statistics
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from bench import wrk
from bench.bundles import ENTRY, bundle
from bench.contests import Servers
from bench.hub import Hub
from bench.wrk import Load

DEMO = Path(__file__).parents[1] / "pluginhub/demo/bundles"
CONNECTIONS, SLOW_CLIENTS = 64, 50
ROUNDS, SECONDS = 3, 4
TIMES_IDLE = 2.0
COLD_LOAD = 0.35  # of the bytes without br
GROWTH = 10e6  # bytes that memory may grow by

Disturbance = Callable[[Hub, Servers], Awaitable[None]]


@dataclass(frozen=True)
class Check:
    """A line of the table."""

    what: str
    measured: str
    limit: str
    fine: bool


async def until_encoded(data: Path, releases: int) -> None:
    """Wait until files of so many releases are compressed as well as they will be."""
    while True:
        levels = [path.read_text() for path in data.glob("encoded/*/level")]
        if levels.count("best") >= releases:
            return
        await asyncio.sleep(1)


async def measure(
    server: Hub, at: Servers, data: Path, requests: int, prefix: Sequence[str]
) -> list[Check]:
    """Measure everything.

    Args:
        server: That is disturbed.
        at: What is loaded of it.
        data: Its data directory.
        requests: For the line on memory.
        prefix: Of the command that loads it.
    """
    load = Load(f"{at.hub}{at.release}/3k.js", {}, CONNECTIONS)
    found = [await memory(server, load, requests, prefix)]
    disturbances = [
        ("a bundle of 100 MB is published", publishing),
        (f"{SLOW_CLIENTS} clients read a byte a second", slow_clients),
    ]
    for what, disturb in disturbances:
        idle, busy = [], []
        for _ in range(ROUNDS):
            idle.append((await wrk.run(load, SECONDS, prefix)).p99)
            async with going_on(disturb(server, at)):
                busy.append((await wrk.run(load, SECONDS, prefix)).p99)
        slow, usual = statistics.median(busy), statistics.median(idle)
        times = slow / usual
        measured = f"p99 {slow:.1f} ms, idle {usual:.1f} ms: {times:.2f}"
        found.append(Check(what, measured, f"{TIMES_IDLE} times idle", times <= TIMES_IDLE))
    found.append(await cold_load(server, data))
    return found


@asynccontextmanager
async def going_on(work: Awaitable[None]) -> AsyncIterator[None]:
    """Let something go on while the block runs; it must not end before."""
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0.5)
    yield
    if task.done():
        task.result()
        raise RuntimeError("nothing went on")
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def publishing(server: Hub, _at: Servers) -> None:
    """Publish a bundle of 100 MB again and again, each time as another version."""
    chance = random.Random(2)
    files = {f"dist/{number}.png": chance.randbytes(9_900_000) for number in range(10)}
    while True:
        version = f"1.0.{random.SystemRandom().randrange(10**9)}"
        await server.publish(bundle("Large", {ENTRY: b"var x;", **files}, version))


async def slow_clients(_server: Hub, at: Servers) -> None:
    """Read a byte a second of a large file, many times at once."""
    parts = urlsplit(at.hub)
    request = f"GET {at.release}/20m.png HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()

    async def read() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1)
        writer.write(request)
        while await reader.read(1):
            await asyncio.sleep(1)
        raise RuntimeError("a slow client was cut off")

    await asyncio.gather(*(read() for _ in range(SLOW_CLIENTS)))


async def memory(server: Hub, load: Load, requests: int, prefix: Sequence[str]) -> Check:
    """Send many requests, and see how the memory of the server changes."""
    rate = (await wrk.run(load, 2, prefix)).rate
    before = psutil.Process(server.pid).memory_info().rss
    await wrk.run(load, requests / rate, prefix)
    growth = psutil.Process(server.pid).memory_info().rss - before
    return Check(
        f"memory after about {requests} requests",
        f"{before / 1e6:.0f} MB, {growth / 1e6:+.1f} MB",
        f"+{GROWTH / 1e6:.0f} MB",
        growth <= GROWTH,
    )


async def cold_load(server: Hub, data: Path) -> Check:
    """Count the bytes of what a browser loads of the demo's plugins, with br and without."""
    bundles = sorted(DEMO.glob("*.tar.gz"))
    for path in bundles:
        await server.publish(path.read_bytes())
    await until_encoded(data, len(bundles))
    user = await server.user("cold", "Dashboard", "Weather_Panel")
    whole = encoded = 0
    for slug, path in (("Dashboard", bundles[1]), ("Weather_Panel", bundles[2])):
        entry = await server.entry(slug, user)
        for name in _loaded(path):
            url = entry.removesuffix(ENTRY) + name
            whole += await _length(server, url, "identity")
            encoded += await _length(server, url, "br")
    share = encoded / whole
    return Check(
        "a cold load of the demo's plugins with br",
        f"{encoded} of {whole} bytes: {share:.2f}",
        f"{COLD_LOAD} of them",
        share <= COLD_LOAD,
    )


def _loaded(bundle: Path) -> Iterator[str]:
    with tarfile.open(bundle) as archive:
        for info in archive:
            name = info.name[info.name.index("dist/") :] if "dist/" in info.name else ""
            if info.isfile() and name and not name.endswith((".map", ".txt")):
                yield name


async def _length(server: Hub, url: str, coding: str) -> int:
    headers = {"Accept-Encoding": coding}
    async with server.session.get(url, headers=headers, auto_decompress=False) as answer:
        if answer.status != 200:
            raise RuntimeError(f"{url}: {answer.status}")
        return len(await answer.read())
