"""Measures hooks: `python bench/managers.py`.

The peer is a fresh Python process for every hook, which is what remains where there is no fork.
"""

import argparse
import asyncio
import gc
import itertools
import statistics
import tempfile
import time
import weakref
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from pluginhub.managers.manager import HookCode, LifecycleManager
from pluginhub.managers.registry import Registry

USER = "a" * 32
HOOKS = """
from pluginhub.hooks import LifecycleHooks

class Hooks(LifecycleHooks):
    async def on_install(self, context):
        context.config["installed"] = True
"""


def release(root: Path, slug: str) -> HookCode:
    """Write a release with one trivial hook."""
    path = root / slug
    path.mkdir(exist_ok=True)
    (path / "hooks.py").write_text(HOOKS)
    return HookCode(slug, "1.0.0", path, "hooks.py", "pluginhub")


def registry(*, fork: bool = True) -> Registry:
    """Return a registry with the settings of a server."""
    return Registry(hook_timeout=10, hook_memory=512 * 1024 * 1024, manager_timeout=1800, fork=fork)


async def install(hub: Registry, code: HookCode) -> None:
    """Run the hook once, with a scratch directory of its own."""
    scratch = await asyncio.to_thread(tempfile.TemporaryDirectory)
    data = {"user_id": USER, "user_name": "ann", "config": {}}
    async with hub.lease(code) as manager:
        await manager.call("install", data, user_id=USER, scratch=Path(scratch.name))
    await asyncio.to_thread(scratch.cleanup)


async def seconds(work: Awaitable[object]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def measure(hub: Registry, codes: list[HookCode], count: int) -> tuple[list[float], float]:
    """Run hooks of several releases side by side.

    Returns:
        The seconds of each call, and of all together.
    """

    async def one_after_another(code: HookCode) -> list[float]:
        return [await seconds(install(hub, code)) for _ in range(count // len(codes))]

    began = time.perf_counter()
    times = await asyncio.gather(*(one_after_another(code) for code in codes))
    return sorted(itertools.chain(*times)), time.perf_counter() - began


def show(name: str, times: list[float], whole: float) -> None:
    """Print the middle, the slowest percent and the rate."""
    middle, slow = statistics.median(times), times[int(len(times) * 0.99)]
    print(
        f"{name:36} p50 {middle * 1000:7.1f} ms   p99 {slow * 1000:7.1f} ms"
        f"   {len(times) / whole:6.1f} calls/s"
    )


async def calls(root: Path, count: int) -> None:
    """Compare forked hooks with fresh processes."""
    codes = [release(root, f"Plugin{number}") for number in range(8)]
    middles = []
    for fork in (True, False):
        hub = registry(fork=fork)
        name = "forked" if fork else "fresh process"
        if fork:
            print(f"{'start: fork server and worker':36} {await lease(hub, codes[0]):.1f} ms")
            rest = [await lease(hub, code) for code in codes[1:]]
            print(f"{'start: worker':36} {statistics.median(rest):.1f} ms")
        await install(hub, codes[0])
        times, whole = await measure(hub, codes[:1], count)
        show(f"{name}, one at a time", times, whole)
        middles.append(statistics.median(times))
        show(f"{name}, 8 at a time", *await measure(hub, codes, count))
        await hub.close()
    print(f"{'fresh process / forked':36} {middles[1] / middles[0]:.1f}")


async def lease(hub: Registry, code: HookCode) -> float:
    """Return the milliseconds of a lease."""

    async def begin() -> None:
        async with hub.lease(code):
            pass

    return await seconds(begin()) * 1000


async def memory(root: Path) -> None:
    """Print what ten active managers take."""
    hub, own = registry(), psutil.Process()
    before = own.memory_info().rss
    for number in range(10):
        await install(hub, release(root, f"Plugin{number}"))
    found = (await hub.statistics()).managers
    [server] = own.children()
    megabytes = 1024 * 1024
    unique = sum(psutil.Process(manager.pid).memory_full_info().uss for manager in found)
    print(
        f"{'10 active managers':36} server +{(own.memory_info().rss - before) / megabytes:.1f} MB,"
        f" fork server {server.memory_info().rss / megabytes:.1f} MB,"
        f" workers {unique / megabytes:.1f} MB of their own"
    )
    await hub.close()


async def cycles(root: Path, count: int) -> None:
    """Load and evict, and print what is left."""
    hub, own, code = registry(), psutil.Process(), release(root, "Plugin0")
    references: list[weakref.ref[LifecycleManager]] = []

    async def cycle() -> None:
        async with hub.lease(code) as manager:
            references.append(weakref.ref(manager))
        hub.evict(code.slug, code.version)

    for _ in range(100):
        await cycle()
    gc.collect()
    before, files = own.memory_info().rss, own.num_fds()
    took = sum([await seconds(cycle()) for _ in range(count)])
    await asyncio.sleep(0.5)
    gc.collect()
    grown = (own.memory_info().rss - before) / 1024 / 1024
    [server] = own.children()
    alive = sum(reference() is not None for reference in references)
    print(
        f"{f'{count} loads and evictions':36} {took / count * 1000:.1f} ms each,"
        f" {grown:+.2f} MB, {own.num_fds() - files:+} files,"
        f" {len(server.children())} workers left, {alive} managers alive"
    )
    await hub.close()
    print(f"{'after closing':36} {len(own.children(recursive=True))} processes")


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--cycles", type=int, default=2000)
    options = parser.parse_args()
    parts: list[Callable[[Path], Awaitable[None]]] = [
        lambda root: calls(root, options.calls),
        memory,
        lambda root: cycles(root, options.cycles),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for part in parts:
            asyncio.run(part(Path(folder)))  # type: ignore[arg-type] # all are coroutines


if __name__ == "__main__":
    main()
