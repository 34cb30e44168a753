"""The production application on a shuffled loop, begun anew for every seed."""

import asyncio
import contextlib
import hashlib
import random
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from aiohttp.test_utils import TestClient

from pluginhub import config
from pluginhub.app import create_app
from pluginhub.care.cleanup import Cleanup, Report
from pluginhub.database import releases, users
from pluginhub.models import Actor, Release
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.web import keys
from tests import bundles
from tests.accounts.conftest import Clock
from tests.conftest import Hub, started
from tests.interrupting import Interrupted
from tests.lifecycle.conftest import Shelf, id_of
from tests.races.shuffled import ShuffledLoop

_PATIENCE = 8  # seconds until a race that goes on is one that hangs
_LONG_AGO = 1000 * 24 * 3600  # seconds
_MOMENT = 0.01  # seconds

_STOCK = ("0.9.0", "1.0.0", "2.0.0")
_TABLES = (
    "users",
    "plugins",
    "releases",
    "release_files",
    "modules",
    "requirements",
    "unused_releases",
)

T = TypeVar("T")
Work = Coroutine[Any, Any, T]


@dataclass
class World:
    """What a scenario works on: releases of the plugin Clock, and users who do not have it yet.

    Nobody has had the first two releases for so long that a sweep removes them.
    """

    hub: Hub
    shelf: Shelf
    loop: ShuffledLoop
    last_entry: int = 0  # of the audit, before the scenario
    chance: random.Random = field(default_factory=random.Random)

    async def race(self, *works: Work[Any]) -> list[Any]:
        """Run works at the same time, and return what each came to: a result or an error."""
        self.loop.chance = self.chance
        try:
            async with asyncio.timeout(_PATIENCE):
                return await asyncio.gather(*works, return_exceptions=True)
        finally:
            self.loop.chance = None

    async def sometimes_cancelled(self, work: Work[T], waits: int) -> T | None:
        """Run a work, and return its result, or None if it was cancelled, as in most seeds.

        Args:
            work: The work.
            waits: About how often it waits.
        """
        results: list[T] = []

        async def noted() -> None:
            results.append(await work)

        if self.chance.random() < 0.5:  # anywhere
            task = asyncio.create_task(noted())
            self.loop.call_later(self.chance.random() * _MOMENT, task.cancel)
            with contextlib.suppress(asyncio.CancelledError):
                await task
        else:  # where it waits
            at = [self.chance.randrange(waits) for _ in range(self.chance.randrange(3))]
            await Interrupted(noted(), at, late=self.chance.random() < 0.5).run()
        work.close()  # it may never have begun
        return results[0] if results else None

    async def a_moment(self, longest: float = _MOMENT) -> None:
        await asyncio.sleep(self.chance.random() * longest)

    async def sweep(self) -> Report:
        cleanup: Cleanup = self.hub.app[keys.CLEANUP]
        return await cleanup.sweep()

    async def release(self, version: str) -> Release:
        async with self.shelf.database.snapshot() as connection:
            return await releases.get(connection, "Clock", version)

    async def actor(self, name: str) -> Actor:
        async with self.shelf.database.snapshot() as connection:
            user = await users.get(connection, name)
        return Actor(user.id, user.name, admin=False)

    async def versions(self) -> list[str]:
        """Return which releases of Clock there are."""
        found = await self.shelf.rows("SELECT version FROM releases ORDER BY version")
        return [version for (version,) in found]

    async def history(self) -> list[tuple[Any, ...]]:
        """Return what was done to what, in its order."""
        return await self.shelf.rows(
            "SELECT action, target FROM audit"
            f" WHERE result = 'done' AND id > {self.last_entry} ORDER BY id"
        )

    async def headers(self, actor: Actor) -> dict[str, str]:
        """Sign a user in."""
        async with self.shelf.database.snapshot() as connection:
            user = await users.get_by_id(connection, id_of(actor))
        return await self.hub.sign_in(user)

    async def check(self) -> None:
        """See to it that rows and files agree, and that nothing is left over."""
        rows = await self.shelf.rows(
            "SELECT slug, version, path, sha256 FROM release_files f"
            " JOIN releases r ON r.id = f.release_id"
        )
        wanted = {f"{slug}/v{version}/{path}": digest for slug, version, path, digest in rows}
        assert self._digests() == wanted
        assert await self.shelf.rows("PRAGMA foreign_key_check") == []
        assert self.shelf.leftovers() == []
        assert not self.shelf.resources._locks

    def _digests(self) -> dict[str, str]:
        shared = self.shelf.data.shared
        return {
            file.relative_to(shared).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in shared.rglob("*")
            if file.is_file()
        }


