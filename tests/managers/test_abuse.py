"""What a plugin may try: the others, and the server, do not notice."""

import asyncio
import os
from pathlib import Path
from time import monotonic

import pytest
from structlog.testing import capture_logs

from pluginhub.errors import (
    HookAnswerError,
    HookError,
    HookKilledError,
    HookRaisedError,
    HookTimeoutError,
)
from tests.managers.workshop import ANN, BEN, Workshop, gone

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(60),  # starts many processes
]
GOOD = "context.config['fine'] = True"


async def nothing_happened(shared: Workshop) -> None:
    """Check that another plugin works as before, and that no process is left."""
    assert await shared.strays() == []
    result = await shared.call(shared.on_install(GOOD))
    assert result == {"config": {"fine": True}}
    assert await shared.strays() == []


@pytest.mark.parametrize(
    ("body", "expected", "told"),
    [
        ("raise ValueError('no luck')", HookRaisedError, "failed: ValueError: no luck"),
        ("raise KeyboardInterrupt", HookRaisedError, "failed: KeyboardInterrupt"),
        ("raise asyncio.CancelledError", HookRaisedError, "failed: CancelledError"),
        ("sys.exit('bye')", HookRaisedError, "failed: SystemExit: bye"),
        ("def again(): again()\nagain()", HookRaisedError, "failed: RecursionError"),
        ("os._exit(3)", HookKilledError, "its process exited with 3"),
        ("os._exit(0)", HookKilledError, "its process exited with 0"),
        ("ctypes.string_at(0)", HookKilledError, "its process ended by SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGKILL)", HookKilledError, "ended by SIGKILL"),
        ("os.killpg(0, signal.SIGTERM)", HookKilledError, "ended by SIGTERM"),
        ("os.abort()", HookKilledError, "ended by SIGABRT"),
        ("x = []\nwhile True: x.append(bytearray(10**7))", HookRaisedError, "failed: MemoryError"),
        ("raise type('E', (Exception,), {'__str__': lambda self: 1 / 0})()", HookRaisedError, "E"),
    ],
)
async def test_a_hook_that_ends_badly_fails_alone(
    shared: Workshop, body: str, expected: type[HookError], told: str
) -> None:
    with pytest.raises(expected, match=told) as caught:
        await shared.call(shared.on_install(body))
    assert type(caught.value) is expected
    await nothing_happened(shared)


IGNORE_SIGNALS = """
for n in range(1, 65):
    if n not in (9, 19, 32, 33): signal.signal(n, signal.SIG_IGN)
time.sleep(100)
"""
SWALLOW = """
while True:
    try: await asyncio.sleep(100)
    except asyncio.CancelledError: pass
"""


@pytest.mark.parametrize(
    "body",
    [
        "await asyncio.sleep(100)",
        "time.sleep(100)",
        "while True: pass",
        "threading.Thread(target=time.sleep, args=(100,)).start(); time.sleep(100)",
        IGNORE_SIGNALS,
        SWALLOW,
        "while True: os.fork() and os.wait()",
    ],
    ids=["waits", "blocks", "busy", "thread", "signals", "swallows", "forks"],
)
async def test_a_hook_that_does_not_end_is_ended(quick: Workshop, body: str) -> None:
    began = monotonic()
    with pytest.raises(HookTimeoutError, match="was ended: it took longer than 1 s"):
        await quick.call(quick.on_install(body))
    assert monotonic() - began < 5
    await nothing_happened(quick)


LEAVE_A_TASK = """
async def stay():
    while True:
        try: await asyncio.sleep(100)
        except asyncio.CancelledError: pass
globals()["kept"] = asyncio.create_task(stay())
await asyncio.sleep(0)
"""


@pytest.mark.parametrize(
    "body",
    [
        LEAVE_A_TASK,
        "asyncio.create_task(asyncio.sleep(100))",
        "asyncio.get_running_loop().run_in_executor(None, time.sleep, 100)",
        "async def count():\n    yield 1\n    yield 2\nasync for number in count(): break",
    ],
    ids=["task that stays", "task that begins", "executor", "generator"],
)
async def test_what_a_hook_leaves_behind_does_not_hold_it_up(quick: Workshop, body: str) -> None:
    with capture_logs() as logged:
        assert await quick.call(quick.on_install(body)) == {"config": {}}
    assert logged == []
    await nothing_happened(quick)


