"""Runs every hook in a fresh process, where the system cannot fork."""

import asyncio
import contextlib
import os
import signal

import psutil

from pluginhub.cancellation import finish, finish_in_thread
from pluginhub.managers.interpreter import command, environment

_END = 5.0  # seconds


class FreshProcesses:
    """Has no process between calls."""

    def __init__(self) -> None:
        self._processes: set[asyncio.subprocess.Process] = set()
        self._ending: list[asyncio.Future[int] | asyncio.Future[None]] = []
        self.pid: int | None = None
        self.gone = False

    async def run(self, descriptors: tuple[int, int, int]) -> int:
        """Run a hook; see ``launcher.Worker``."""
        request, answer, output = descriptors
        process = await asyncio.create_subprocess_exec(
            *command("pluginhub.managers.job"),
            stdin=request,
            stdout=answer,
            stderr=output,
            env=environment(),
            start_new_session=True,
        )
        self._processes.add(process)
        try:
            return await process.wait()
        except asyncio.CancelledError:
            await finish_in_thread(_kill, process.pid)
            await finish(process.wait())
            raise
        finally:
            self._processes.discard(process)
            _kill_group(process.pid)

    def end(self) -> None:
        """Begin to kill the hooks that run."""
        self.gone = True
        killing = [asyncio.to_thread(_kill, process.pid) for process in self._processes]
        self._ending = [
            *(asyncio.ensure_future(kill) for kill in killing),
            *(asyncio.ensure_future(process.wait()) for process in self._processes),
        ]

    async def ended(self) -> None:
        """Wait until they have ended."""
        if self._ending:
            await asyncio.wait(self._ending, timeout=_END)

    def abandon(self) -> None:
        """Kill the hooks that run from any thread, after the event loop."""
        for process in self._processes:
            _kill(process.pid)


def _kill(pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()


def _kill_group(leader: int) -> None:
    """Kill what a hook left behind; on Windows that is not known."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)
