import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pluginhub.errors import DataDirectoryError, DataDirectoryInUseError
from pluginhub.storage import data_directory
from pluginhub.storage.data_directory import DataDirectory

HOLDER = """
import sys, time
from pathlib import Path
from pluginhub.storage.data_directory import DataDirectory
lock = DataDirectory.at(Path(sys.argv[1])).lock()
print("locked", flush=True)
time.sleep(60)
"""


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "data"


@pytest.fixture(name="holder")
def _holder(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def test_everything_has_its_place_below_an_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = DataDirectory.at(Path("data"))
    places = [data.database, data.shared, data.staging, data.trash]
    places += [data.capability_key, data.server_file]
    assert data.path == tmp_path / "data"
    assert {place.parent for place in places} == {data.path}
    assert len(set(places)) == 6


def test_locking_makes_private_directories(path: Path) -> None:
    data = DataDirectory.at(path)
    assert not path.exists()
    os.close(data.lock())
    for folder in (data.path, data.shared, data.staging, data.trash):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert (path / ".lock").stat().st_mode & 0o777 == 0o600


def test_a_power_cut_does_not_take_the_directory_away(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(data_directory, "sync_directory", synced.append)
    os.close(DataDirectory.at(path).lock())
    assert synced == [path.parent, path.parent.parent]
    os.close(DataDirectory.at(path).lock())  # a crash may have come before the first one synced
    assert synced[2:] == [path.parent]


def test_a_parent_that_may_only_be_passed_is_no_obstacle(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(folder)

    monkeypatch.setattr(data_directory, "sync_directory", refuse)
    os.close(DataDirectory.at(path).lock())


def test_the_lock_is_held_once_and_free_when_it_is_closed(path: Path) -> None:
    data = DataDirectory.at(path)
    lock = data.lock()
    with pytest.raises(DataDirectoryInUseError, match="in use by another pluginhub"):
        data.lock()
    os.close(lock)
    os.close(data.lock())


def test_a_refused_lock_leaves_nothing_open(path: Path) -> None:
    data = DataDirectory.at(path)
    lock = data.lock()
    before = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(DataDirectoryInUseError):
        data.lock()
    assert len(list(Path("/dev/fd").iterdir())) == before
    os.close(lock)


def test_the_lock_of_another_process_holds_until_it_is_killed(
    path: Path, holder: "subprocess.Popen[str]"
) -> None:
    data = DataDirectory.at(path)
    with pytest.raises(DataDirectoryInUseError) as caught:
        data.lock()
    assert caught.value.fields == {"path": str(path)}
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    os.close(data.lock())


@pytest.mark.parametrize("below", ["", "data", "a/b/data"])
def test_a_path_that_cannot_be_made_is_named_with_its_setting(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    data = DataDirectory.at(tmp_path / "file" / below)
    with pytest.raises(DataDirectoryError) as caught:
        data.lock()
    start = f"storage.plugins_base_dir: {str(data.path)!r} cannot be written"
    assert str(caught.value).startswith(start)
    assert not isinstance(caught.value, DataDirectoryInUseError)


def test_a_path_that_no_system_takes_is_refused_like_any_other(tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryError, match="cannot be written: embedded null"):
        DataDirectory.at(tmp_path / "a\0b").lock()


# Private files


@pytest.fixture(name="data")
def _data(tmp_path: Path) -> DataDirectory:
    return DataDirectory.at(tmp_path)


def test_a_directory_with_other_things_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "staging").mkdir()
    (tmp_path / "staging/photo.jpg").write_bytes(b"mine")
    with pytest.raises(DataDirectoryError, match="holds other things, for instance 'staging'"):
        DataDirectory.at(tmp_path).lock()
    assert [path.name for path in tmp_path.rglob("*")] == ["staging", "photo.jpg"]


@pytest.mark.parametrize("name", ["pluginhub.db", ".lock", "lost+found"])
def test_a_directory_of_ours_or_a_fresh_disk_is_taken(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    os.close(DataDirectory.at(tmp_path).lock())


def test_a_private_file_is_for_this_account_only(data: DataDirectory) -> None:
    before = os.umask(0)
    try:
        data.write_private(data.server_file, b"secret")
    finally:
        os.umask(before)
    assert data.server_file.read_bytes() == b"secret"
    assert data.server_file.stat().st_mode & 0o777 == 0o600
    assert list(data.path.iterdir()) == [data.server_file]


def test_a_private_file_replaces_what_was_there_with_its_mode(data: DataDirectory) -> None:
    data.server_file.write_bytes(b"a longer text before")
    data.server_file.chmod(0o644)
    data.write_private(data.server_file, b"new")
    assert data.server_file.read_bytes() == b"new"
    assert data.server_file.stat().st_mode & 0o777 == 0o600


def test_a_write_that_fails_leaves_the_old_file_and_can_be_repeated(
    data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError

    data.write_private(data.server_file, b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError):  # noqa: PT011 - it is the one above
            data.write_private(data.server_file, b"new")
    assert data.server_file.read_bytes() == b"old"
    data.write_private(data.server_file, b"new")
    assert data.server_file.read_bytes() == b"new"


def test_a_link_in_the_place_of_the_new_file_is_not_followed(
    data: DataDirectory, tmp_path: Path
) -> None:
    (tmp_path / "victim").write_bytes(b"untouched")
    (tmp_path / "server.json.part").symlink_to("victim")
    data.write_private(data.server_file, b"secret")
    assert (tmp_path / "victim").read_bytes() == b"untouched"
    assert not data.server_file.is_symlink()


def test_a_private_file_is_on_the_disk_before_it_has_its_name_and_the_name_after(
    data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        events.append((os.fstat(descriptor).st_ino, os.fstat(descriptor).st_size))

    def replaced(source: Path, target: Path) -> None:
        replace(source, target)
        events.append((0, 0))

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    data.write_private(data.server_file, b"secret")
    file, folder = data.server_file.stat(), data.path.stat()
    assert events == [(file.st_ino, 6), (0, 0), (folder.st_ino, folder.st_size)]
