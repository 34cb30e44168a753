"""The way of systems that cannot fork, on one that can."""

import asyncio
from collections.abc import Callable

import psutil
import pytest

from pluginhub.errors import BusyError, HookKilledError, HookTimeoutError
from tests.managers.workshop import Workshop, gone, until

pytestmark = pytest.mark.timeout(60)  # a fresh process for every hook

Make = Callable[..., Workshop]


async def test_hooks_run_in_fresh_processes(make: Make) -> None:
    fresh = make(fork=False)
    code = fresh.on_install("context.config['pid'] = os.getpid()")
    pids = {(await fresh.call(code))["config"]["pid"] for _ in range(2)}
    assert len(pids) == 2
    assert psutil.Process().children() == []
    [manager] = (await fresh.registry.statistics()).managers
    assert (manager.pid, manager.memory, manager.calls) == (None, 0, 2)


async def test_a_hook_that_crashes_fails_alone(make: Make) -> None:
    fresh = make(fork=False)
    with pytest.raises(HookKilledError, match="its process exited with 3"):
        await fresh.call(fresh.on_install("os._exit(3)"))
    assert await fresh.call(fresh.on_install("pass")) == {"config": {}}


CHILD = "child = subprocess.Popen(['sleep', '100'])\nPath('pid').write_text(str(child.pid))\n"


@pytest.mark.parametrize("session", ["", ", start_new_session=True"], ids=["group", "own"])
async def test_a_hook_that_hangs_is_killed_with_its_children(make: Make, session: str) -> None:
    fresh = make(fork=False, hook_timeout=1.5)
    code = fresh.on_install(CHILD.replace("])\n", f"]{session})\n") + "time.sleep(100)")
    with fresh.scratch() as scratch:
        with pytest.raises(HookTimeoutError):
            await fresh.call(code, scratch=scratch)
        assert await gone(int((scratch / "pid").read_text()))
    assert psutil.Process().children() == []


async def test_children_do_not_outlive_the_hook(make: Make) -> None:
    fresh = make(fork=False)
    with fresh.scratch() as scratch:
        await fresh.call(fresh.on_install(CHILD), scratch=scratch)
        assert await gone(int((scratch / "pid").read_text()))


async def test_closing_kills_what_runs(make: Make) -> None:
    fresh = make(fork=False, hook_timeout=60)
    call = asyncio.create_task(fresh.call(fresh.on_install("time.sleep(100)")))
    assert await until(psutil.Process().children)
    await fresh.registry.close()
    assert psutil.Process().children() == []
    with pytest.raises(HookKilledError):
        await call


async def test_a_process_that_cannot_be_started_is_told(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = make(fork=False)
    monkeypatch.setattr("sys.executable", "/missing/python")
    with pytest.raises(BusyError, match=r"no process for a hook could be started: .*No such file"):
        await fresh.call(fresh.on_install("pass"))
