"""How costs grow with users: ``python bench/scale.py [--users 100 10000 100000]``.

Fills a data directory for each number of users, who have 20 plugins each, and starts a server on
each, all on one core. Prints bytes, start-up, memory, a sweep, and how fast users who come for the
first time and those who come again are served. Exits with 1 if the largest misses its targets.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench import cold_load, hub, population, wrk
from bench.hub import MANIFEST, Hub
from bench.serving import CLIENTS, PLAIN, SERVERS
from bench.wrk import Load

SAMPLE = 100  # users who are looked at
ROUNDS, SECONDS = 6, 2
RELEASES = population.PLUGINS * len(population.VERSIONS)
START, MEMORY, RATE = 2.0, 120e6, 0.9  # seconds, bytes, of the rate with the fewest users


@dataclass
class Size:
    """What was measured with so many users; times in seconds, memory in bytes."""

    users: int
    database: int
    start: float = 0.0
    memory: int = 0
    sweep: float = 0.0
    first_manifests: list[float] = field(default_factory=list)
    first_files: list[float] = field(default_factory=list)
    manifest_rates: list[float] = field(default_factory=list)
    file_rates: list[float] = field(default_factory=list)

    def column(self, least: "Size") -> list[str]:
        """Return the column of the table."""
        count = self.users * population.PLUGINS
        return [
            f"{count}",
            f"{self.database / count:.0f}",
            f"{self.start:.2f} s",
            f"{self.memory / 1e6:.0f} MB",
            f"{self.sweep:.2f} s",
            _spread(self.first_manifests),
            _spread(self.first_files),
            _rate(self.manifest_rates, least.manifest_rates),
            _rate(self.file_rates, least.file_rates),
        ]

    def is_fine(self, least: "Size") -> bool:
        """Return whether it reaches its targets."""
        ratios = [
            _ratio(self.manifest_rates, least.manifest_rates),
            _ratio(self.file_rates, least.file_rates),
        ]
        return self.start < START and self.memory < MEMORY and min(ratios) >= RATE


ROWS = [
    "installations",
    "bytes of the database for each",
    "start-up",
    "memory then",
    "a sweep",
    "first E1 of a user",
    "first file of a user",
    "E1 again, a second",
    "file again, a second",
]


def _spread(taken: list[float]) -> str:
    cuts = statistics.quantiles(taken, n=100)
    return f"p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms"


def _ratio(rates: list[float], others: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(rates, others, strict=True))


def _rate(rates: list[float], others: list[float]) -> str:
    return f"{statistics.median(rates):.0f} ({_ratio(rates, others):.2f})"


async def fill(folder: Path, users: int) -> Size:
    """Make a data directory if it is not there, and return how large its database is."""
    begin = time.monotonic()
    if not folder.exists():
        folder.mkdir()
        await population.make(folder / "data", users)
    size = (folder / "data/pluginhub.db").stat().st_size
    print(f"{users} users in {time.monotonic() - begin:.0f} s", file=sys.stderr)
    return Size(users, size)


async def look(server: Hub, size: Size) -> tuple[Load, Load]:
    """Let users come for the first time, and return how one of them comes again."""
    chance = random.Random(3)
    loads: tuple[Load, Load] | None = None
    for number in chance.sample(range(size.users), SAMPLE):
        login = {"email": f"user{number}", "password": population.PASSWORD}
        pair = await server.send("POST", "/api/v1/auth/login", 200, json=login)
        user = {"Authorization": f"Bearer {pair['access_token']}"}
        begin = time.perf_counter()
        found = await server.send("GET", MANIFEST, 200, headers={**user, **PLAIN})
        size.first_manifests.append(time.perf_counter() - begin)
        entry = found["Plugin0"]
        path = f"/api/v1/public/plugins/{entry['database_id']}/{entry['bundlelocation']}"
        begin = time.perf_counter()
        async with server.session.get(path, headers=PLAIN) as answer:
            await answer.read()
        size.first_files.append(time.perf_counter() - begin)
        loads = Load(server.url + MANIFEST, user), Load(server.url + path, {})
    if loads is None:
        raise RuntimeError("there are no users")
    return loads


async def measure(folder: Path, counts: list[int]) -> list[Size]:
    """Measure all sizes; the fast paths in turn, so that the machine treats them alike."""
    sizes, loads = [], []
    async with AsyncExitStack() as stack:
        for count in counts:
            place = folder / str(count)
            size = await fill(place, count)
            begin = time.monotonic()
            server = await stack.enter_async_context(hub.running(place, SERVERS))
            size.start = time.monotonic() - begin
            size.memory = psutil.Process(server.pid).memory_info().rss
            loads.append(await look(server, size))
            begin = time.monotonic()
            await server.send("POST", "/api/plugins/system/cleanup", 200)
            size.sweep = time.monotonic() - begin
            sizes.append(size)
        for count in counts:
            await cold_load.until_encoded(folder / str(count) / "data", RELEASES)
        order = list(zip(sizes, loads, strict=True))
        for _ in range(ROUNDS):
            order.append(order.pop(0))  # nobody comes first always
            for size, (manifest, file) in order:
                size.manifest_rates.append((await wrk.run(manifest, SECONDS, CLIENTS)).rate)
                size.file_rates.append((await wrk.run(file, SECONDS, CLIENTS)).rate)
    return sizes


def main() -> None:
    """Measure, print, and say by the exit code whether the targets are reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[100, 10_000, 100_000])
    parser.add_argument("--keep", type=Path, help="where data directories are made, and used again")
    given = parser.parse_args()
    counts = sorted(given.users)
    with tempfile.TemporaryDirectory(prefix="pluginhub-bench-") as folder:
        sizes = asyncio.run(measure(given.keep or Path(folder), counts))
    table = Table(title=f"{population.PLUGINS} plugins for each user")
    table.add_column("")
    for size in sizes:
        table.add_column(f"{size.users} users")
    for row in zip(ROWS, *(size.column(sizes[0]) for size in sizes), strict=True):
        table.add_row(*row)
    table.caption = (
        f"At most {START} s and {MEMORY / 1e6:.0f} MB at the start; in parentheses, how many times"
        f" as fast as with {counts[0]} users: at least {RATE}"
    )
    Console().print(table)
    sys.exit(0 if sizes[-1].is_fine(sizes[0]) else 1)


if __name__ == "__main__":
    main()
