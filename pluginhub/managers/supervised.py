"""A worker that is started again when it is gone."""

import asyncio
from collections.abc import Callable

from pluginhub.errors import BusyError
from pluginhub.managers.launcher import Launcher, Worker

_FIRST_PAUSE = 0.1  # seconds after a start that failed
_LONGEST_PAUSE = 10.0


class SupervisedWorker:
    """The present worker of a release.

    Args:
        launcher: Starts it.
        clock: Seconds that never go back.
    """

    def __init__(self, launcher: Launcher, clock: Callable[[], float]) -> None:
        self._launcher = launcher
        self._clock = clock
        self._starting = asyncio.Lock()
        self._worker: Worker | None = None
        self._pause = 0.0
        self._not_before = 0.0
        self._over = False

    @property
    def pid(self) -> int | None:
        """Return the process id of the worker that lives."""
        worker = self._worker
        return None if worker is None or worker.gone else worker.pid

    async def get(self) -> Worker:
        """Return the worker, started where there is none.

        Raises:
            BusyError: It cannot be started, or that was found out a moment ago, or it has been
                ended.
        """
        async with self._starting:
            if self._worker is None or self._worker.gone:
                self._worker = await self._start()
            return self._worker

    def end(self) -> None:
        """Begin to end the worker, and start no other."""
        self._over = True
        if self._worker is not None:
            self._worker.end()

    async def ended(self) -> None:
        """Wait until the worker has ended, not for ever."""
        if self._worker is not None:
            await self._worker.ended()

    def abandon(self) -> None:
        """End the worker from any thread, after the event loop."""
        if self._worker is not None:
            self._worker.abandon()

    async def _start(self) -> Worker:
        wait = self._not_before - self._clock()
        if wait > 0:
            raise BusyError(f"no process for hooks could be started; try again in {wait:.1f} s")
        try:
            worker = await self._launcher.start()
        except BusyError:
            self._pause = min(max(_FIRST_PAUSE, self._pause * 2), _LONGEST_PAUSE)
            self._not_before = self._clock() + self._pause
            raise
        self._pause = 0.0
        if self._over:
            worker.end()
            raise BusyError("the hooks of this release are being ended")
        return worker
