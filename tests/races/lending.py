"""Lifecycle managers that are lent, evicted, left alone and loaded at the same time."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from pluginhub.managers import registry as module
from pluginhub.managers.manager import HookCode, LifecycleManager
from tests.races.world import World, done

_SOON = 0.002  # seconds until an idle manager goes


class Watched(LifecycleManager):
    """Knows whether it was closed, and whether another of its release starts or ends meanwhile."""

    closed = False
    overlaps = 0
    _busy = False

    async def start(self) -> None:
        with self._alone():
            await super().start()

    async def close(self) -> None:
        self.closed = True
        with self._alone():
            await super().close()

    @classmethod
    @contextmanager
    def _alone(cls) -> Iterator[None]:
        cls.overlaps += cls._busy
        cls._busy = True
        try:
            yield
        finally:
            cls._busy = False


async def lend_and_evict(world: World) -> None:
    """Many borrow the manager of a release, while it is dropped and its code is replaced."""
    registry = world.shelf.resources.registry
    codes = [
        world.shelf.resources.hook_code(await world.release(version))
        for version in ("1.0.0", "2.0.0")
    ]
    now, then = codes[0], replace(codes[1], version="1.0.0")

    class OfThisSeed(Watched):
        pass

    async def borrow(code: HookCode) -> None:
        for _ in range(2):
            async with registry.lease(code) as manager:
                assert isinstance(manager, Watched)
                assert manager.code == code
                assert not manager.closed
                await world.a_moment()
                assert not manager.closed
            await world.a_moment()

    async def evict() -> None:
        for _ in range(4):
            await world.a_moment()
            registry.evict("Clock", "1.0.0")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_manager_timeout", _SOON)
        patch.setattr(module, "LifecycleManager", OfThisSeed)
        borrowers = [borrow(now) for _ in range(4)] + [borrow(then)]
        answers = await world.race(*borrowers, evict(), evict())
    assert all(done(answer) for answer in answers)
    assert OfThisSeed.overlaps == 0
    registry.evict("Clock", "1.0.0")
    await asyncio.gather(*registry._ending)
    assert not registry.holds("Clock", "1.0.0")
    left = await registry.statistics()
    assert (left.active, left.idle, left.managers) == (0, 0, [])
