import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from pluginhub.errors import HookKilledError
from pluginhub.managers import frames
from pluginhub.managers.forked import ForkServerProcess
from pluginhub.managers.frames import Frame
from pluginhub.managers.interpreter import command, environment
from tests.managers.workshop import Workshop, gone

pytestmark = pytest.mark.timeout(60)  # starts processes

SERVER = """
import asyncio, sys
from pathlib import Path
from pluginhub.managers.manager import HookCode
from pluginhub.managers.registry import Registry

async def main(release, scratch):
    registry = Registry(hook_timeout=60, hook_memory=2**28, manager_timeout=60)
    code = HookCode("Clock", "1.0.0", release, "hooks.py", "pluginhub")
    data = {"user_id": "u", "user_name": "ann", "config": {}}
    async with registry.lease(code) as manager:
        await manager.call("install", data, user_id="u", scratch=scratch)

asyncio.run(main(*map(Path, sys.argv[1:])))
"""


def test_nothing_outlives_a_server_that_is_killed(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, registry=None)  # type: ignore[arg-type]
    code = workshop.on_install(
        "child = subprocess.Popen(['sleep', '100'])\n"
        "Path('pid').write_text(str(child.pid))\n"
        "time.sleep(100)"
    )
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with subprocess.Popen([sys.executable, "-c", SERVER, code.path, scratch]) as server:
        while not ((scratch / "pid").is_file() and (scratch / "pid").read_text()):
            assert server.poll() is None
        family = psutil.Process(server.pid).children(recursive=True)
        server.kill()
    assert len(family) >= 4
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []


def test_a_server_that_asks_for_a_worker_and_goes_away_leaves_nothing() -> None:
    ours, theirs = socket.socketpair()
    channel, other = socket.socketpair()
    with theirs, channel, other:
        with ours:
            frames.send(ours, Frame(frames.WORKER, 1), (channel.fileno(),))
        done = subprocess.run(
            command("pluginhub.managers.fork_server"),
            stdin=theirs.fileno(),
            env=environment(),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")


async def test_a_fork_server_that_is_killed_is_replaced(workshop: Workshop) -> None:
    code = workshop.on_install("await asyncio.sleep(context.config['seconds'])")
    await workshop.call(code, config={"seconds": 0})
    family = psutil.Process(workshop.fork_server).children(recursive=True)
    call = asyncio.create_task(workshop.call(code, config={"seconds": 100}))
    await asyncio.sleep(0.3)
    os.kill(workshop.fork_server, signal.SIGKILL)
    with pytest.raises(HookKilledError):
        await call
    for process in family:
        assert await gone(process.pid)
    await workshop.call(code, config={"seconds": 0})
    assert await workshop.strays() == []


async def test_interrupting_the_terminal_does_not_reach_it(workshop: Workshop) -> None:
    code = workshop.on_install("pass")
    await workshop.call(code)
    assert os.getsid(workshop.fork_server) == workshop.fork_server
    before = workshop.fork_server
    os.kill(before, signal.SIGINT)
    await asyncio.sleep(0.1)
    await workshop.call(code)
    assert workshop.fork_server == before


async def test_it_knows_nothing_of_the_servers_environment(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setenv("TZ", "UTC")
    await workshop.call(workshop.on_install("pass"))
    environment = psutil.Process(workshop.fork_server).environ()
    assert environment.keys() <= {
        *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT", "PYTHONDONTWRITEBYTECODE")
    }
    assert environment["TZ"] == "UTC"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has capabilities")
async def test_neither_it_nor_a_worker_has_privileges(workshop: Workshop) -> None:
    await workshop.call(workshop.on_install("pass"))
    [worker] = psutil.Process(workshop.fork_server).children()
    for pid in (workshop.fork_server, worker.pid):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        found = dict(line.split(":\t") for line in lines if line.startswith("Cap"))
        assert {int(found[name], 16) for name in ("CapPrm", "CapEff", "CapInh")} == {0}


async def test_a_worker_that_does_not_end_by_itself_is_killed() -> None:
    server = await ForkServerProcess.start()
    worker = await server.worker()
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGSTOP)
    await server.close()
    assert await gone(worker.pid)
    await worker.ended()


async def test_closing_leaves_no_process(workshop: Workshop) -> None:
    daemon = (
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0: time.sleep(100)\n"
        "    os._exit(0)\n"
        "time.sleep(100)"
    )
    calls = [
        asyncio.create_task(workshop.call(workshop.on_install(body)))
        for body in (daemon, "time.sleep(100)", "pass")
    ]
    await calls[-1]
    await asyncio.sleep(0.3)
    server = psutil.Process(workshop.fork_server)
    family = [server, *server.children(recursive=True)]
    assert len(family) >= 6
    await workshop.registry.close()
    assert [process for process in family if process.is_running()] == []
    results = await asyncio.gather(*calls[:2], return_exceptions=True)
    assert [type(result) for result in results] == [HookKilledError] * 2


async def test_a_fork_server_that_does_not_end_is_killed(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pluginhub.managers.forked._END", 0.2)
    await workshop.call(workshop.on_install("pass"))
    family = psutil.Process(workshop.fork_server).children()
    os.kill(workshop.fork_server, signal.SIGSTOP)
    await workshop.registry.close()
    for process in family:
        assert await gone(process.pid)
