"""Starts the processes that run hooks: a fork server, and from it one worker a release."""

import asyncio
import os
from typing import Protocol

from pluginhub.cancellation import finish
from pluginhub.errors import BusyError
from pluginhub.managers.forked import ForkServerProcess
from pluginhub.managers.fresh import FreshProcesses

_START = 30.0  # seconds, on a slow machine with a cold disk


class Worker(Protocol):
    """What runs hooks."""

    @property
    def pid(self) -> int | None:
        """Return the process id, None where there is no process between calls."""

    @property
    def gone(self) -> bool:
        """Return whether it can run nothing any more."""

    async def run(self, descriptors: tuple[int, int, int]) -> int:
        """Run a hook, and end it if this is cancelled.

        Args:
            descriptors: Of request, answer and output.

        Returns:
            The exit code of its process, negative for a signal.

        Raises:
            OSError: The system lacks what a process needs.
        """

    def end(self) -> None:
        """Begin to end it, with the hooks that run."""

    async def ended(self) -> None:
        """Wait until it has ended, not for ever."""

    def abandon(self) -> None:
        """End it from any thread, after the event loop."""


class Launcher:
    """Starts workers.

    Args:
        fork: Fork them from a fork server; else every hook gets a fresh process, as on Windows.
    """

    def __init__(self, *, fork: bool = hasattr(os, "fork")) -> None:
        self._fork = fork
        self._server: ForkServerProcess | None = None
        self._starting = asyncio.Lock()
        self._closed = False

    async def start(self) -> Worker:
        """Start a worker, and the fork server if there is none.

        Raises:
            BusyError: The system lacks processes, memory or descriptors, or all is being closed.
        """
        try:
            async with asyncio.timeout(_START):
                return await self._start()
        except (OSError, TimeoutError) as error:
            raise BusyError(f"no process for hooks could be started: {error!r}") from error

    async def close(self) -> None:
        """End the fork server with all workers; nothing is left."""
        self._closed = True
        async with self._starting:
            if self._server is not None:
                await finish(self._server.close())

    async def _start(self) -> Worker:
        if not self._fork:
            return FreshProcesses()
        async with self._starting:
            if self._closed:
                raise BusyError("the processes for hooks are being ended")
            if self._server is None or self._server.gone:
                self._server = await ForkServerProcess.start()
        return await self._server.worker()
