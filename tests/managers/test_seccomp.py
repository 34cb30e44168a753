import os
import platform
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from pluginhub.managers import seccomp

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
        reason="there is no filter for this system",
    ),
    pytest.mark.timeout(30),  # a fresh process each
]

HEAD = """
import asyncio, ctypes, os, resource, shutil, socket, sqlite3, subprocess, sys, threading, time
from pathlib import Path
from pluginhub.managers import seccomp
from pluginhub.managers.seccomp import _PRETENDED, _REFUSED
place, other = Path(sys.argv[1]), int(sys.argv[2])
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    return result, ctypes.get_errno()
"""


def run(code: str, place: Path, *, filtered: bool = True) -> str:
    """Run code in a process of its own, and return what it prints."""
    begin = "assert seccomp.filter_calls()\n" if filtered else ""
    return subprocess.run(
        [sys.executable, "-c", HEAD + begin + dedent(code), str(place), str(os.getpid())],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


@pytest.mark.parametrize(
    "act",
    [
        "resource.prlimit(other, resource.RLIMIT_NOFILE)",
        "resource.prlimit(other, resource.RLIMIT_CORE, (0, 0))",
        "os.setpriority(os.PRIO_PROCESS, other, 19)",
        "os.setpriority(os.PRIO_PGRP, 0, 19)",
        "os.sched_setscheduler(other, os.SCHED_IDLE, os.sched_param(0))",
        "os.sched_setparam(other, os.sched_param(0))",
        "os.sched_setaffinity(other, {0})",
        "socket.socket(socket.AF_UNIX)",
        "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
        "socket.socketpair(type=socket.SOCK_DGRAM)",
        "socket.socketpair(type=socket.SOCK_RAW)",
        "os.chroot(place)",
        "os.utime(place)",
    ],
)
def test_what_reaches_others_is_refused(tmp_path: Path, act: str) -> None:
    code = f"try: {act}\nexcept PermissionError: print('refused')"
    assert run(code, tmp_path) == "refused"


def test_each_call_gets_its_answer(tmp_path: Path) -> None:
    code = """
    index = ("x86_64", "aarch64").index(os.uname().machine)
    for calls in (_REFUSED, _PRETENDED):
        numbers = [pair[index] for pair in calls.values() if pair[index]]
        print({call(number, -1, -1, -1, -1) for number in numbers})
    """
    assert run(code, tmp_path).splitlines() == ["{(-1, 1)}", "{(0, 0)}"]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="others have one set of numbers")
def test_calls_by_their_second_numbers_are_refused(tmp_path: Path) -> None:
    assert run("print(call(0x40000000 + 39))", tmp_path) == "(-1, 1)"


def test_shared_memory_and_queues_are_refused(tmp_path: Path) -> None:
    code = "print(libc.shmget(0, ctypes.c_size_t(4096), 0o1600), libc.msgget(0x7777, 0o1666))"
    assert run(code, tmp_path) == "-1 -1"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="others have one call for times")
def test_older_calls_for_times_do_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.utime(tmp_path / "file", (5, 5))
    code = """
    path = ctypes.c_char_p(bytes(place / "file"))
    times = (ctypes.c_long * 4)()
    where = ctypes.cast(path, ctypes.c_void_p).value
    for arguments in ((132, where), (235, where), (261, -100, where)):
        print(call(*arguments, 0), call(*arguments, ctypes.addressof(times)))
    """
    assert run(code, tmp_path).splitlines() == ["(-1, 1) (0, 0)"] * 3
    assert (tmp_path / "file").stat().st_mtime == 5


