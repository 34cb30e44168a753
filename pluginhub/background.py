"""Work that goes on beside the requests for as long as the server runs."""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

log = structlog.get_logger(__name__)


@asynccontextmanager
async def running(
    name: str, work: Callable[[], Awaitable[None]], *, pause: float = 60.0, delay: float = 0.0
) -> AsyncIterator[None]:
    """Do some work again and again beside the block; it ends with the block.

    Args:
        name: For the log.
        work: What to do. What it raises is logged, and it is begun anew all the same.
        pause: Seconds between its end and its next beginning.
        delay: Seconds before it begins for the first time.
    """
    task = asyncio.create_task(_forever(name, work, pause, delay), name=name)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def yield_to_others() -> None:
    """Give this thread the lowest priority, where that works; it is there for one work alone."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


async def _forever(
    name: str, work: Callable[[], Awaitable[None]], pause: float, delay: float
) -> None:
    await asyncio.sleep(delay)
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - logged, in a thread because that reads source files
            await log.aexception("work in the background failed", work=name)
        await asyncio.sleep(pause)
