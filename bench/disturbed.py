"""What becomes of the slowest requests while the server does something else; and of its memory."""

import asyncio
import itertools
import random
import statistics
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from bench import cold_load, wrk
from bench.bundles import ENTRY, bundle
from bench.contests import Servers
from bench.hub import Hub
from bench.wrk import Load

CONNECTIONS, SLOW_CLIENTS, SWEPT = 64, 50, 1000
ROUNDS, SECONDS = 3, 4
TIMES_IDLE = 2.0
COLD_LOAD = 0.35  # of the bytes without br
GROWTH = 10e6  # bytes that memory may grow by

Work = Callable[[], Coroutine[None, None, None]]


@dataclass(frozen=True)
class Check:
    """A line of the table."""

    what: str
    measured: str
    limit: str
    fine: bool


async def measure(
    server: Hub, at: Servers, folder: Path, requests: int, prefix: Sequence[str]
) -> list[Check]:
    """Measure everything.

    Args:
        server: That is disturbed.
        at: What is loaded of it.
        folder: For what else is run.
        requests: For the line on memory.
        prefix: Of the command that loads it.
    """
    load = Load(f"{at.hub}{at.release}/3k.js", {}, CONNECTIONS)
    found = [await memory(server, load, requests, prefix)]
    disturbances = [
        ("a bundle of 100 MB is published", publishing),
        (f"{SLOW_CLIENTS} clients read a byte a second", slow_clients),
        (f"a sweep deletes {SWEPT} releases", sweeping),
    ]
    for what, disturb in disturbances:
        prepared = await disturb(server, at)
        idle = [(await wrk.run(load, SECONDS, prefix)).p99 for _ in range(ROUNDS)]
        async with going_on(prepared()) as task:
            busy: list[float] = []
            while len(busy) < ROUNDS and not task.done():
                busy.append((await wrk.run(load, SECONDS, prefix)).p99)
        slow, usual = statistics.median(busy), statistics.median(idle)
        times = slow / usual
        measured = f"p99 {slow:.1f} ms, idle {usual:.1f} ms: {times:.2f}"
        found.append(Check(what, measured, f"{TIMES_IDLE} times idle", times <= TIMES_IDLE))
    return [*found, *await compressed(folder)]


@asynccontextmanager
async def going_on(
    work: Coroutine[None, None, None], ahead: float = 0.5
) -> AsyncIterator[asyncio.Task[None]]:
    """Let something go on while the block runs, which it begins some seconds before."""
    task = asyncio.create_task(work)
    await asyncio.sleep(ahead)
    yield task
    if task.done():
        task.result()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def publishing(server: Hub, _at: Servers) -> Work:
    """Publish a bundle of 100 MB again and again, each time as another version."""
    chance = random.Random(2)
    files = {f"dist/{number}.png": chance.randbytes(9_900_000) for number in range(10)}

    async def work() -> None:
        for number in itertools.count():
            version = f"1.0.{number}"
            await server.publish(bundle("Large", {ENTRY: b"var x;", **files}, version))

    return work


async def slow_clients(_server: Hub, at: Servers) -> Work:
    """Read a byte a second of a large file, many times at once."""
    parts = urlsplit(at.hub)
    request = f"GET {at.release}/20m.png HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()

    async def read() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=1)
        writer.write(request)
        while await reader.read(1):
            await asyncio.sleep(1)
        raise RuntimeError("a slow client was cut off")

    async def work() -> None:
        await asyncio.gather(*(read() for _ in range(SLOW_CLIENTS)))

    return work


async def sweeping(server: Hub, _at: Servers) -> Work:
    """Delete releases that nobody has, in one sweep."""
    for number in range(SWEPT + 1):  # the newest stays
        await server.publish(bundle("Swept", {ENTRY: b"var x;" * 100}, f"1.0.{number}"))

    async def work() -> None:
        report = await server.send("POST", "/api/plugins/system/cleanup", 200)
        if len(report["releases"]) < SWEPT:
            raise RuntimeError(f"the sweep deleted {len(report['releases'])} releases only")

    return work


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


async def compressed(folder: Path) -> list[Check]:
    """Count the bytes that a browser loads of the demo when it comes for the first time."""
    whole, encoded = await cold_load.count(folder)
    found = []
    for what, limit in (("the demo's page and plugins", True), ("its plugins alone", False)):
        names = [name for name in whole if limit or "/plugins/" in name]
        sizes = [sum(each[name] for name in names) for each in (encoded, whole)]
        share = sizes[0] / sizes[1]
        measured = f"{sizes[0]} of {sizes[1]} bytes: {share:.2f}"
        fine = share <= COLD_LOAD or not limit
        told = f"{COLD_LOAD} of them" if limit else ""
        found.append(Check(f"a cold load of {what} with br", measured, told, fine))
    return found
