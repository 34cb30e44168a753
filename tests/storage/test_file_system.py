import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from pluginhub.storage import file_system


class Mounted(NamedTuple):
    mountpoint: str
    fstype: str
    opts: str = "rw"


def mounted(monkeypatch: pytest.MonkeyPatch, *places: Mounted) -> None:
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: list(places))


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "SMB3", "fuse.sshfs"])
def test_a_network_file_system_is_known_by_its_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    mounted(monkeypatch, Mounted("/", "ext4"), Mounted(str(tmp_path), kind))
    assert file_system.network_type(tmp_path) == kind
    assert file_system.network_type(tmp_path.parent) is None


def test_a_drive_of_another_machine_is_known_by_its_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted(monkeypatch, Mounted(str(tmp_path), "NTFS", "rw,remote"))
    assert file_system.network_type(tmp_path) == "NTFS"


def test_the_innermost_and_the_last_mount_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "disk").mkdir()
    outer, inner = str(tmp_path), str(tmp_path / "disk")
    mounted(monkeypatch, Mounted(inner, "ext4"), Mounted("/", "ext4"), Mounted(outer, "nfs"))
    assert file_system.network_type(tmp_path / "disk") is None
    mounted(monkeypatch, Mounted(outer, "ext4"), Mounted(outer, "nfs"))
    assert file_system.network_type(tmp_path) == "nfs"


def test_a_link_is_followed_to_where_it_leads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "share").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "share")
    mounted(monkeypatch, Mounted("/", "ext4"), Mounted(str(tmp_path / "share"), "nfs"))
    assert file_system.network_type(tmp_path / "link") == "nfs"


def test_this_disk_is_local(tmp_path: Path) -> None:
    assert file_system.network_type(tmp_path) is None


def test_whether_case_matters_is_seen_at_a_file(tmp_path: Path) -> None:
    (tmp_path / ".lock").touch()
    assert not file_system.ignores_case(tmp_path / ".lock")
    (tmp_path / ".LOCK").touch()  # what such a file system shows
    assert file_system.ignores_case(tmp_path / ".lock")


def test_what_exists_and_can_be_written_is_no_obstacle(tmp_path: Path) -> None:
    assert file_system.obstacle([tmp_path, tmp_path / "missing"]) is None


@pytest.fixture(name="open_folder")
def _open_folder() -> Iterator[Path]:
    """A directory that everybody can reach."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_foreign_owner_is_named_with_what_mends_that(open_folder: Path) -> None:
    told = as_nobody(open_folder)
    assert told.startswith(f"{open_folder}: it belongs to root (0), and this is run by ")
    assert f"`chown -R 65534:65534 {open_folder}`" in told
    assert "docker run --rm --user 0 --volume" in told


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_mode_that_keeps_its_owner_out_is_named(open_folder: Path) -> None:
    os.chown(open_folder, 65534, 65534)
    open_folder.chmod(0o500)
    assert as_nobody(open_folder) == f"{open_folder}: its mode 500 lets its owner not write"


def as_nobody(path: Path) -> str:
    """Return what a process without rights says of a path."""
    read, write = os.pipe()
    if not (child := os.fork()):
        os.setgid(65534)
        os.setuid(65534)
        os.write(write, (file_system.obstacle([path]) or "nothing").encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as stream:
        return stream.read()
