import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pluginhub.managers import sandbox

HEAD = """
import os, resource, sys
from pathlib import Path
from pluginhub.managers import sandbox
"""


def run(code: str, *arguments: object) -> str:
    """Run code in a process of its own, and return what it prints."""
    return subprocess.run(
        [sys.executable, "-c", HEAD + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (512, 1024)),
    ).stdout.strip()


TRY = """
def attempt(action, *arguments, **options):
    try:
        action(*arguments, **options)
    except OSError as error:
        print(type(error).__name__, end=" ")
    else:
        print("done", end=" ")
read, write, other = map(Path, sys.argv[1:])
"""


@pytest.fixture(name="places")
def _places(tmp_path: Path) -> list[Path]:
    """Directories to read from, to write to, and to keep out of, with a file in each."""
    places = [tmp_path / name for name in ("read", "write", "other")]
    for place in places:
        place.mkdir()
        (place / "file").write_text("x")
    return places


def test_only_what_is_allowed_can_be_reached(places: list[Path]) -> None:
    code = """
print(sandbox.restrict([*sandbox.system_paths(), read], [write]), end=" ")
assert sandbox.landlock_version() > 0
for place in (read, write, other):
    attempt((place / "file").read_text)
    attempt(os.listdir, place)
    attempt((place / "file").write_text, "y")
    attempt((place / "new").mkdir)
    attempt(os.truncate, place / "file", 0)
"""
    denied = "PermissionError"
    assert run(TRY + code, *places).split() == [
        "True",
        *("done", "done", denied, denied, denied),
        *("done", "done", "done", "done", "done"),
        *(denied, denied, denied, denied, denied),
    ]


def test_files_can_be_allowed_one_by_one(places: list[Path]) -> None:
    code = """
sandbox.restrict([read / "file"], [write / "file"])
attempt((read / "file").read_bytes)
attempt((read / "file").write_text, "y")
attempt((write / "file").write_text, "y")
attempt((write / "new").write_text, "y")
"""
    assert run(TRY + code, *places) == "done PermissionError done PermissionError"


def test_files_move_between_directories_of_the_scratch(places: list[Path]) -> None:
    code = """
sandbox.restrict(sandbox.system_paths(), [write])
(write / "below").mkdir()
attempt((write / "file").rename, write / "below" / "file")
"""
    assert run(TRY + code, *places) == "done"


def test_what_is_missing_is_left_out(places: list[Path]) -> None:
    code = 'print(sandbox.restrict([read / "missing"], [write / "missing"]))'
    assert run(TRY + code, *places) == "True"


def test_other_processes_get_no_signals(places: list[Path]) -> None:
    code = """
sandbox.restrict([], [])
attempt(os.kill, os.getppid(), 0)
attempt(os.kill, os.getpid(), 0)
"""
    assert run(TRY + code, *places) == "PermissionError done"


def test_no_privileges_can_be_gained(places: list[Path]) -> None:
    code = """
sandbox.restrict(sandbox.system_paths(), [])
print([line for line in open("/proc/self/status") if "NoNewPrivs" in line])
"""
    assert run(TRY + code, *places) == r"['NoNewPrivs:\t1\n']"


def test_limits_are_set_for_good() -> None:
    code = """
print(sandbox.limit(200_000_000))
print([resource.getrlimit(k) for k in (
    resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)])
print(os.nice(0) >= 10)
"""
    assert run(code).splitlines() == [
        "256",
        "[(256, 256), (67108864, 67108864), (0, 0)]",
        "True",
    ]


def test_lower_limits_stay() -> None:
    code = """
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
print(sandbox.limit(200_000_000), resource.getrlimit(resource.RLIMIT_NOFILE))
"""
    assert run(code) == "64 (64, 64)"


def test_memory_counts_from_what_the_process_has() -> None:
    code = """
taken = bytearray(500_000_000)
sandbox.limit(200_000_000)
more = bytearray(150_000_000)
try:
    bytearray(100_000_000)
except MemoryError:
    print("enough")
"""
    assert run(code) == "enough"


def test_root_keeps_no_privileges() -> None:
    code = """
sandbox.limit(200_000_000)
print([line.split()[1] for line in open("/proc/self/status") if line.startswith("Cap")])
"""
    nothing = "0" * 16
    if os.getuid() == 0:
        assert run(code) == str([nothing] * 5)
    else:  # what others could gain stays, and they cannot gain it
        assert run(code).count(nothing) >= 4


def test_a_process_without_privileges_uses_files_of_its_own(places: list[Path]) -> None:
    for place in places:
        place.chmod(0o700)
    (places[0] / "file").chmod(0o400)
    code = """
sandbox.limit(200_000_000)
sandbox.restrict([*sandbox.system_paths(), read], [write])
attempt((read / "file").read_text)
attempt((write / "file").write_text, "y")
attempt((write / "new").mkdir)
attempt(os.listdir, write)
"""
    assert run(TRY + code, *places) == "done done done done"


def test_system_paths_hold_no_home_and_no_working_directory() -> None:
    paths = sandbox.system_paths()
    assert Path(sys.prefix, "lib") in paths
    assert Path(sandbox.__file__).parents[1] in paths
    assert Path("/usr/bin") in paths
    places = {Path("/"), Path.home(), Path.cwd(), Path("/etc"), Path("/usr"), Path("/usr/local")}
    assert [path for path in paths if path in places or path == Path(sys.prefix)] == []
    assert [path for path in paths if not path.exists()] == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (Path("/usr/share"), True),
        (Path("/usr/share/pluginhub/data"), True),
        (Path("/usr/lib/../share/x"), True),
        (Path("/lib/x"), True),
        (Path(sys.prefix, "lib", "x"), True),
        (Path(sandbox.__file__), True),
        (Path(sys.prefix, "data"), False),
        (Path("/usr/data"), False),
        (Path("/usr/share-data"), False),
        (Path("/usr/share/../data"), False),
        (Path("/srv/pluginhub"), False),
    ],
    ids=str,
)
def test_what_hooks_can_read_is_known(path: Path, *, expected: bool) -> None:
    assert sandbox.readable(path) is expected


def test_a_link_into_what_hooks_can_read_is_readable(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/usr/share")
    assert sandbox.readable(tmp_path / "link" / "data")
    assert not sandbox.readable(tmp_path / "data")
