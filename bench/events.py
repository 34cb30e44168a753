"""What listeners to events cost: ``python bench/events.py [--listeners 500]``.

Runs pluginhub on one core, and measures its memory without and with listeners, and how many files
it serves in a second of its processor: in turn without and with listeners, while nothing happens
and while something happens every second that all of them hear. Exits with 1 if anything misses
its target.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from rich.console import Console
from rich.table import Table

from bench import hub, wrk
from bench.bundles import ENTRY, bundle
from bench.disturbed import going_on
from bench.hub import Hub
from bench.serving import CLIENTS, SERVERS
from bench.wrk import Load

OF_ONE_USER = 20
MEMORY = 30e6  # bytes that all listeners may take
SLOWER = 0.05  # of the rate that they may take
YANK = "/api/plugins/Clock/releases/1.0.0/yank"


@asynccontextmanager
async def listening(
    server: Hub, users: list[dict[str, str]], number: int
) -> AsyncIterator[list[int]]:
    """Let so many listen during the block, and count the events that all of them hear."""
    parts = urlsplit(server.url)
    heard = [0]

    async def listen(authorization: str, joined: asyncio.Event) -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        head = f"GET /api/v1/events HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        writer.write(f"{head}Authorization: {authorization}\r\n\r\n".encode())
        try:
            if b" 200 " not in await reader.readline():
                raise RuntimeError("a listener was refused")
            await reader.readuntil(b"retry: ")
            joined.set()
            while line := await reader.readline():
                heard[0] += line.startswith(b"event: ")
            raise RuntimeError("a stream ended")
        finally:
            writer.close()

    async with AsyncExitStack() as stack:
        for index in range(number):
            joined = asyncio.Event()
            authorization = users[index // OF_ONE_USER]["Authorization"]
            await stack.enter_async_context(going_on(listen(authorization, joined), 0))
            await joined.wait()
        yield heard


async def happening(server: Hub) -> None:
    """Let something happen every second that everybody hears."""
    while True:
        for method in ("PUT", "DELETE"):
            await server.send(method, YANK, 200, json={})
            await asyncio.sleep(1)


async def rate(server: Hub, load: Load, seconds: float) -> float:
    """Return how many files are served in a second of the processor, whoever else uses it."""
    process = psutil.Process(server.pid)
    before = process.cpu_times()
    measured = await wrk.run(load, seconds, CLIENTS)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    return measured.rate * seconds / used


def memory(server: Hub) -> int:
    """Return the bytes of memory that the server has."""
    return psutil.Process(server.pid).memory_info().rss


async def compare(
    server: Hub, load: Load, seconds: float, rates: dict[str, list[float]], who: str
) -> None:
    """Measure while nothing happens and while something does, and add it to the rates."""
    rates.setdefault(f"quiet, {who}", []).append(await rate(server, load, seconds))
    async with going_on(happening(server)):
        rates.setdefault(f"events, {who}", []).append(await rate(server, load, seconds))


async def measure(listeners: int, rounds: int, seconds: float) -> bool:
    """Measure and print everything, and return whether the targets are reached."""
    rates: dict[str, list[float]] = {}
    heard = 0
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pluginhub-bench-")))
        server = await stack.enter_async_context(hub.running(folder, SERVERS))
        await server.publish(bundle("Clock", {ENTRY: b"var x;" * 500}))
        count = -(-listeners // OF_ONE_USER)
        users = [await server.user(f"user{number}", "Clock") for number in range(count)]
        load = Load(server.url + await server.entry("Clock", users[0]), {})
        await wrk.run(load, 2, CLIENTS)
        async with listening(server, users, 1):  # so that all code is loaded
            await server.send("PUT", YANK, 200, json={})
            await server.send("DELETE", YANK, 200)
        before = memory(server)
        async with listening(server, users, listeners):
            grown = memory(server) - before
        for number in range(rounds):
            print(f"round {number + 1}", file=sys.stderr)
            await compare(server, load, seconds, rates, "none")
            async with listening(server, users, listeners) as counted:
                await compare(server, load, seconds, rates, "all")
                grown = max(grown, memory(server) - before)
                heard += counted[0]
    return show(listeners, grown, rates, heard)


def show(listeners: int, grown: float, rates: dict[str, list[float]], heard: int) -> bool:
    """Print the table, and return whether the targets are reached."""
    table = Table(title=f"{listeners} listeners, who heard {heard} events")
    for column in ("what", "without", "with", "measured", "at most", "reached"):
        table.add_column(column)
    fine = grown <= MEMORY
    taken = f"{grown / 1e6:.1f} MB, {grown / listeners / 1e3:.0f} kB each"
    table.add_row("memory", "", "", taken, f"{MEMORY / 1e6:.0f} MB", "yes" if fine else "NO")
    for what in ("quiet", "events"):
        without, with_all = rates[f"{what}, none"], rates[f"{what}, all"]
        ratio = statistics.median(a / b for a, b in zip(with_all, without, strict=True))
        reached = ratio >= 1 - SLOWER
        fine = fine and reached
        medians = [f"{statistics.median(found):.0f}" for found in (without, with_all)]
        told = (f"{1 - ratio:+.1%}", f"{SLOWER:.0%} slower", "yes" if reached else "NO")
        table.add_row(f"files, {what}", *medians, *told)
    Console().print(table)
    return fine and heard > 0


def main() -> None:
    """Measure, print, and say by the exit code whether the targets are reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement")
    given = parser.parse_args()
    fine = asyncio.run(measure(given.listeners, given.rounds, given.seconds))
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
