import os
from pathlib import Path

import pytest

from pluginhub.errors import BadBackupError, ConflictError, NotFoundError
from pluginhub.models import ReleaseFile
from pluginhub.storage import backup_directory, tree
from pluginhub.storage.backup_directory import BackupDirectory, Note

PLACE = ("Clock", "v1.0.0")


@pytest.fixture(name="directory")
def _directory(tmp_path: Path) -> BackupDirectory:
    directory = BackupDirectory(tmp_path / "deep" / "backups")
    os.close(directory.lock())
    return directory


@pytest.fixture(name="files")
def _files(tmp_path: Path) -> list[ReleaseFile]:
    """The files of a release in ``tmp_path/shared``."""
    (tmp_path / "shared").mkdir()
    contents = {"dist/a.js": b"a" * 3_000_000, "pluginhub.json": b"{}"}
    return [
        ReleaseFile(path, *tree.write_file(tmp_path / "shared", parts, [content]), None)
        for path, content in contents.items()
        if (parts := (*PLACE, *path.split("/")))
    ]


def made(directory: BackupDirectory, made_at: int, *releases: str) -> Path:
    note = Note(version="1", made_at=made_at, database="d", releases=releases)
    return directory.finish(directory.begin(), note)


def test_backups_are_listed_by_their_time(directory: BackupDirectory) -> None:
    made(directory, 1_000_000_000)
    made(directory, 0)
    made(directory, 0)
    assert directory.names() == ["19700101T000000Z", "19700101T000000Z-2", "20010909T014640Z"]
    assert directory.read("20010909T014640Z").made_at == 1_000_000_000


def test_only_the_owner_may_look_into_them(directory: BackupDirectory) -> None:
    place = made(directory, 0)
    folders = (directory.path, place, directory.path / "releases")
    assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o700] * 3


def test_one_at_a_time(directory: BackupDirectory) -> None:
    lock = directory.lock()
    with pytest.raises(ConflictError, match="another backup is being made in"):
        directory.lock()
    os.close(lock)
    os.close(directory.lock())


def test_what_was_left_half_done_is_no_backup_and_goes(
    directory: BackupDirectory,
) -> None:
    part = directory.begin()
    (part / "pluginhub.db").write_bytes(b"half")
    (directory.path / "releases/part-1").mkdir()
    assert directory.names() == []
    os.close(directory.lock())
    assert {it.name for it in directory.path.rglob("*")} == {".lock", "releases"}


def test_a_release_comes_back_as_it_was(
    directory: BackupDirectory, files: list[ReleaseFile], tmp_path: Path
) -> None:
    assert not directory.has("digest")
    assert directory.add("digest", tmp_path / "shared", PLACE, files) == 3_000_002
    assert directory.has("digest")
    directory.verify("digest", files)
    directory.restore("digest", files, tmp_path / "again" / "v1.0.0")
    found = {it.name: it.stat() for it in (tmp_path / "again").rglob("*") if it.is_file()}
    assert {name: it.st_size for name, it in found.items()} == {
        "a.js": 3_000_000,
        "pluginhub.json": 2,
    }
    assert {it.st_mode & 0o777 for it in found.values()} == {0o444}


def test_a_damaged_release_is_not_taken_at_all(
    directory: BackupDirectory, files: list[ReleaseFile], tmp_path: Path
) -> None:
    file = tmp_path.joinpath("shared", *PLACE, "pluginhub.json")
    file.chmod(0o644)
    file.write_bytes(b"[]")
    with pytest.raises(NotFoundError, match=r"the file pluginhub\.json is damaged"):
        directory.add("digest", tmp_path / "shared", PLACE, files)
    file.unlink()
    with pytest.raises(NotFoundError, match="is missing"):
        directory.add("digest", tmp_path / "shared", PLACE, files)
    assert list((directory.path / "releases").iterdir()) == []


def test_a_release_that_is_damaged_in_a_backup_is_found(
    directory: BackupDirectory, files: list[ReleaseFile], tmp_path: Path
) -> None:
    directory.add("digest", tmp_path / "shared", PLACE, files)
    file = directory.path / "releases/digest/dist/a.js"
    file.chmod(0o644)
    file.write_bytes(b"b" * 3_000_000)
    with pytest.raises(NotFoundError, match="its digest is another"):
        directory.verify("digest", files)
    with pytest.raises(NotFoundError, match="is damaged"):
        directory.restore("digest", files, tmp_path / "again")


def test_the_oldest_go_and_with_them_what_only_they_have(directory: BackupDirectory) -> None:
    for digest in ("old", "both", "new"):
        (directory.path / "releases" / digest).mkdir()
    made(directory, 0, "old", "both")
    made(directory, 60, "both")
    newest = made(directory, 120, "both", "new")
    assert directory.shorten(2, newest.name) == ["19700101T000000Z"]
    assert directory.names() == ["19700101T000100Z", "19700101T000200Z"]
    assert {it.name for it in (directory.path / "releases").iterdir()} == {"both", "new"}
    assert directory.shorten(2, newest.name) == []


def test_the_backup_just_made_stays_though_a_clock_calls_it_old(directory: BackupDirectory) -> None:
    made(directory, 10**9)
    newest = made(directory, 0)
    assert directory.shorten(1, newest.name) == ["20010909T014640Z"]
    assert directory.names() == [newest.name]


def test_beside_a_backup_that_cannot_be_read_no_release_goes(directory: BackupDirectory) -> None:
    (directory.path / "releases" / "who-knows").mkdir()
    made(directory, 0)
    unreadable = made(directory, 60)
    (unreadable / "backup.json").chmod(0o600)
    (unreadable / "backup.json").write_bytes(b"{")
    newest = made(directory, 120)
    assert directory.shorten(2, newest.name) == ["19700101T000000Z"]
    assert (directory.path / "releases" / "who-knows").is_dir()
    with pytest.raises(BadBackupError, match=r"backup\.json cannot be read"):
        directory.read(unreadable.name)


def test_a_path_means_a_backup_or_the_newest_in_it(directory: BackupDirectory) -> None:
    old, new = made(directory, 0), made(directory, 60)
    assert backup_directory.found_at(directory.path)[1] == new.name
    found, name = backup_directory.found_at(old)
    assert (found.path, name) == (directory.path, old.name)
    with pytest.raises(BadBackupError, match="holds no backup"):
        backup_directory.found_at(directory.path / "releases")
