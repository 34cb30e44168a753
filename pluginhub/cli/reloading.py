"""A server reads its settings again when their file is saved, and at SIGHUP."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from aiohttp import web

from pluginhub import background, config, live
from pluginhub.cli.context import Context
from pluginhub.config import Settings
from pluginhub.errors import ConfigError

_PAUSE = 1.0  # seconds between two looks at the file: watchers miss changes in some containers

log = structlog.get_logger(__name__)


@asynccontextmanager
async def reloading(context: Context, app: web.Application) -> AsyncIterator[None]:
    """Let an application follow its settings while the block runs."""
    reloader = _Reloader(context, app)
    loop = asyncio.get_running_loop()
    if hasattr(signal, "SIGHUP"):
        loop.add_signal_handler(signal.SIGHUP, reloader.wanted.set)
    async with background.running("settings", reloader.run, pause=_PAUSE):
        yield


class _Reloader:
    def __init__(self, context: Context, app: web.Application) -> None:
        self._context = context
        self._app = app
        self._settings: Settings = context.settings
        self._file = context.config_file or config.DEFAULT_FILE
        self._seen: tuple[int, ...] | None = ()  # so that the first look reads it
        self.wanted = asyncio.Event()

    async def run(self) -> None:
        """Read the settings again if their file is another, or somebody wants it."""
        seen = await asyncio.to_thread(_state_of, self._file)
        if seen == self._seen and not self.wanted.is_set():
            return
        self._seen = seen
        self.wanted.clear()
        try:
            found = await asyncio.to_thread(self._context.load)
        except ConfigError as error:
            log.error("the settings stay as they were", reason=error.message)  # noqa: TRY400 - told
            return
        changed, later = live.apply(self._app, self._settings.config, found.config)
        self._settings = found
        if changed:
            log.info("settings changed", keys=changed)
        if later:
            log.warning("these settings change with the next start", keys=later)


def _state_of(file: Path) -> tuple[int, ...] | None:
    """Return what differs whenever a file was written or replaced; None if there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
