"""Whether the server can answer, and whether it can work."""

import asyncio
import shutil
import time
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from pluginhub.errors import HubError, NotReadyError
from pluginhub.web import keys
from pluginhub.web.operations import Answer, operation

_FRESH = 1.0  # seconds for which the last look counts, however many ask
_PATIENCE = 5.0  # seconds


@dataclass
class Readiness:
    """What the last look found: when, and what stands in the way."""

    at: float = float("-inf")
    reason: str | None = None


READINESS = web.AppKey("readiness", Readiness)


class Health(Answer):
    """The server answers."""

    status: Literal["ok"] = "ok"


@operation(any_query=True)
async def healthz(_request: web.Request) -> Health:
    """Answer 200; the server listens only after everything is ready."""
    return Health()


@operation(any_query=True, errors=(NotReadyError,))
async def readyz(request: web.Request) -> Health:
    """Answer 200 if everything can be done: no safe mode, a database to write, a disk with room."""
    memory = request.app[READINESS]
    if time.monotonic() - memory.at > _FRESH:
        memory.at, memory.reason = time.monotonic(), await _obstacle(request.app)
    if memory.reason:
        raise NotReadyError(memory.reason)
    return Health()


async def _obstacle(app: web.Application) -> str | None:
    if app[keys.SAFE_MODE]:
        return "the server runs in safe mode: no hooks run, and nothing in the background"
    storage = app[keys.CONFIG].storage
    disk = await asyncio.to_thread(shutil.disk_usage, storage.plugins_base_dir)
    if disk.free < storage.disk_reserve:
        return f"{disk.free} bytes are free, and storage.disk_reserve keeps {storage.disk_reserve}"
    try:
        async with asyncio.timeout(_PATIENCE), app[keys.DATABASE].transaction():
            pass
    except (TimeoutError, HubError) as error:
        return f"the database cannot be written: {str(error) or 'it is busy'}"
    return None
