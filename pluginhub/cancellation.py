"""Waiting that a cancellation does not cut short."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def finish(operation: Awaitable[T]) -> T:
    """Await ``operation`` to its end even if this task is cancelled, and raise that afterwards."""
    task = asyncio.ensure_future(operation)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    result = task.result()
    if cancelled:
        raise cancelled
    return result


async def finish_in_thread(function: Callable[..., T], *arguments: object) -> T:
    """Call a blocking function in a thread, and wait for its end even if this task is cancelled.

    A thread cannot be stopped: whoever did not wait would clean up, or let the next task in,
    while it still writes.
    """
    return await finish(asyncio.to_thread(function, *arguments))
