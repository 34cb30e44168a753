"""Runs work in a fork of this process, or in this process, and keeps what it told."""

import asyncio
import gc
import json
import os
import signal
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from aiohttp import web_app

_PATIENCE = 20  # seconds that work gets
_SHOWN = 600  # characters of the log

Tell = Callable[[str, Any], None]  # a key and a value for who started it
Work = Callable[[Tell], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Ended:
    """How work ended.

    Attributes:
        code: Of the process, or minus the number of a signal.
        log: The end of what it wrote to standard error.
    """

    _told: list[tuple[str, Any]]
    code: int
    log: str

    def told(self, key: str) -> list[Any]:
        return [value for name, value in self._told if name == key]

    def complaints(self) -> list[str]:
        """Return what it complained of and its log, nothing if all is well."""
        found = self.told("complaint")
        if self.code:
            found.append(f"a process ended with {self.code}")
        return [*found, self.log] if found else []


class Forks:
    """Runs work; this process has no threads in between.

    Args:
        log: Where standard error goes from now on.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)

    def here(self, work: Work) -> Ended:
        """Run work in this process, which takes less than half the time."""
        told: list[tuple[str, Any]] = []
        os.truncate(self._log, 0)
        code = _run(work, lambda key, value: told.append((key, value)))
        web_app._cached_build_middleware.cache_clear()  # it keeps applications; forks get slow
        return Ended(told, code, self._shown())

    def child(self, work: Work, plant: Callable[[], None] | None = None) -> Ended:
        """Run work in a process that may not survive it.

        Args:
            work: What to do.
            plant: Is called before.
        """
        reading, writing = os.pipe()
        os.truncate(self._log, 0)
        child = os.fork()
        if child == 0:
            _be_child(work, plant, writing)
        os.close(writing)
        with os.fdopen(reading) as stream:
            told = [json.loads(line) for line in stream]
        _, status = os.waitpid(child, 0)
        return Ended(told, os.waitstatus_to_exitcode(status), self._shown())

    def _shown(self) -> str:
        return self._log.read_text()[-_SHOWN:]


def _be_child(work: Work, plant: Callable[[], None] | None, writing: int) -> NoReturn:
    code = 1
    try:
        gc.disable()  # it would write to every object, and so copy all memory
        if plant:
            plant()
        with os.fdopen(writing, "w") as stream:

            def tell(key: str, value: Any) -> None:
                print(json.dumps([key, value]), file=stream, flush=True)

            code = _run(work, tell)
    finally:
        os._exit(code)


def _run(work: Work, tell: Tell) -> int:
    async def in_time() -> None:
        async with asyncio.timeout(_PATIENCE):
            await work(tell)

    signal.alarm(2 * _PATIENCE)  # should the loop hang
    try:
        asyncio.run(in_time())
    except BaseException:  # noqa: BLE001 - nothing that happens may end who looks at it
        traceback.print_exc()
        return 1
    finally:
        signal.alarm(0)
    return 0