async def test_a_hook_that_prints_too_much_fails_in_its_own_words(shared: Workshop) -> None:
    body = """
        while True: os.write(1, b"x" * 1_000_000)
    """
    with pytest.raises(HookError, match=r"failed: OSError: .*File too large") as caught:
        await shared.call(shared.on_install(body))
    assert type(caught.value) is HookRaisedError
    await nothing_happened(shared)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("context.config['x'] = float('nan')", "Out of range float values"),
        ("context.config['x'] = context.config", "Circular reference"),
        ("context.config['x'] = object()", "not JSON serializable"),
        ("context.config['x'] = b'x'", "not JSON serializable"),
        ("context.config[1, 2] = 3", "keys must be str"),
        ("x = context.config\nfor _ in range(10**5): x['x'] = x = {}", "RecursionError"),
        ("context.config['x'] = 'x' * 5_000_000", "4194304 are allowed"),
        ("context.config['x'] = 'x' * 100_000_000", "MemoryError|4194304 are allowed"),
        ("context.config['x'] = ['x' * 1_000_000] * 1_000", "MemoryError|4194304 are allowed"),
        ("answer(b'no JSON')", "no JSON"),
        ("answer(b'[]')", "no result"),
        ("answer(b'{\"result\": [NaN]}')", "NaN is no number"),
        ("answer(b'{\"result\": []}')", "no result"),
        ('answer(b\'{"error": {"kind": "result", "message": ""}}\')', "no result"),
        ("answer(b'[' * 1_000_000)", "no JSON"),
        ("answer(b'\\xff' * 100)", "no JSON"),
        ("answer(b' ' * 5_000_000)", "more than 4194304 bytes"),
        ("answer(b'9' * 10_000)", "no JSON"),
    ],
)
async def test_garbage_is_refused(shared: Workshop, body: str, told: str) -> None:
    forge = (
        "def answer(data):\n"
        "    for number in range(3, 256):\n"
        "        try: os.write(number, data)\n"
        "        except OSError: pass\n"
        "    os._exit(0)\n"
    )
    with pytest.raises(HookAnswerError, match=told):
        await shared.call(shared.on_install(forge + body))
    await nothing_happened(shared)


async def test_closed_descriptors_are_the_hooks_own_problem(shared: Workshop) -> None:
    with pytest.raises(HookKilledError, match="exited with 70"):
        await shared.call(shared.on_install("os.closerange(0, 300)"))
    await nothing_happened(shared)


DAEMON = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        Path("pid").write_text(str(os.getpid()))
        while True: time.sleep(1)
    os._exit(0)
