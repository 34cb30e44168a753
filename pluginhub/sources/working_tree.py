"""A directory that somebody works in: tells when something of the bundle in it was saved."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from watchfiles import Change, awatch

_STEP = 50  # milliseconds without a change after which a save is over
_DEBOUNCE = 1000  # milliseconds after which it is taken as over all the same


async def saves(
    folder: Path, left_out: Callable[[str], bool], stop: asyncio.Event
) -> AsyncGenerator[None]:
    """Yield at once, and then whenever something was saved that is a part of the bundle.

    Several changes within a moment are one; changes while somebody works on one are the next.

    Args:
        folder: The directory, absolute and without links.
        left_out: Tells by its name what is no part of the bundle, with all below it.
        stop: Ends it.

    Raises:
        OSError: The directory cannot be watched.
    """
    changed = asyncio.Event()
    changed.set()
    watching = asyncio.create_task(_watch(folder, left_out, changed, stop))
    await asyncio.sleep(0)  # so that it watches before the first look
    try:
        while True:
            await changed.wait()
            if watching.done():
                watching.result()
                return
            changed.clear()
            yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(
    folder: Path, left_out: Callable[[str], bool], changed: asyncio.Event, stop: asyncio.Event
) -> None:
    def is_part(_: Change, path: str) -> bool:
        return not any(left_out(part) for part in Path(path).relative_to(folder).parts)

    try:
        async for _ in awatch(
            folder, watch_filter=is_part, stop_event=stop, step=_STEP, debounce=_DEBOUNCE
        ):
            changed.set()
    finally:
        changed.set()
