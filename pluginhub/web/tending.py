"""Sweeps and backups that somebody asked for."""

from pathlib import Path

from aiohttp import web

from pluginhub.care.backup import Backup
from pluginhub.care.cleanup import Report
from pluginhub.errors import SafeModeError
from pluginhub.web import keys


async def sweep(request: web.Request) -> Report:
    """Sweep now.

    Raises:
        SafeModeError: The server runs in safe mode.
    """
    if request.app[keys.SAFE_MODE]:
        raise SafeModeError("the server runs in safe mode, in which nothing is removed")
    return await request.app[keys.CLEANUP].sweep(request[keys.ACTOR])


async def back_up(request: web.Request, target: Path | None = None) -> Backup:
    """Make a backup now.

    Args:
        request: Of who asks for it.
        target: A directory of backups; None takes the configured one.

    Raises:
        HubError: It cannot be made.
    """
    with request.app[keys.WORKING].on("backup") as progress:
        return await request.app[keys.BACKUPS].make(progress, target, request[keys.ACTOR])
