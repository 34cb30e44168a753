import asyncio
import contextlib
import gc
import os
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from pluginhub.errors import (
    BusyError,
    HookError,
    HooksSuspendedError,
    HookTimeoutError,
    MissingExtraError,
)
from pluginhub.managers import manager as managers
from pluginhub.managers import statistics
from pluginhub.managers.launcher import Launcher
from pluginhub.managers.manager import HookCode, LifecycleManager, Limits
from pluginhub.managers.supervised import SupervisedWorker
from tests.interrupting import Interrupted
from tests.managers.workshop import ANN, BEN, CLEO, MEMORY, Workshop, gone, open_files

pytestmark = pytest.mark.timeout(60)  # starts processes

Make = Callable[..., Workshop]
MOODY = """
    if context.config["mood"] == "bad": raise ValueError("bad mood")
    if context.config["mood"] == "choosy": raise HookRefusedError("not you")
    await asyncio.sleep(context.config.get("seconds", 0))
"""


class Clock:
    time = 1000.0

    def __call__(self) -> float:
        return self.time


async def fail(workshop: Workshop, code: HookCode, times: int, user_id: str = ANN) -> None:
    for _ in range(times):
        with pytest.raises(HookError, match="failed: ValueError: bad mood"):
            await workshop.call(code, user_id=user_id, config={"mood": "bad"})


async def test_hooks_of_one_release_run_side_by_side_up_to_a_number(workshop: Workshop) -> None:
    code = workshop.on_install("await asyncio.sleep(0.4)")
    calls = [asyncio.create_task(workshop.call(code)) for _ in range(managers._AT_ONCE + 2)]
    most = 0
    while not all(call.done() for call in calls):
        for manager in (await workshop.registry.statistics()).managers:
            most = max(most, manager.running)
        await asyncio.sleep(0.01)
    assert most == managers._AT_ONCE
    assert [await call for call in calls] == [{"config": {}}] * len(calls)


