"""Plugins that tests write, and short ways to run their hooks."""

import asyncio
import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent, indent
from typing import Any, Literal

import psutil

from pluginhub.managers.manager import HookCode
from pluginhub.managers.registry import Registry

MEMORY = 256 * 1024 * 1024
ANN = "a" * 32
BEN = "b" * 32
CLEO = "c" * 32


@dataclass
class Workshop:
    """A registry, and a place for releases and scratch directories."""

    root: Path
    registry: Registry
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def write(
        self,
        source: str,
        version: str = "1.0.0",
        *,
        slug: str = "",
        contract: Literal["pluginhub", "braindrive"] | None = "pluginhub",
        **files: str,
    ) -> HookCode:
        """Write a release.

        Args:
            source: The whole of ``hooks.py``.
            version: Of the release.
            slug: Of the plugin; a new one if empty.
            contract: What the source follows.
            **files: Contents by the names of other modules.
        """
        slug = slug or f"Plugin{next(self._numbers)}"
        path = self.root / slug / f"v{version}"
        path.mkdir(parents=True)
        for name, text in {"hooks": source, **files}.items():
            (path / f"{name}.py").write_text(dedent(text))
        return HookCode(slug, version, path, "hooks.py", contract)

    def on_install(self, body: str, version: str = "1.0.0", **options: Any) -> HookCode:
        """Write a release whose ``on_install(self, context)`` has this body."""
        return self.write(installing(body), version, **options)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Make a scratch directory, and remove it after use."""
        path = self.root / f"scratch{next(self._numbers)}"
        path.mkdir(parents=True)
        try:
            yield path
        finally:
            shutil.rmtree(path)

    async def call(
        self,
        code: HookCode,
        hook: str = "install",
        *,
        user_id: str = ANN,
        scratch: Path | None = None,
        **data: Any,
    ) -> dict[str, Any]:
        """Run a hook with the data that it gets at least, and with ``data``."""
        whole = {"user_id": user_id, "user_name": "ann", "config": {}, **data}
        with self.scratch() as own:
            async with self.registry.lease(code) as manager:
                return await manager.call(hook, whole, user_id=user_id, scratch=scratch or own)

    @property
    def fork_server(self) -> int:
        """Return the process id of the fork server."""
        server = self.registry._launcher._server
        assert server is not None
        return server._process.pid

    async def strays(self) -> list[str]:
        """Return the processes that are neither fork server nor worker, after a moment."""
        found: list[psutil.Process] = []
        for _ in range(50):
            statistics = await self.registry.statistics()
            workers = {manager.pid for manager in statistics.managers}
            family = psutil.Process(self.fork_server).children(recursive=True)
            found = [process for process in family if process.pid not in workers]
            if not found:
                return []
            await asyncio.sleep(0.02)
        return [str(process) for process in found]


def installing(body: str) -> str:
    """Return a module whose ``on_install(self, context)`` has this body."""
    head = """\
import asyncio, ctypes, json, os, signal, subprocess, sys, threading, time
from pathlib import Path
from pluginhub.hooks import HookContext, HookRefusedError, LifecycleHooks, Status

class Hooks(LifecycleHooks):
    async def on_install(self, context: HookContext) -> None:
"""
    return head + indent(dedent(body).strip(), " " * 8) + "\n"


def alive(pid: int) -> bool:
    """Return whether a process runs."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def until(condition: Callable[[], object]) -> bool:
    """Wait a moment for a condition, and return whether it came."""
    for _ in range(250):
        if condition():
            return True
        await asyncio.sleep(0.02)
    return False


async def gone(pid: int) -> bool:
    """Wait a moment for the end of a process, and return whether it came."""
    return await until(lambda: not alive(pid))


def open_files() -> int:
    """Return how many files this process has open."""
    return psutil.Process().num_fds()
