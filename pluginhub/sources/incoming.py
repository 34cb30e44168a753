"""The incoming folder: who copies a bundle into it has it published.

Nothing says when a copy is finished. So a file is taken when its size and its time rest; who
wants to be sure copies it under another name, with a dot before it, and renames it then.
"""

import asyncio
import os
import stat
from collections.abc import AsyncGenerator
from pathlib import Path

from watchfiles import awatch

from pluginhub.cancellation import finish_in_thread

_PARTIAL = (".part", ".partial", ".tmp", ".filepart", ".crdownload", ".swp", "~")
_STEP = 200  # milliseconds between looks at what the operating system reported
_DEBOUNCE = 1000  # milliseconds that reports are collected for

_Sign = tuple[int, int, int]  # what changes when somebody writes: file number, size, time


class Incoming:
    """The folder.

    Args:
        folder: Where it is.
        rest: Seconds without a change after which a file is taken.
    """

    def __init__(self, folder: Path, rest: float = 2.0) -> None:
        self._folder = folder
        self._rest = rest
        self._taken: dict[Path, _Sign] = {}

    async def bundles(self) -> AsyncGenerator[Path]:
        """Yield files that are there or come, once each is at rest; call ``done`` or ``failed``.

        Raises:
            OSError: The folder cannot be read or watched.
        """
        await asyncio.to_thread(self._folder.mkdir, 0o700, exist_ok=True)
        changed = asyncio.Event()
        watching = asyncio.create_task(self._watch(changed))
        before: dict[Path, _Sign] = {}
        await asyncio.sleep(0)  # so that it watches before the first look
        try:
            while True:
                changed.clear()
                if watching.done():
                    watching.result()
                found = await asyncio.to_thread(self._look)
                self._taken = {
                    path: sign for path, sign in found.items() if before.get(path) == sign
                }
                for path in list(self._taken):
                    yield path
                before = found
                if found:
                    await asyncio.sleep(self._rest)
                else:
                    await changed.wait()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def done(self, bundle: Path) -> None:
        """Put a bundle that was published to the others in ``done``."""
        await finish_in_thread(self._move, bundle, "done", None)

    async def failed(self, bundle: Path, reason: str) -> None:
        """Put a bundle into ``failed``, with the reason beside it.

        One that was written to since it was taken stays: it was not finished then.
        """
        await finish_in_thread(self._move, bundle, "failed", reason)

    async def _watch(self, changed: asyncio.Event) -> None:
        try:
            async for _ in awatch(
                self._folder, watch_filter=None, recursive=False, debounce=_DEBOUNCE, step=_STEP
            ):
                changed.set()
        finally:
            changed.set()

    def _look(self) -> dict[Path, _Sign]:
        found = {}
        for path in self._folder.iterdir():
            sign = _sign(path)
            if sign and not path.name.startswith(".") and not path.name.endswith(_PARTIAL):
                found[path] = sign
        return found

    def _move(self, bundle: Path, where: str, reason: str | None) -> None:
        if reason is not None and _sign(bundle) != self._taken.get(bundle):
            return
        place = self._folder / where
        place.mkdir(mode=0o700, exist_ok=True)
        if reason is not None:
            (place / f"{bundle.name}.txt").write_text(f"{reason}\n", encoding="utf-8")
        bundle.replace(place / bundle.name)


def _sign(path: Path) -> _Sign | None:
    """Return what tells a file's state; None for links, folders and what is gone."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