class Stock:
    """What every seed begins with: made once, and restored from copies, which is quicker."""

    def __init__(self, files: Path) -> None:
        self._files = files

    @classmethod
    async def of(cls, world: World) -> "Stock":
        """Make it in a world where nothing is yet."""
        shelf = world.shelf
        for version in _STOCK:
            await shelf.publish(bundles.bundle(version=version))
        for name in ("ann", "ben", "cleo"):
            await shelf.user(name)
        files = shelf.data.path / "stock"
        shutil.copytree(shelf.data.shared, files / "shared")
        async with shelf.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO unused_releases SELECT id, ? FROM releases WHERE version < '2'",
                (_LONG_AGO,),
            )
        await shelf.database._writer.execute("VACUUM INTO ?", (str(files / "rows.db"),))
        await shelf.database._writer.execute("ATTACH ? AS stock", (str(files / "rows.db"),))
        return cls(files)

    async def restore(self, world: World) -> None:
        shared, registry = world.shelf.data.shared, world.shelf.resources.registry
        async with world.shelf.database.transaction() as tx:
            for table in ("installations", *reversed(_TABLES)):
                await tx.execute(f"DELETE FROM main.{table}")
            for table in _TABLES:
                await tx.execute(f"INSERT INTO main.{table} SELECT * FROM stock.{table}")
        [(world.last_entry,)] = await world.shelf.rows("SELECT max(id) FROM audit")
        shutil.rmtree(shared)
        shutil.copytree(self._files / "shared", shared)
        for version in _STOCK:
            registry.evict("Clock", version)


Scenario = Callable[[World], Awaitable[None]]


def done(answer: Any, *refusals: type[BaseException]) -> bool:
    """Return whether something was done; any other error than a refusal that may come is wrong."""
    if isinstance(answer, refusals):
        return False
    assert not isinstance(answer, BaseException), f"this is no answer: {answer!r}"
    return True


def run(scenario: Scenario, seeds: Iterable[int], data: Path) -> None:
    """Play a scenario with every seed, until one fails."""
    with asyncio.Runner(loop_factory=ShuffledLoop) as runner:
        runner.run(_play(scenario, seeds, data))


async def _play(scenario: Scenario, seeds: Iterable[int], data: Path) -> None:
    async with _world(data) as world:
        stock = await Stock.of(world)
        for seed in seeds:
            world.chance.seed(seed)
            await stock.restore(world)
            try:
                await scenario(world)
                await world.check()
            except BaseException as error:
                error.add_note(f"with seed {seed}")
                raise


@asynccontextmanager
async def _world(data: Path) -> AsyncIterator[World]:
    settings = config.Config(
        storage=config.Storage(plugins_base_dir=data, disk_reserve=0),
        cleanup=config.Cleanup(temp_retention_hours=0),  # what belongs to nothing goes at once
    )
    loop = asyncio.get_running_loop()
    assert isinstance(loop, ShuffledLoop)
    app = create_app(settings, for_a_moment=True)  # nothing else goes on
    async with TestClient(await started(app)) as client:
        clock = Clock()
        app[keys.DATABASE]._clock = clock
        shelf = Shelf(app[keys.RESOURCES], DataDirectory.at(data), clock)
        yield World(Hub(client, data), shelf, loop)
