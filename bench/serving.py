"""How fast files are served, side by side: ``python bench/serving.py [--only TEXT]``.

Runs pluginhub and its peers on this machine, all on one core, and loads them in turn from another
one, in several rounds; prints the median of what each did in a second, and of the ratios within
a round. Then it looks at the slowest hundredth of requests while something else goes on, and at
memory. Exits with 1 if anything misses its target.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench import cold_load, disturbed, heads, hub, peers, wrk
from bench.bundles import ENTRY, bundle
from bench.contests import HUB, SIZES, TOKEN, Contest, Servers, contests
from bench.disturbed import Check
from bench.hub import MANIFEST, Hub, fetch

SETTINGS = {"CLEANUP_VERSION_RETENTION_DAYS": "0", "CLEANUP_INTERVAL": "86400"}
PLAIN = {"Accept-Encoding": "identity"}
PLUGINS, MODULES = 20, 5  # in the manifest that is loaded
TOGETHER = len(psutil.Process().cpu_affinity() or []) > 1 if sys.platform == "linux" else False
SERVERS = ("taskset", "-c", "0") if TOGETHER else ()
CLIENTS = ("taskset", "-c", "1") if TOGETHER else ()

Rates = dict[str, list[float]]  # of each contestant, in each round


def contents() -> dict[str, bytes]:
    """Return what is served: scripts that compress as scripts do, and a picture that does not."""
    chance = random.Random(1)
    words = [f"function{number}(){{}}" for number in range(400)]
    found = {}
    for name, size in SIZES.items():
        if name.endswith(".js"):
            text = " ".join(chance.choices(words, k=size // 8)).encode()
        else:
            text = chance.randbytes(size)
        found[name] = text[:size]
    return found


async def fill(server: Hub, served: dict[str, bytes]) -> dict[str, str]:
    """Publish everything, and return the header of the user who has it."""
    slugs = [f"Plugin{number}" for number in range(PLUGINS)]
    for slug in slugs[1:]:
        await server.publish(bundle(slug, {ENTRY: b"var x;"}, modules=MODULES))
    files = {f"dist/{name}": content for name, content in served.items()}
    await server.publish(bundle(slugs[0], {ENTRY: b"var x;", **files}, modules=MODULES))
    return await server.user("ann", *slugs)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[Hub, Servers]]:
    """Run all servers, which serve the same bytes."""
    scratch, root = folder / "scratch", folder / "files"
    scratch.mkdir()
    root.mkdir()
    served = contents()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(hub.running(folder, SERVERS, **SETTINGS))
        user = await fill(server, served)
        await cold_load.until_encoded(folder / "data", PLUGINS)
        release = (await server.entry("Plugin0", user)).rpartition("/")[0]
        plugin = release[: release.index("/t/")] + "/dist"
        encoded, _ = await fetch(server.session, f"{release}/20k.js", {"Accept-Encoding": "br"})
        manifest, manifest_etag = await fetch(server.session, MANIFEST, {**user, **PLAIN})
        more = {"20k.br.js": encoded, "manifest.json": manifest}
        for name, content in {**served, **more}.items():
            (root / name).write_bytes(content)
        nginx = await stack.enter_async_context(peers.nginx(root, scratch, SERVERS))
        at = Servers(
            hub=server.url,
            release=release,
            plugin=plugin,
            token=user,
            manifest=MANIFEST,
            manifest_etag=manifest_etag,
            etag=(await fetch(server.session, f"{release}/3k.js", PLAIN))[1],
            aiohttp=await stack.enter_async_context(peers.peer("aiohttp", root, SERVERS)),
            starlette=await stack.enter_async_context(peers.peer("starlette", root, SERVERS)),
            nginx=nginx,
            nginx_etag=(await fetch(server.session, f"{nginx}/3k.js", PLAIN))[1],
        )
        for name, content in served.items():
            for url in (f"{release}/{name}", f"{at.aiohttp}/{name}", f"{at.starlette}/{name}"):
                if (await fetch(server.session, url, PLAIN))[0] != content:
                    raise RuntimeError(f"{url} serves something else")
        yield server, at


async def round_of(contest: Contest, seconds: float, rates: Rates) -> None:
    """Let everybody do the same work, one after the other."""
    for name, load in contest.loads.items():
        if contest.heads:
            rate = await heads.run(load.url, seconds, CLIENTS)
        else:
            rate = (await wrk.run(load, seconds, CLIENTS)).rate
        rates.setdefault(name, []).append(rate)


def ratio(rates: Rates, us: str, peer: str) -> float:
    """Return how many times as fast one was as the other, in the middle of the rounds."""
    return statistics.median(a / b for a, b in zip(rates[us], rates[peer], strict=True))


def show(contest: Contest, rates: Rates, table: Table) -> bool:
    """Add the lines of a contest, and return whether it reached its targets."""
    fine = True
    for name in contest.loads:
        row = [contest.name, name, f"{statistics.median(rates[name]):.0f}"]
        if name in {HUB, TOKEN}:
            table.add_row(*row, "", "", end_section=False)
            continue
        for us in (HUB, TOKEN):
            if us not in contest.loads:
                continue
            found, least = ratio(rates, us, name), contest.targets.get((us, name))
            told = "" if least is None else f"{least} " + ("yes" if found >= least else "NO")
            fine = fine and (least is None or found >= least)
            table.add_row(*row, f"{found:.2f}" + (" (Bearer)" if us == TOKEN else ""), told)
    table.add_section()
    return fine


async def race(at: Servers, only: str, rounds: int, seconds: float) -> tuple[Table, bool]:
    """Run all contests that have a text in their name."""
    table = Table(title=f"Requests a second, medians of {rounds} rounds")
    for column in ("work", "server", "a second", "pluginhub against it", "at least"):
        table.add_column(column)
    wanted = [contest for contest in contests(at) if only in contest.name]
    rates: dict[str, Rates] = {contest.name: {} for contest in wanted}
    for contest in wanted:
        await round_of(contest, 1, {})  # warm
    for number in range(rounds):
        for contest in wanted:
            print(f"round {number + 1}: {contest.name}", file=sys.stderr)
            await round_of(contest, seconds, rates[contest.name])
    reached = [show(contest, rates[contest.name], table) for contest in wanted]
    return table, all(reached)


async def measure(only: str, rounds: int, seconds: float, requests: int) -> bool:
    """Measure and print everything, and return whether all targets are reached."""
    with tempfile.TemporaryDirectory(prefix="pluginhub-bench-") as folder:
        async with running(Path(folder)) as (server, at):
            table, fine = await race(at, only, rounds, seconds)
            Console().print(table)
            if only:
                return fine
            checks: list[Check] = await disturbed.measure(
                server, at, Path(folder), requests, CLIENTS
            )
    others = Table(title="While something else goes on, and afterwards")
    for column in ("what", "measured", "at most", "reached"):
        others.add_column(column)
    for check in checks:
        others.add_row(check.what, check.measured, check.limit, "yes" if check.fine else "NO")
    Console().print(others)
    return fine and all(check.fine for check in checks)


def main() -> None:
    """Measure, print, and say by the exit code whether all targets are reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each server in each round")
    parser.add_argument("--requests", type=int, default=1_000_000, help="for the row on memory")
    parser.add_argument("--only", default="", help="contests with this in their name")
    given = parser.parse_args()
    found = asyncio.run(measure(given.only, given.rounds, given.seconds, given.requests))
    sys.exit(0 if found else 1)


if __name__ == "__main__":
    main()
