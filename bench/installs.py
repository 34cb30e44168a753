"""How fast users get plugins: ``python bench/installs.py [--users N]``.

Runs the verbs of the production application on a database and files of its own, without HTTP.
Prints the time of one install with hooks and without, installs per second where many users come
at once, one new release for everybody, and the memory of the server with ten managers active.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench.bundles import ENTRY, bundle
from pluginhub.accounts import users
from pluginhub.accounts.passwords import Passwords
from pluginhub.app import create_app
from pluginhub.config import Config, Storage
from pluginhub.lifecycle.install import install
from pluginhub.lifecycle.publish import publish
from pluginhub.lifecycle.resources import Order, Resources
from pluginhub.lifecycle.uninstall import uninstall
from pluginhub.models import Actor
from pluginhub.web import keys

OPERATOR = Actor(None, "operator", admin=True)
SLUGS = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon")
VERSIONS = ("1.0.0", "2.0.0")
HOOKS = b"""
from pluginhub.hooks import LifecycleHooks

class Hooks(LifecycleHooks):
    def on_install(self, context):
        context.config["greeting"] = "hello " + context.user_name
"""

Row = tuple[str, str]


def plugin(slug: str, version: str, *, hooks: bool) -> bytes:
    """Return a bundle with an entry file, and hooks if wanted."""
    files = {ENTRY: f"var {slug} = '{version}';".encode() * 100}
    if not hooks:
        return bundle(slug, files, version)
    return bundle(slug, {**files, "hooks.py": HOOKS}, version, hooks="hooks.py")


async def offer(resources: Resources, slug: str, version: str, *, hooks: bool) -> None:
    """Publish a plugin."""
    async with resources.storage.staging() as folder:
        file = folder / "bundle"
        file.write_bytes(plugin(slug, version, hooks=hooks))
        await publish(resources.database, resources.storage, file, actor=OPERATOR)


async def timed(calls: Iterable[Callable[[], Awaitable[object]]]) -> list[float]:
    """Run calls one after the other and return the milliseconds of each."""
    taken = []
    for call in calls:
        start = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def percentiles(taken: list[float]) -> str:
    """Return the middle and the slowest hundredth."""
    cuts = statistics.quantiles(taken, n=100)
    return f"p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms"


async def one_after_the_other(resources: Resources, people: list[str], slug: str) -> str:
    """Install and uninstall a plugin for many users, one at a time."""
    orders = [Order(person, OPERATOR) for person in people]
    await install(resources, orders[0], slug)  # starts what has to be started once
    await uninstall(resources, orders[0], slug)
    taken = await timed(partial(install, resources, order, slug) for order in orders)
    for order in orders:
        await uninstall(resources, order, slug)
    return percentiles(taken)


async def all_at_once(
    resources: Resources, people: list[str], wanted: list[tuple[str, str]]
) -> str:
    """Let all users install at the same moment, each their plugins one after the other."""

    async def one(number: int, person: str) -> None:
        for slug, version in wanted:
            choice = version or VERSIONS[number % 2]
            await install(resources, Order(person, OPERATOR), slug, choice)

    start = time.perf_counter()
    await asyncio.gather(*(one(number, person) for number, person in enumerate(people)))
    taken = time.perf_counter() - start
    count = len(people) * len(wanted)
    return f"{count} installs in {taken:.2f} s, {count / taken:.0f}/s"


async def measure(resources: Resources, count: int) -> list[Row]:
    """Return the lines of the table."""
    passwords = Passwords()
    people = [
        (await users.add(resources.database, passwords, f"user{number}", actor=OPERATOR)).id
        for number in range(count)
    ]
    some, rows = people[: min(200, count)], []
    await offer(resources, "Plain", "1.0.0", hooks=False)
    await offer(resources, "Hooked", "1.0.0", hooks=True)
    rows.append(("one install without hooks", await one_after_the_other(resources, some, "Plain")))
    rows.append(("one install with hooks", await one_after_the_other(resources, some, "Hooked")))
    rows.append(
        (
            f"one new release for {count} users at once, without hooks",
            await all_at_once(resources, people, [("Plain", "1.0.0")]),
        )
    )
    rows.append(
        (
            f"one new release for {count} users at once, with hooks",
            await all_at_once(resources, people, [("Hooked", "1.0.0")]),
        )
    )
    before = psutil.Process().memory_info().rss
    for slug in SLUGS:
        for version in VERSIONS:
            await offer(resources, slug, version, hooks=True)
    wanted = [(slug, "") for slug in SLUGS]
    rows.append(
        (
            f"{count} users x 5 plugins in 2 versions, with hooks",
            await all_at_once(resources, people, wanted),
        )
    )
    found = await resources.registry.statistics()
    server = psutil.Process().memory_info().rss
    children = psutil.Process().children(recursive=True)
    workers = sum(child.memory_full_info().pss for child in children)
    rows.append(("managers in memory", f"{len(found.managers)}, loaded {found.loads} times"))
    rows.append(
        (
            "memory of the server",
            f"{server / 1e6:.0f} MB ({(server - before) / 1e6:+.0f} MB since before them)",
        )
    )
    rows.append(("memory of fork server and workers, each page once", f"{workers / 1e6:.0f} MB"))
    return rows


async def run(count: int) -> list[Row]:
    """Measure with the production application on a temporary data directory."""
    with tempfile.TemporaryDirectory(prefix="pluginhub-bench-") as folder:
        storage = Storage(plugins_base_dir=Path(folder) / "data", disk_reserve=0)
        app = create_app(Config(storage=storage))
        app.freeze()
        await app.startup()
        try:
            return await measure(app[keys.RESOURCES], count)
        finally:
            await app.cleanup()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1000)
    count = parser.parse_args().users
    table = Table(title="Installing")
    table.add_column("what")
    table.add_column("measured")
    for row in asyncio.run(run(count)):
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