while not (Path("pid").is_file() and Path("pid").read_text()): time.sleep(0.01)
"""


@pytest.mark.parametrize(
    ("body", "fails"),
    [
        (DAEMON, False),
        (f"{DAEMON}\nos._exit(1)", True),
        (
            "child = subprocess.Popen(['sleep', '100'])\nPath('pid').write_text(str(child.pid))",
            False,
        ),
    ],
    ids=["a daemon", "a daemon of a hook that crashes", "a child"],
)
async def test_processes_do_not_outlive_the_hook(
    shared: Workshop, body: str, *, fails: bool
) -> None:
    with shared.scratch() as scratch:
        call = shared.call(shared.on_install(body), scratch=scratch)
        if fails:
            with pytest.raises(HookKilledError):
                await call
        else:
            await call
        assert await gone(int((scratch / "pid").read_text()))
    await nothing_happened(shared)


async def test_versions_import_their_own_modules_and_patch_their_own_json(
    shared: Workshop,
) -> None:
    body = """
        import helper
        context.config.update(helper=helper.NUMBER, json=json.loads("1"), path=sys.path[0])
        json.loads = None
        sys.modules["pluginhub.hooks"] = None
        sys.path.clear()
    """
    one = shared.on_install(body, "1.0.0", slug="Clash", helper="NUMBER = 1")
    two = shared.on_install(body, "2.0.0", slug="Clash", helper="NUMBER = 2")
    for _ in range(2):
        results = await asyncio.gather(*(shared.call(code) for code in (one, two)))
        assert [result["config"] for result in results] == [
            {"helper": 1, "json": 1, "path": str(one.path)},
            {"helper": 2, "json": 1, "path": str(two.path)},
        ]
    await nothing_happened(shared)


async def test_nothing_of_one_user_is_left_for_another(shared: Workshop) -> None:
    code = shared.write(
        """
        import os
        from pluginhub.hooks import LifecycleHooks
        seen = []
        class Hooks(LifecycleHooks):
            async def on_install(self, context):
                seen.append(context.user_id)
                os.environ["SEEN"] = os.environ.get("SEEN", "") + context.user_id
                context.config.update(seen=seen, environment=os.environ["SEEN"])
        """
    )
    for user_id in (ANN, BEN):
        result = await shared.call(code, user_id=user_id)
        assert result["config"] == {"seen": [user_id], "environment": user_id}


@pytest.mark.parametrize(
    "act",
    [
        "open(path / 'secret').read()",
        "open(path / 'secret', 'a')",
        "os.listdir(path)",
        "open(path / 'new', 'w')",
        "(path / 'new').mkdir()",
        "(path / 'secret').unlink()",
        "(path / 'secret').rename(path / 'other')",
        "os.truncate(path / 'secret', 0)",
        "os.symlink(path, path / 'link')",
        "os.link(path / 'secret', context.scratch / 'link')",
        "os.symlink(path, context.scratch / 'link'); open(context.scratch / 'link' / 'secret')",
        "open('/proc/%d/environ' % os.getppid(), 'rb').read()",
        "os.listdir('/proc/%d/fd' % os.getppid())",
        "os.kill(os.getppid(), 9)",
        "os.kill(int(context.config['server']), 9)",
        "open(context.files / 'hooks.py', 'a')",
        "(context.files / 'hooks.py').unlink()",
        "(context.files / 'new').touch()",
        "subprocess.run(['cat', path / 'secret'], check=True)",
        "os.execv('/bin/sh', ['sh', '-c', 'cat %s/secret' % path])",
        "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (0, 0))",
        "resource.prlimit(context.config['server'], resource.RLIMIT_CPU, (1, 1))",
        "os.setpriority(os.PRIO_PROCESS, context.config['server'], 19)",
        "os.sched_setaffinity(os.getppid(), {0})",
        "socket.socket(socket.AF_UNIX).connect(str(path / 'socket'))",
    ],
)
async def test_what_is_not_the_hooks_is_out_of_reach(
    shared: Workshop, tmp_path: Path, act: str
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "secret").write_text("key")
    code = shared.on_install(f"import resource, socket\npath = Path({str(data)!r})\n{act}")
    with pytest.raises(
        HookError, match=r"PermissionError|CalledProcessError|cross-device|exited with 1"
    ):
        await shared.call(code, config={"server": os.getpid()})
    assert [path.name for path in data.iterdir()] == ["secret"]
    assert (data / "secret").read_text() == "key"
    assert [path.name for path in code.path.iterdir()] == ["hooks.py"]
    await nothing_happened(shared)


async def test_a_hook_knows_nothing_of_the_server(
    shared: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUGINHUB_AUTH_SECRET", "x")
    code = shared.on_install(
        """
        context.config["names"] = sorted(os.environ)
        context.config["files"] = [os.readlink(f"/proc/self/fd/{n}") for n in (0,)]
        context.config["open"] = len(os.listdir("/proc/self/fd"))
        context.config["here"] = os.getcwd()
        context.config["modules"] = [m for m in sys.modules if "aiohttp" in m]
        """
    )
    config = (await shared.call(code))["config"]
    assert [name for name in config["names"] if name.startswith("PLUGINHUB")] == []
    assert config["files"] == ["/dev/null"]
    assert config["open"] <= 8  # three, the answer, those of the event loop, and the listing
    assert config["modules"] == []


async def test_a_hook_can_do_its_work(shared: Workshop) -> None:
    code = shared.on_install(
        """
        import hashlib, sqlite3, tempfile, uuid, zoneinfo
        Path("a").write_text("x")
        Path("a").rename("b")
        with tempfile.NamedTemporaryFile() as file:
            assert file.name.startswith(str(context.scratch))
        sqlite3.connect("x.db").execute("CREATE TABLE x (y)").connection.close()
        context.config["out"] = subprocess.run(
            [sys.executable, "-c", "print(open('b').read())"], capture_output=True, text=True
        ).stdout
        context.config["listed"] = sorted(os.listdir(context.files))
        context.config["home"] = str(Path.home().relative_to(context.scratch))
        await asyncio.to_thread(time.sleep, 0)
        os.kill(os.getpid(), 0)
        """
    )
    assert (await shared.call(code))["config"] == {
        "out": "x\n",
        "listed": ["hooks.py"],
        "home": "tmp",
    }