def test_modes_owners_times_and_attributes_seem_to_change(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    file.chmod(0o640)
    before = file.stat()
    code = """
    file = place / "file"
    os.chmod(file, 0o777)
    os.chown(file, 1234, 1234)
    os.lchown(file, 1234, 1234)
    os.utime(file, (0, 0))
    os.setxattr(file, "user.x", b"1")
    with file.open("r+") as opened:
        os.fchmod(opened.fileno(), 0o777)
        os.fchown(opened.fileno(), 1234, 1234)
        os.utime(opened.fileno(), (0, 0))
    os.chmod("file", 0, dir_fd=os.open(place, os.O_RDONLY))
    """
    run(code, tmp_path)
    after = file.stat()
    names = ("st_mode", "st_uid", "st_gid", "st_mtime_ns", "st_ctime_ns")
    assert [getattr(after, name) for name in names] == [getattr(before, name) for name in names]


def test_children_are_filtered_as_well(tmp_path: Path) -> None:
    (tmp_path / "file").touch(0o600)
    run("subprocess.run(['chmod', '777', place / 'file'], check=True)", tmp_path)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_no_privileges_can_be_gained(tmp_path: Path) -> None:
    code = "print([line for line in open('/proc/self/status') if 'NoNewPrivs' in line])"
    assert run(code, tmp_path) == r"['NoNewPrivs:\t1\n']"


@pytest.mark.parametrize(
    "act",
    [
        "subprocess.run(['true'], check=True)",
        "subprocess.run('echo x | cat', shell=True, check=True, capture_output=True)",
        "subprocess.run(['true'], start_new_session=True, check=True)",
        "t = threading.Thread(target=time.sleep, args=(0,)); t.start(); t.join()",
        "asyncio.run(asyncio.to_thread(time.sleep, 0))",
        """
        async def child():
            process = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
            assert (await process.communicate(b"x"))[0] == b"x"
        asyncio.run(child())
        """,
        """
        with sqlite3.connect(place / "x.db") as db:
            db.execute("PRAGMA journal_mode = wal")
            db.execute("CREATE TABLE x (y)")
        """,
        """
        (place / "tree" / "below").mkdir(parents=True)
        (place / "tree" / "below" / "file").write_text("x")
        shutil.copytree(place / "tree", place / "copy")
        shutil.copy2(place / "tree" / "below" / "file", place / "file")
        shutil.make_archive(str(place / "archive"), "gztar", place / "tree")
        shutil.unpack_archive(place / "archive.tar.gz", place / "unpacked")
        assert (place / "unpacked" / "below" / "file").read_text() == "x"
        shutil.rmtree(place / "tree")
        """,
        """
        (place / "new").touch()
        (place / "new").touch()
        assert (place / "new").exists()
        subprocess.run(["touch", place / "newer", place / "new"], check=True)
        assert (place / "newer").exists()
        """,
        "[end.close() for end in socket.socketpair()]",
        "socket.socketpair(type=socket.SOCK_SEQPACKET)",
        "socket.create_server(('127.0.0.1', 0)).close()",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "socket.getaddrinfo('localhost', 80)",
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
        "import pwd; pwd.getpwuid(0)",
        "import uuid, tempfile; tempfile.mkdtemp(dir=place); uuid.uuid1()",
    ],
)
def test_ordinary_work_goes_on(tmp_path: Path, act: str) -> None:
    run(act, tmp_path)


def test_elsewhere_there_is_no_filter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = os.uname()
    other = os.uname_result((*machine[:4], "riscv64"))
    monkeypatch.setattr(os, "uname", lambda: other)
    assert seccomp._program() == b""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "uname", lambda: machine)
    assert seccomp._program() == b""
    code = "print(seccomp.is_there()); seccomp._CODE = b''; print(seccomp.is_there())"
    assert run(code, tmp_path, filtered=False).split() == ["True", "False"]
    code = "seccomp._CODE = b''; print(seccomp.filter_calls(), call(1, 1, 0, 0))"
    assert run(code, tmp_path, filtered=False).startswith("False")


def test_each_architecture_has_its_own_program(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = set()
    for name in ("x86_64", "aarch64"):
        machine = os.uname_result((*os.uname()[:4], name))
        with monkeypatch.context() as context:
            context.setattr(os, "uname", lambda machine=machine: machine)
            programs.add(seccomp._program())
    assert len(programs) == 2
    assert all(len(program) % 8 == 0 for program in programs)


def test_a_program_that_the_system_refuses_is_no_filter(tmp_path: Path) -> None:
    code = "seccomp._CODE = b'x' * 8; print(seccomp.filter_calls())"
    assert run(code, tmp_path, filtered=False) == "False"
