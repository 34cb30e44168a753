import asyncio
import os
import signal
import sys

import psutil
import pytest

from pluginhub.errors import HookKilledError
from tests.managers.workshop import Workshop, alive, gone, until

pytestmark = pytest.mark.timeout(60)  # starts processes


async def worker_of(workshop: Workshop, slug: str) -> int:
    managers = (await workshop.registry.statistics()).managers
    [pid] = [manager.pid for manager in managers if manager.slug == slug]
    assert pid is not None
    return pid


async def running(worker: int, count: int = 1) -> int:
    """Wait for hook processes of a worker, and return the process id of the first."""
    children = psutil.Process(worker).children
    assert await until(lambda: len(children()) == count)
    return min(process.pid for process in children())


async def test_a_worker_that_is_killed_takes_its_hooks_along_and_is_replaced(
    workshop: Workshop,
) -> None:
    code = workshop.on_install("await asyncio.sleep(context.config['seconds'])")
    await workshop.call(code, config={"seconds": 0})
    worker = await worker_of(workshop, code.slug)
    call = asyncio.create_task(workshop.call(code, config={"seconds": 100}))
    hook = await running(worker)
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(HookKilledError, match="its process ended by SIGKILL"):
        await call
    assert await gone(hook)
    await workshop.call(code, config={"seconds": 0})
    assert await worker_of(workshop, code.slug) != worker
    assert await workshop.strays() == []


async def test_daemons_do_not_outlive_a_worker_that_is_killed(workshop: Workshop) -> None:
    code = workshop.on_install(
        """
        if os.fork() == 0:
            os.setsid()
            Path("pid").write_text(str(os.getpid()))
        time.sleep(100)
        """
    )
    with workshop.scratch() as scratch:
        call = asyncio.create_task(workshop.call(code, scratch=scratch))
        assert await until(lambda: (scratch / "pid").is_file() and (scratch / "pid").read_text())
        os.kill(await worker_of(workshop, code.slug), signal.SIGKILL)
        assert await gone(int((scratch / "pid").read_text()))
        with pytest.raises(HookKilledError):
            await call


async def test_a_call_that_finds_its_worker_dead_is_told(workshop: Workshop) -> None:
    code = workshop.on_install("pass")
    await workshop.call(code)
    async with workshop.registry.lease(code) as manager:
        worker = await manager._worker.get()
        assert worker.pid is not None
        process = psutil.Process(worker.pid)
        process.kill()
        process.wait(timeout=5)  # the event loop hears nothing meanwhile
        assert not worker.gone
        assert await worker.run((0, 0, 0)) == -signal.SIGKILL
        assert await until(lambda: worker.gone)
        assert await worker.run((0, 0, 0)) == -signal.SIGKILL


async def test_a_worker_that_is_stopped_is_killed_and_replaced(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pluginhub.managers.forked._END", 0.3)
    code = workshop.on_install("await asyncio.sleep(context.config['seconds'])")
    await workshop.call(code, config={"seconds": 0})
    worker = await worker_of(workshop, code.slug)
    call = asyncio.create_task(workshop.call(code, config={"seconds": 100}))
    hook = await running(worker)
    os.kill(worker, signal.SIGSTOP)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await gone(worker)
    assert await gone(hook)
    await workshop.call(code, config={"seconds": 0})


async def test_a_hook_that_is_killed_from_outside_hurts_nobody_else(workshop: Workshop) -> None:
    code = workshop.on_install("await asyncio.sleep(context.config['seconds'])")
    calls = [asyncio.create_task(workshop.call(code, config={"seconds": 2})) for _ in range(2)]
    assert await until(lambda: workshop.registry._leases)
    os.kill(await running(await worker_of(workshop, code.slug), 2), signal.SIGTERM)
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["HookKilledError", "dict"]


async def test_a_worker_runs_no_code_of_the_plugin(workshop: Workshop) -> None:
    code = workshop.on_install("import colorsys; context.config['pid'] = os.getppid()")
    assert (await workshop.call(code))["config"]["pid"] == await worker_of(workshop, code.slug)
    maps = psutil.Process(await worker_of(workshop, code.slug)).open_files()
    assert [file.path for file in maps if str(workshop.root) in file.path] == []


async def test_a_worker_keeps_no_descriptors_of_calls(workshop: Workshop) -> None:
    code = workshop.on_install("pass")
    await workshop.call(code)
    worker = psutil.Process(await worker_of(workshop, code.slug))
    before = worker.num_fds()
    for _ in range(5):
        await workshop.call(code)
    assert worker.num_fds() == before


async def test_hooks_do_not_see_each_others_descriptors(workshop: Workshop) -> None:
    code = workshop.on_install(
        "context.config['open'] = len(os.listdir('/proc/self/fd')); await asyncio.sleep(0.3)"
    )
    results = await asyncio.gather(*(workshop.call(code) for _ in range(2)))
    assert results[0] == results[1]


async def test_the_present_interpreter_runs_the_hooks(workshop: Workshop) -> None:
    code = workshop.on_install("context.config['prefix'] = sys.prefix")
    assert (await workshop.call(code))["config"]["prefix"] == sys.prefix
    assert alive(await worker_of(workshop, code.slug))
