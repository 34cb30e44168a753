"""The application on a data directory of its own, used as the command line uses it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pluginhub.cli.client import Client, connect
from pluginhub.config import Cleanup, Config, Storage

_PAUSE = 0.002  # seconds


@dataclass
class World:
    """Where a scenario takes place.

    Attributes:
        root: A directory with nothing else in it; the data directory is ``data`` in it.
        client: Speaks with the server; None while none runs.
        patience: Seconds to wait for jobs.
    """

    root: Path
    client: Client | None = None
    patience: float = 15.0
    _server: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def config(self) -> Config:
        """The settings: a sweep removes whatever it may."""
        return Config(
            storage=Storage(plugins_base_dir=self.data, disk_reserve=0),
            cleanup=Cleanup(version_retention_days=0, temp_retention_hours=0),
        )

    async def ask(self, method: str, path: str, **arguments: Any) -> Any:
        """Send a request, as ``Client.request`` does."""
        assert self.client is not None
        return await self.client.request(method, path, **arguments)

    async def ended_jobs(self) -> list[Any]:
        """Return all jobs when they have ended.

        Raises:
            TimeoutError: They have not.
        """
        async with asyncio.timeout(self.patience):
            while True:
                jobs: list[Any] = (await self.ask("GET", "/api/plugins/jobs"))["jobs"]
                if not any(job["state"] in {"queued", "running"} for job in jobs):
                    return jobs
                await asyncio.sleep(_PAUSE)

    async def start(self) -> None:
        """Start the application as a command does."""
        self.client = await self._server.enter_async_context(connect(self.config))

    async def stop(self) -> None:
        self.client = None
        await self._server.aclose()

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """Let nothing run while the block does: for what needs the data directory for itself."""
        await self.stop()
        yield
        await self.start()


Step = Callable[[World], Awaitable[None]]


@asynccontextmanager
async def started(root: Path) -> AsyncIterator[World]:
    """Start the application on ``root/data``, and stop it after the block."""
    world = World(root)
    await world.start()
    try:
        yield world
    finally:
        await world.stop()
