"""Blocking calls that a cancelled task does not leave behind at work."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def finish(function: Callable[..., T], *arguments: Any) -> T:
    """Call ``function`` in a thread, and wait for its end even if this task is cancelled.

    A thread cannot be stopped: whoever did not wait would clean up, or let the next task in,
    while it still writes. A cancellation is raised afterwards.
    """
    call = asyncio.get_running_loop().run_in_executor(None, function, *arguments)
    cancelled: asyncio.CancelledError | None = None
    while not call.done():
        try:
            await asyncio.wait({call})
        except asyncio.CancelledError as error:
            cancelled = error
    result = call.result()
    if cancelled:
        raise cancelled
    return result
