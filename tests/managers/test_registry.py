import asyncio
import gc
import os
import signal
import weakref
from collections.abc import Callable
from dataclasses import replace

import psutil
import pytest

from pluginhub.errors import BusyError, HookKilledError, SafeModeError
from pluginhub.managers.manager import HookCode, LifecycleManager
from pluginhub.managers.registry import Registry
from tests.managers.workshop import Workshop, gone, open_files, until

pytestmark = pytest.mark.timeout(60)  # starts processes

Make = Callable[..., Workshop]


@pytest.fixture(name="code")
def _code(workshop: Workshop) -> HookCode:
    return workshop.on_install("context.config['version'] = context.version", slug="Clock")


async def counts(registry: Registry) -> tuple[int, int, int, int, int]:
    found = await registry.statistics()
    return found.active, found.idle, found.loads, found.hits, found.failures


def running_hooks(manager: LifecycleManager) -> int:
    pid = manager._worker.pid
    return len(psutil.Process(pid).children()) if pid else 0


async def touch(registry: Registry, code: HookCode) -> weakref.ref[LifecycleManager]:
    async with registry.lease(code) as manager:
        return weakref.ref(manager)


async def forgotten(reference: weakref.ref[LifecycleManager]) -> bool:
    return await until(lambda: gc.collect() is not None and reference() is None)


def assert_empty(registry: Registry) -> None:
    gc.collect()
    assert not registry._managers
    assert not registry._locks
    assert not registry._loading
    assert not registry._leases
    assert not registry._idle


async def test_a_manager_is_loaded_once_for_a_hundred(workshop: Workshop, code: HookCode) -> None:
    seen = set()

    async def use() -> None:
        async with workshop.registry.lease(code) as manager:
            seen.add(id(manager))
            await asyncio.sleep(0.01)

    await asyncio.gather(*(use() for _ in range(100)))
    assert len(seen) == 1
    assert await counts(workshop.registry) == (0, 1, 1, 0, 0)
    assert len(psutil.Process(workshop.fork_server).children()) == 1
    await use()
    assert await counts(workshop.registry) == (0, 1, 1, 1, 0)


async def test_who_gives_up_does_not_disturb_the_others(workshop: Workshop, code: HookCode) -> None:
    waiters = [asyncio.create_task(touch(workshop.registry, code)) for _ in range(5)]
    await asyncio.sleep(0)
    waiters[0].cancel()
    waiters[3].cancel()
    results = await asyncio.gather(*waiters, return_exceptions=True)
    kinds = [type(result).__name__ for result in results]
    assert kinds == [
        "CancelledError",
        "ReferenceType",
        "ReferenceType",
        "CancelledError",
        "ReferenceType",
    ]
    assert (await counts(workshop.registry))[2] == 1


async def test_a_manager_that_nobody_waited_for_is_idle(workshop: Workshop, code: HookCode) -> None:
    waiter = asyncio.create_task(touch(workshop.registry, code))
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    assert await until(lambda: not workshop.registry._loading)
    await touch(workshop.registry, code)
    assert await counts(workshop.registry) == (0, 1, 1, 1, 0)


