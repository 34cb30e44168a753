"""Directories for a moment, outside of the data directory."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pluginhub.cancellation import finish_in_thread
from pluginhub.storage import removal


@asynccontextmanager
async def directory() -> AsyncIterator[Path]:
    """Lend an empty directory that only this account may enter; it is gone after the block."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="pluginhub-"))
    try:
        yield folder
    finally:
        await finish_in_thread(removal.remove, folder)
