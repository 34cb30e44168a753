"""The lifecycle managers in memory: one a release, loaded once, lent to many, dropped when idle."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from weakref import WeakValueDictionary

from pluginhub.cancellation import finish
from pluginhub.errors import BusyError, SafeModeError
from pluginhub.managers.launcher import Launcher
from pluginhub.managers.manager import HookCode, LifecycleManager, Limits
from pluginhub.managers.statistics import Calls, ManagerStatistics

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class RegistryStatistics:
    """What the registry holds and has done.

    Attributes:
        active: Managers on lease.
        idle: Managers that wait for a lease.
        loads: Managers that were loaded.
        hits: Leases that found one loaded.
        failures: Loads that failed.
        managers: Each that is loaded.
    """

    active: int
    idle: int
    loads: int
    hits: int
    failures: int
    managers: list[ManagerStatistics]


class Registry:
    """Lends lifecycle managers.

    The registry refers to a manager strongly while it is on lease or idle, weakly otherwise. A
    manager that nobody refers to ends its worker.

    Args:
        hook_timeout: Seconds that one hook may take.
        hook_memory: Bytes that one hook may take beyond what an empty process has.
        manager_timeout: Seconds until an idle manager is dropped.
        clock: Seconds since 1970, for statistics.
        monotonic: Seconds that never go back.
        fork: Whether to fork workers; else every hook gets a fresh process, which is slower.
        safe_mode: Lend none.

    Attributes:
        calls: Hooks that were run.
    """

    def __init__(
        self,
        *,
        hook_timeout: float,
        hook_memory: int,
        manager_timeout: float,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        fork: bool = hasattr(os, "fork"),
        safe_mode: bool = False,
    ) -> None:
        self._safe_mode = safe_mode
        self._limits = Limits(hook_timeout, hook_memory)
        self._manager_timeout = manager_timeout
        self._clocks = (clock, monotonic)
        self._launcher = Launcher(fork=fork)
        self._managers: WeakValueDictionary[Key, LifecycleManager] = WeakValueDictionary()
        self._locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self._loading: dict[Key, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._leases: Counter[LifecycleManager] = Counter()
        self._idle: dict[LifecycleManager, asyncio.TimerHandle] = {}
        self.calls = Calls()
        self._loads = self._hits = self._failures = 0
        self._closed = False

    @asynccontextmanager
    async def lease(self, code: HookCode) -> AsyncIterator[LifecycleManager]:
        """Lend the manager of a release, loaded where it is not, and keep it for the block.

        However many ask at the same time, it is loaded once; who gives up waiting does not
        disturb the others.

        Raises:
            BusyError: The worker cannot be started at the moment, or the server stops.
            SafeModeError: No code of plugins runs at the moment.
        """
        if self._safe_mode:
            raise SafeModeError(
                "the server runs in safe mode, in which no hooks run; leave them out with"
                " skip_hooks, or have an admin mend the server and start it again"
            )
        manager = await self._get(code)
        self._leases[manager] += 1
        if timer := self._idle.pop(manager, None):
            timer.cancel()
        try:
            yield manager
        finally:
            self._give_back(manager)

    def evict(self, slug: str, version: str) -> bool:
        """Drop a manager: an idle one at once, one on lease when its last lease ends.

        Returns:
            Whether there was one.
        """
        manager = self._managers.pop(_key(slug, version), None)
        if manager in self._idle:
            self._drop(manager)
        return manager is not None

    def holds(self, slug: str, version: str) -> bool:
        """Return whether a manager is in memory, or about to be."""
        key = _key(slug, version)
        leased = any(_key(it.code.slug, it.code.version) == key for it in self._leases)
        return leased or key in self._managers or key in self._loading

    def drop_after(self, manager_timeout: float) -> None:
        """Drop idle managers after other times, seconds, from now on."""
        self._manager_timeout = manager_timeout
        for manager, timer in list(self._idle.items()):
            timer.cancel()
            self._rest(manager)

    async def statistics(self) -> RegistryStatistics:
        """Return what the registry holds and has done."""
        managers = {*self._managers.values(), *self._leases}
        return RegistryStatistics(
            active=len(self._leases),
            idle=len(self._idle),
            loads=self._loads,
            hits=self._hits,
            failures=self._failures,
            managers=await asyncio.gather(*(manager.statistics() for manager in managers)),
        )

    async def close(self) -> None:
        """End all managers and every process, within seconds; hooks that run are killed."""
        self._closed = True
        for manager in {*self._idle, *self._leases}:
            self._drop(manager)
        await finish(self._end_all())

    async def _get(self, code: HookCode) -> LifecycleManager:
        key = _key(code.slug, code.version)
        manager = self._managers.get(key)
        self._hits += manager is not None and manager.code == code
        while manager is None or manager.code != code:  # also of what others had loaded meanwhile
            if manager is not None:
                self.evict(*key)
            await asyncio.shield(self._load(key, code))
            manager = self._managers.get(key)
        return manager

    def _load(self, key: Key, code: HookCode) -> asyncio.Task[None]:
        """Return the task that loads a manager; all who wait for it share what comes of it."""
        if self._closed:
            raise BusyError("the server stops and runs no more hooks")
        if key not in self._loading:
            task = asyncio.create_task(self._start(key, code), name=f"load {key}")
            self._loading[key] = task
        return self._loading[key]

    async def _start(self, key: Key, code: HookCode) -> None:
        try:
            async with self._lock(key):  # a worker that is about to end comes first
                manager = LifecycleManager(
                    code, self._limits, self._launcher, *self._clocks, calls=self.calls
                )
                await manager.start()
                self._loads += 1
                self._managers[key] = manager
                self._rest(manager)
        except BusyError:
            self._failures += 1
            raise
        finally:
            # Not later: who finds no manager here must not wait for a load that is over.
            del self._loading[key]

    def _give_back(self, manager: LifecycleManager) -> None:
        self._leases[manager] -= 1
        if self._leases[manager]:
            return
        del self._leases[manager]
        current = self._managers.get(_key(manager.code.slug, manager.code.version))
        if current is manager and not self._closed:
            self._rest(manager)
        else:
            self._drop(manager)

    def _rest(self, manager: LifecycleManager) -> None:
        loop = asyncio.get_running_loop()
        self._idle[manager] = loop.call_later(self._manager_timeout, self._drop, manager)

    def _drop(self, manager: LifecycleManager) -> None:
        if timer := self._idle.pop(manager, None):
            timer.cancel()
        key = _key(manager.code.slug, manager.code.version)
        if self._managers.get(key) is manager:
            del self._managers[key]
        task = asyncio.create_task(self._end(key, manager), name=f"end {key}")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end(self, key: Key, manager: LifecycleManager) -> None:
        async with self._lock(key):
            await manager.close()

    async def _end_all(self) -> None:
        if self._ending:
            await asyncio.wait(self._ending)
        await self._launcher.close()
        if self._loading:
            await asyncio.wait(self._loading.values())

    def _lock(self, key: Key) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())


def _key(slug: str, version: str) -> Key:
    return slug.lower(), version