async def test_a_load_that_fails_fails_for_all_and_leaves_nothing(
    workshop: Workshop, code: HookCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("sys.executable", "/missing/python")
        waiters = (touch(workshop.registry, code) for _ in range(10))
        results = await asyncio.gather(*waiters, return_exceptions=True)
    assert {type(result) for result in results} == {BusyError}
    assert await counts(workshop.registry) == (0, 0, 0, 0, 1)
    del results, waiters
    assert_empty(workshop.registry)
    await touch(workshop.registry, code)
    assert await counts(workshop.registry) == (0, 1, 1, 0, 1)


async def test_a_failure_that_nobody_waits_for_is_no_noise(
    workshop: Workshop,
    code: HookCode,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("sys.executable", "/missing/python")
    waiter = asyncio.create_task(touch(workshop.registry, code))
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    assert await until(lambda: not workshop.registry._loading)
    gc.collect()
    assert caplog.text == ""


async def test_no_load_waits_for_another(
    workshop: Workshop, code: HookCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, released = LifecycleManager.start, asyncio.Event()

    async def slow(self: LifecycleManager) -> None:
        if self.code == code:
            await released.wait()
        await start(self)

    monkeypatch.setattr(LifecycleManager, "start", slow)
    waiting = asyncio.create_task(touch(workshop.registry, code))
    await touch(workshop.registry, workshop.on_install("pass", "2.0.0", slug="Clock"))
    assert not waiting.done()
    released.set()
    await waiting


async def test_versions_have_managers_of_their_own(workshop: Workshop, code: HookCode) -> None:
    other = workshop.on_install("context.config['version'] = 'two'", "2.0.0", slug="Clock")
    async with workshop.registry.lease(code) as one, workshop.registry.lease(other) as two:
        assert one is not two
        assert (await workshop.call(code))["config"] == {"version": "1.0.0"}
        assert (await workshop.call(other))["config"] == {"version": "two"}
        assert await counts(workshop.registry) == (2, 0, 2, 2, 0)


async def test_the_case_of_a_slug_does_not_matter(workshop: Workshop, code: HookCode) -> None:
    await touch(workshop.registry, code)
    assert workshop.registry.evict("cLOCK", "1.0.0")


async def test_an_idle_manager_is_dropped_after_a_while(make: Make) -> None:
    workshop = make(manager_timeout=1)
    code = workshop.on_install("pass")
    reference = await touch(workshop.registry, code)
    [manager] = (await workshop.registry.statistics()).managers
    await asyncio.sleep(0.6)
    assert await touch(workshop.registry, code) == reference
    await asyncio.sleep(0.6)
    assert (await counts(workshop.registry))[:2] == (0, 1)
    assert await forgotten(reference)
    assert manager.pid is not None
    assert await gone(manager.pid)
    assert_empty(workshop.registry)
    await workshop.call(code)
    assert await counts(workshop.registry) == (0, 1, 2, 1, 0)


async def test_a_manager_on_lease_is_never_idle(make: Make) -> None:
    workshop = make(manager_timeout=0.05)
    code = workshop.on_install("pass")
    async with workshop.registry.lease(code) as manager:
        async with workshop.registry.lease(code):
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.1)
        assert await counts(workshop.registry) == (1, 0, 1, 1, 0)
        pid = (await manager.statistics()).pid
    assert pid is not None
    assert await gone(pid)


async def test_an_idle_manager_is_evicted_at_once(workshop: Workshop, code: HookCode) -> None:
    reference = await touch(workshop.registry, code)
    [manager] = (await workshop.registry.statistics()).managers
    assert workshop.registry.evict("Clock", "1.0.0")
    assert not workshop.registry.evict("Clock", "1.0.0")
    assert await forgotten(reference)
    assert manager.pid is not None
    assert await gone(manager.pid)
    assert_empty(workshop.registry)


async def test_a_manager_on_lease_is_evicted_when_it_comes_back(
    workshop: Workshop, code: HookCode
) -> None:
    async with workshop.registry.lease(code) as old:
        async with workshop.registry.lease(code):
            assert workshop.registry.evict("Clock", "1.0.0")
        with workshop.scratch() as scratch:
            data = {"user_id": "u", "user_name": "ann", "config": {}}
            await old.call("install", data, user_id="u", scratch=scratch)
        async with workshop.registry.lease(code) as new:
            assert new is not old
        old_pid, new_pid = [(await manager.statistics()).pid for manager in (old, new)]
        assert await counts(workshop.registry) == (1, 1, 2, 1, 0)
    assert old_pid is not None
    assert new_pid is not None
    assert await gone(old_pid)
    assert psutil.pid_exists(new_pid)


async def test_a_manager_that_is_evicted_before_the_lease_begins_is_loaded_anew(
    workshop: Workshop, code: HookCode
) -> None:
    start = Registry._rest

    def evicted_once(self: Registry, manager: LifecycleManager) -> None:
        start(self, manager)
        if self._loads == 1:
            self.evict("Clock", "1.0.0")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Registry, "_rest", evicted_once)
        async with workshop.registry.lease(code) as manager:
            assert (await manager.statistics()).pid is not None
    assert await counts(workshop.registry) == (0, 1, 2, 0, 0)


async def test_who_comes_when_a_load_is_over_and_its_manager_gone_has_it_loaded_anew(
    workshop: Workshop, code: HookCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest, newcomers = Registry._rest, list[asyncio.Task[object]]()

    def evicted_once(self: Registry, manager: LifecycleManager) -> None:
        rest(self, manager)
        if self._loads == 1:
            self.evict("Clock", "1.0.0")
            newcomers.append(asyncio.create_task(touch(self, code)))  # goes on before all waiters

    monkeypatch.setattr(Registry, "_rest", evicted_once)
    await touch(workshop.registry, code)
    await asyncio.gather(*newcomers)
    assert await counts(workshop.registry) == (0, 1, 2, 0, 0)


async def test_a_load_waits_for_the_end_of_the_worker_before(
    workshop: Workshop, code: HookCode
) -> None:
    await touch(workshop.registry, code)
    [before] = (await workshop.registry.statistics()).managers
    assert before.pid is not None
    os.kill(before.pid, signal.SIGSTOP)
    workshop.registry.evict("Clock", "1.0.0")
    waiting = asyncio.create_task(touch(workshop.registry, code))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    os.kill(before.pid, signal.SIGCONT)
    await waiting


async def test_other_code_under_the_same_name_gets_another_manager(
    workshop: Workshop, code: HookCode
) -> None:
    other = workshop.on_install("context.config['other'] = True", slug="other")
    await workshop.call(code)
    moved = replace(other, slug="Clock", version="1.0.0")
    assert (await workshop.call(moved))["config"] == {"other": True}
    assert await counts(workshop.registry) == (0, 1, 2, 0, 0)


async def test_who_waits_for_a_load_of_other_code_under_the_same_name_gets_their_own(
    workshop: Workshop, code: HookCode
) -> None:
    other = replace(workshop.on_install("pass", slug="other"), slug="Clock")

    async def borrowed(wanted: HookCode) -> HookCode:
        async with workshop.registry.lease(wanted) as manager:
            return manager.code

    assert tuple(await asyncio.gather(borrowed(code), borrowed(other))) == (code, other)


async def test_a_closed_registry_lends_nothing(workshop: Workshop, code: HookCode) -> None:
    await touch(workshop.registry, code)
    server = workshop.fork_server
    await workshop.registry.close()
    await workshop.registry.close()
    assert not psutil.pid_exists(server)
    assert_empty(workshop.registry)
    with pytest.raises(BusyError, match="the server stops"):
        await touch(workshop.registry, code)


async def test_closing_ends_hooks_that_run_and_loads(workshop: Workshop) -> None:
    slow = workshop.on_install("await asyncio.sleep(100)")
    call = asyncio.create_task(workshop.call(slow))
    assert await until(lambda: [*map(running_hooks, workshop.registry._leases)] == [1])
    load = asyncio.create_task(touch(workshop.registry, workshop.on_install("pass")))
    await asyncio.sleep(0)
    await workshop.registry.close()
    results = await asyncio.gather(call, load, return_exceptions=True)
    assert isinstance(results[0], HookKilledError)
    assert isinstance(results[1], BusyError | weakref.ref)
    assert psutil.Process().children() == []
    assert_empty(workshop.registry)


async def test_two_hundred_loads_leave_nothing(workshop: Workshop, code: HookCode) -> None:
    async def cycle() -> weakref.ref[LifecycleManager]:
        reference = await touch(workshop.registry, code)
        workshop.registry.evict("Clock", "1.0.0")
        return reference

    async def held() -> tuple[int, int, int]:
        await asyncio.sleep(0.2)
        server = psutil.Process(workshop.fork_server)
        return open_files(), server.num_fds(), len(server.children())

    await cycle()
    await touch(workshop.registry, code)
    before = await held()
    references = [await cycle() for _ in range(200)]
    await touch(workshop.registry, code)
    assert await held() == before
    gc.collect()
    assert [reference for reference in references if reference() is not None] == []
    assert (await workshop.registry.statistics()).loads == 202


async def test_in_safe_mode_nothing_is_lent(make: Make) -> None:
    workshop = make(safe_mode=True)
    code = workshop.on_install("pass")
    with pytest.raises(SafeModeError, match="leave them out with skip_hooks"):
        await touch(workshop.registry, code)
    assert await counts(workshop.registry) == (0, 0, 0, 0, 0)


async def test_a_changed_timeout_counts_for_those_who_are_idle_already(make: Make) -> None:
    workshop = make(manager_timeout=3600)
    manager = await touch(workshop.registry, workshop.on_install("pass"))
    workshop.registry.drop_after(0.05)
    assert await forgotten(manager)