async def test_waiting_for_a_place_is_not_the_hooks_time(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(managers, "_AT_ONCE", 1)
    workshop = make(hook_timeout=1.5)
    code = workshop.on_install("await asyncio.sleep(0.6)")
    results = await asyncio.gather(*(workshop.call(code) for _ in range(3)))
    assert results == [{"config": {}}] * 3


async def test_a_call_that_is_cancelled_anywhere_leaves_nothing(workshop: Workshop) -> None:
    code = workshop.on_install("await asyncio.sleep(0.05)")

    async def call() -> None:
        assert await workshop.call(code) == {"config": {}}

    await call()
    before = open_files()
    waits = (await Interrupted(call(), set()).run()).waits
    assert waits > 3
    for at in range(waits):
        for late in (False, True):
            assert (await Interrupted(call(), {at}, late=late).run()).cancelled
            assert await workshop.strays() == []
    assert open_files() == before
    [manager] = (await workshop.registry.statistics()).managers
    assert (manager.running, manager.failures, manager.circuit) == (0, 0, "closed")
    await call()


async def test_hooks_that_fail_three_times_rest(make: Make) -> None:
    clock = Clock()
    workshop = make(monotonic=clock)
    code = workshop.on_install(MOODY)
    await fail(workshop, code, 3)
    with pytest.raises(
        HooksSuspendedError, match=r"rest for 30 s; the last failure: raised an error$"
    ) as caught:
        await workshop.call(code, config={"mood": "good"})
    assert caught.value.fields == {
        "hook": "install",
        "slug": code.slug,
        "version": "1.0.0",
        "retry_after": 30,
        "reason": "raised an error",
    }
    assert await workshop.call(workshop.on_install("pass")) == {"config": {}}
    clock.time += 30
    await workshop.call(code, config={"mood": "good"})
    await fail(workshop, code, 2)
    await workshop.call(code, config={"mood": "good"})


async def test_what_a_plugin_said_of_one_user_is_for_them_and_for_admins(
    workshop: Workshop,
) -> None:
    code = workshop.on_install("{}[context.config['api_key']]")
    for _ in range(3):
        with pytest.raises(HookError, match="failed: KeyError: 'sk-private'"):
            await workshop.call(code, config={"api_key": "sk-private"})
    [manager] = (await workshop.registry.statistics()).managers
    assert (manager.circuit, manager.reason) == ("closed", "KeyError: 'sk-private'")
    for user_id in (BEN, CLEO):
        with pytest.raises(HookError, match="failed: KeyError: 'theirs'"):
            await workshop.call(code, user_id=user_id, config={"api_key": "theirs"})
    for user_id in (ANN, "d" * 32):
        with pytest.raises(HooksSuspendedError) as caught:
            await workshop.call(code, user_id=user_id, config={"api_key": "sk-other"})
        told = f"{caught.value} {caught.value.fields}"
        assert "raised an error" in told
        assert not any(word in told for word in ("sk-", "theirs", "KeyError"))
    [manager] = (await workshop.registry.statistics()).managers
    assert (manager.circuit, manager.reason) == ("open", "KeyError: 'theirs'")


async def test_the_hooks_of_one_user_rest_and_those_of_others_do_not(make: Make) -> None:
    clock = Clock()
    workshop = make(monotonic=clock)
    code = workshop.on_install(MOODY)
    await fail(workshop, code, 3)
    await workshop.call(code, user_id=BEN, config={"mood": "good"})
    with pytest.raises(HooksSuspendedError, match="rest for 30 s"):
        await workshop.call(code, config={"mood": "good"})
    clock.time += 30
    trial = asyncio.create_task(workshop.call(code, config={"mood": "good", "seconds": 0.3}))
    await asyncio.sleep(0.1)
    await workshop.call(code, user_id=BEN, config={"mood": "good"})
    with pytest.raises(HooksSuspendedError):
        await workshop.call(code, config={"mood": "good"})
    await trial
    await workshop.call(code, config={"mood": "good"})


async def test_who_is_to_rest_is_refused_without_waiting_for_a_place(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(managers, "_AT_ONCE", 1)
    code = workshop.on_install(MOODY)
    await fail(workshop, code, 3)
    slow = workshop.call(code, user_id=BEN, config={"mood": "good", "seconds": 0.5})
    running = asyncio.create_task(slow)
    await asyncio.sleep(0.1)
    with pytest.raises(HooksSuspendedError):
        await workshop.call(code, config={"mood": "good"})
    assert not running.done()
    await running


async def test_after_the_rest_of_everybody_one_call_tries_for_all(make: Make) -> None:
    clock = Clock()
    workshop = make(monotonic=clock)
    code = workshop.on_install(MOODY)
    for user_id in (ANN, BEN, CLEO):
        await fail(workshop, code, 1, user_id)
    clock.time += 30
    trial = asyncio.create_task(workshop.call(code, config={"mood": "good", "seconds": 0.3}))
    await asyncio.sleep(0.1)
    with pytest.raises(HooksSuspendedError):
        await workshop.call(code, user_id=BEN, config={"mood": "good"})
    trial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trial
    await fail(workshop, code, 1)
    with pytest.raises(HooksSuspendedError, match="rest for 60 s"):
        await workshop.call(code, config={"mood": "good"})


async def test_who_waits_for_a_place_is_refused_when_the_hooks_begin_to_rest(
    workshop: Workshop,
) -> None:
    code = workshop.on_install("await asyncio.sleep(0.1)\nraise ValueError")
    calls = [workshop.call(code) for _ in range(managers._AT_ONCE + 4)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert HooksSuspendedError in {type(result) for result in results}


async def test_a_refusal_is_no_failure_of_the_code(workshop: Workshop) -> None:
    code = workshop.on_install(MOODY)
    await fail(workshop, code, 2)
    for _ in range(4):
        with pytest.raises(HookError, match="refused: not you"):
            await workshop.call(code, config={"mood": "choosy"})
    await fail(workshop, code, 2)
    await workshop.call(code, config={"mood": "good"})


async def test_a_missing_library_says_nothing_about_the_code(workshop: Workshop) -> None:
    source = "raise ImportError('no', name='sqlalchemy')"
    code = workshop.write(source, contract="braindrive")
    data: dict[str, Any] = {"user": {"id": ANN, "name": "ann", "email": ""}, "rows": {}}
    for _ in range(4):
        with pytest.raises(MissingExtraError, match=r"pip install 'pluginhub\[braindrive\]'"):
            await workshop.call(code, **data)


async def test_a_configuration_is_checked_while_hooks_rest(workshop: Workshop) -> None:
    code = workshop.on_install(MOODY)
    await fail(workshop, code, 3)
    data: dict[str, Any] = {"schema": {"type": "object", "required": ["zone"]}, "config": {}}
    result = await workshop.call(code, "validate", **data)
    assert len(result["problems"]) == 1
    [manager] = (await workshop.registry.statistics()).managers
    assert manager.calls == 3


async def test_a_release_without_hooks_checks_configurations(workshop: Workshop) -> None:
    code = replace(workshop.on_install("pass"), hooks=None, contract=None)
    data: dict[str, Any] = {"schema": {"type": "object"}, "config": {}}
    assert await workshop.call(code, "validate", **data) == {"problems": []}


async def test_what_a_hook_prints_is_logged_even_if_it_fails(make: Make) -> None:
    workshop = make(hook_timeout=2)
    body = "print('hello\\nthere')\nif context.config: time.sleep(10)\nraise ValueError('bad')"
    code = workshop.on_install(body)
    with capture_logs() as logs, pytest.raises(HookError):
        await workshop.call(code)
    assert logs[0] == {
        "event": "plugin output",
        "log_level": "info",
        "hook": "install",
        "slug": code.slug,
        "version": "1.0.0",
        "line": "hello",
    }
    assert [log["line"] for log in logs][1] == "there"
    assert [log["line"] for log in logs][-1] == "ValueError: bad"
    with capture_logs() as logs, pytest.raises(HookTimeoutError):
        await workshop.call(code, config={"x": 1})
    assert [log["line"] for log in logs] == ["hello", "there"]


async def test_statistics_tell_what_was_done(make: Make) -> None:
    clock = Clock()
    workshop = make(clock=clock)
    code = workshop.on_install(MOODY, "1.2.3")
    for user_id in (ANN, BEN, ANN):
        await workshop.call(code, user_id=user_id, config={"mood": "good"})
    clock.time += 5
    await fail(workshop, code, 1)
    [manager] = (await workshop.registry.statistics()).managers
    assert (manager.slug, manager.version) == (code.slug, "1.2.3")
    assert (manager.users, manager.calls, manager.failures, manager.running) == (2, 4, 1, 0)
    assert manager.last_used == 1005
    assert (manager.circuit, manager.reason) == ("closed", "ValueError: bad mood")
    for mood in ("good", "choosy"):
        with contextlib.suppress(HookError):
            await workshop.call(code, config={"mood": mood})
    [manager] = (await workshop.registry.statistics()).managers
    assert (manager.failures, manager.reason) == (2, "ValueError: bad mood")
    assert manager.pid is not None
    assert 1_000_000 < manager.memory < 500_000_000
    os.kill(manager.pid, 9)
    await gone(manager.pid)
    await asyncio.sleep(0.05)
    [manager] = (await workshop.registry.statistics()).managers
    assert (manager.pid, manager.memory) == (None, 0)


async def test_memory_of_a_process_that_is_gone_is_zero() -> None:
    assert await asyncio.to_thread(statistics.resident_memory, 2**22 + 1) == 0


async def test_a_process_that_cannot_be_forked_is_told(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = workshop.on_install("pass")
    await workshop.call(code)
    async with workshop.registry.lease(code) as manager:
        worker = await manager._worker.get()

        async def run(_descriptors: tuple[int, int, int]) -> int:
            raise OSError(11, "Resource temporarily unavailable")

        monkeypatch.setattr(worker, "run", run)
        with workshop.scratch() as scratch, pytest.raises(BusyError, match="unavailable"):
            await manager.call("install", {}, user_id=ANN, scratch=scratch)
    [after] = (await workshop.registry.statistics()).managers
    assert (after.running, after.failures) == (0, 0)


async def test_a_manager_that_nobody_refers_to_ends_its_worker(workshop: Workshop) -> None:
    launcher = Launcher()
    manager = LifecycleManager(workshop.on_install("pass"), Limits(5, MEMORY), launcher)
    await manager.start()
    pid = (await manager.statistics()).pid
    assert pid is not None
    reference = weakref.ref(manager)
    del manager
    gc.collect()
    assert reference() is None
    assert await gone(pid)
    await launcher.close()


async def test_its_worker_ends_even_after_the_event_loop() -> None:
    launcher = Launcher()
    worker = SupervisedWorker(launcher, Clock())
    pid = (await worker.get()).pid
    assert pid is not None
    loop = asyncio.new_event_loop()
    loop.close()
    managers._end(loop, worker)
    assert await gone(pid)
    await launcher.close()
