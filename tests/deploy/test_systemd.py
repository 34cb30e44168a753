"""The unit for systemd, as far as that can be seen where systemd runs nothing."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pluginhub.care.doctor.machine import OWN_FILES
from pluginhub.config import Server
from tests import bundles
from tests.cli.running import running
from tests.cli.test_serve import ask

UNIT = (Path(__file__).parents[2] / "deploy/pluginhub.service").read_text()
# Without these a server, its workers or the sandbox of hooks would not come up.
NEEDED = {
    *("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"),
    *("prctl", "setpriority", "prlimit64", "setsid", "clone", "clone3", "execve", "wait4"),
    *("sendfile", "fsync", "fdatasync", "renameat2", "flock", "fcntl", "statx", "chmod"),
    *("epoll_create1", "eventfd2", "socketpair", "sendmsg", "recvmsg", "memfd_create"),
    *("inotify_init1", "capset", "pidfd_open", "kill", "setrlimit"),
}


def setting(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)


def analyze(*arguments: str | Path) -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(name="unit")
def _unit(tmp_path: Path) -> Path:
    """Return the unit, for a pluginhub that is installed here."""
    file = tmp_path / "pluginhub.service"
    here = str(Path(sys.executable).with_name("pluginhub"))
    text = UNIT.replace("ExecStart=/opt/pluginhub/bin/pluginhub", f"ExecStart={here}")
    assert here in text
    file.write_text(text)
    return file


def test_systemd_finds_nothing_to_complain_of(unit: Path) -> None:
    told = analyze("verify", "--man=no", unit)
    assert [line for line in told.splitlines() if "pluginhub" in line] == []


def test_it_is_as_closed_as_a_server_can_be(unit: Path) -> None:
    told = analyze("security", "--offline=true", "--threshold=20", "--no-pager", unit)
    assert "Overall exposure level" in told


def test_no_call_is_refused_that_is_needed() -> None:
    allowed: set[str] = set()
    for line in setting("SystemCallFilter"):
        takes_away, names = line.startswith("~"), line.removeprefix("~").split()
        for name in names:
            calls = calls_of(name)
            allowed = allowed - calls if takes_away else allowed | calls
    assert sorted(NEEDED - allowed) == []
    assert not {"ptrace", "mount", "bpf", "keyctl", "chown", "reboot"} & allowed
    assert setting("SystemCallErrorNumber") == ["EPERM"]


def calls_of(name: str) -> set[str]:
    """Return the calls of a set, with those of the sets in it."""
    if not name.startswith("@"):
        return {name}
    lines = [line.strip() for line in analyze("syscall-filter", name).splitlines()]
    words = {line for line in lines if line and not line.startswith("#")} - {name}
    return set().union(*(calls_of(word) for word in words))


def test_it_may_write_only_to_what_systemd_makes_for_it() -> None:
    [start] = setting("ExecStart")
    assert f"--data-dir /var/lib/{setting('StateDirectory')[0]} " in start
    assert setting("WorkingDirectory") == [f"/etc/{setting('ConfigurationDirectory')[0]}"]
    assert setting("ProtectSystem") == ["strict"]
    assert setting("NoNewPrivileges") == ["yes"]
    assert setting("User") == ["pluginhub"]


def test_it_has_what_the_defaults_ask_for() -> None:
    assert int(setting("LimitNOFILE")[0]) >= Server().max_connections + OWN_FILES
    assert setting("TimeoutStopSec") == ["20"]
    assert setting("KillMode") == ["mixed"]
    assert setting("Restart") == ["on-failure"]


HOOKS = b"""
import ctypes, mmap
from pluginhub.hooks import *

class Hooks(LifecycleHooks):
    def on_install(self, context):
        try:
            mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()
            context.config["memory"] = "writable and executable"
        except PermissionError:
            context.config["memory"] = "either"
"""


@pytest.mark.timeout(60)
def test_server_and_hooks_run_where_no_memory_is_writable_and_executable(tmp_path: Path) -> None:
    """What MemoryDenyWriteExecute does, by the kernel's own means (Linux 6.3)."""
    assert setting("MemoryDenyWriteExecute") == ["yes"]
    program = (
        "import ctypes, runpy; c = ctypes.c_ulong; libc = ctypes.CDLL(None);"
        "assert libc.prctl(65, c(1), c(0), c(0), c(0)) == 0;"
        "runpy.run_module('pluginhub', run_name='__main__')"
    )
    files = {**bundles.files(hooks="hooks.py"), "hooks.py": HOOKS}
    with running("serve", "--port", "0", cwd=tmp_path, program=("-c", program)):
        ask(tmp_path, "POST", "/api/plugins", bundles.tar_gz(files))
        ask(tmp_path, "POST", "/api/users", b'{"name": "ann", "password": "correct horse"}')
        ask(tmp_path, "POST", "/api/plugins/Clock/install?user=ann", b"{}")
        found = ask(tmp_path, "GET", "/api/plugins/Clock/config?user=ann")
    assert found["config"]["memory"] == "either"
