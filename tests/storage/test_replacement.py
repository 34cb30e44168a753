"""The content of a data directory is the old one or the new one, wherever a crash comes."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pluginhub.storage import replacement
from pluginhub.storage.data_directory import DataDirectory

NEW = {"pluginhub.db": b"new rows", "capability.key": b"new key", "shared/Clock/v2/x": b"new"}
OLD = {
    "pluginhub.db": b"old rows",
    "pluginhub.db-wal": b"old log",
    "capability.key": b"old key",
    "shared/Clock/v1/x": b"old",
    "jobs/1/bundle": b"old job",
}
STAYS = {"incoming/a.zip": b"comes", "backups/1/backup.json": b"{}", "quarantine/x": b"bad"}


class CrashError(BaseException):
    """Stands for the end of the process."""


@pytest.fixture(name="data")
def _data(tmp_path: Path) -> Iterator[DataDirectory]:
    data = DataDirectory.at(tmp_path / "data")
    lock = data.lock()
    yield data
    os.close(lock)


def fill(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def ready(data: DataDirectory) -> Path:
    folder = data.staging / "ready"
    fill(folder, NEW)
    return folder


def test_everything_is_replaced_and_what_was_there_is_kept(data: DataDirectory) -> None:
    fill(data.path, {**OLD, **STAYS})
    before = replacement.replace(data, ready(data), "then")
    assert before == data.replaced / "then"
    assert content(before) == OLD
    kept = {f"replaced/then/{name}": it for name, it in OLD.items()}
    assert content(data.path) == {**NEW, **STAYS, **kept}
    assert all(it.is_dir() for it in (data.jobs, data.encoded, data.staging, data.trash))


def test_nothing_is_kept_of_an_empty_directory(data: DataDirectory) -> None:
    assert replacement.replace(data, ready(data), "then") is None
    assert content(data.path) == NEW
    assert not data.replaced.exists()


def test_without_a_note_nothing_is_done(data: DataDirectory) -> None:
    fill(data.path, OLD)
    assert replacement.finish(data) is None
    assert content(data.path) == OLD


@pytest.mark.parametrize("old", [OLD, {}], ids=["full", "empty"])
def test_wherever_a_crash_comes_the_next_start_has_all_of_one(
    data: DataDirectory, old: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, crash = 0, 0
    real = {name: getattr(Path, name) for name in ("rename", "replace", "mkdir", "rmdir", "unlink")}

    def counting(name: str) -> object:
        def call(*arguments: object, **more: object) -> object:
            nonlocal calls
            calls += 1
            if calls == crash:
                raise CrashError
            return real[name](*arguments, **more)

        return call

    ended = False
    while not ended:
        crash += 1
        monkeypatch.undo()
        for path in data.path.iterdir():
            if path.name != ".lock":
                os.system(f"rm -rf '{path}'")  # noqa: S605 - a path of the test
        data.make_places()
        fill(data.path, {**old, **STAYS})
        folder = ready(data)
        calls = 0
        for name in real:
            monkeypatch.setattr(Path, name, counting(name))
        try:
            replacement.replace(data, folder, "then")
            ended = True
        except CrashError:
            pass
        monkeypatch.undo()
        decided = (data.path / "replacement.json").exists() or ended
        data.make_places()  # as every start does
        replacement.finish(data)
        kept = {f"replaced/then/{name}": it for name, it in old.items()}
        found = content(data.path)
        if decided or "replaced/then/pluginhub.db" in found or "shared/Clock/v2/x" in found:
            assert found == {**NEW, **STAYS, **kept}, crash
        else:
            staged = {f"staging/ready/{name}": it for name, it in NEW.items()}
            part = {name for name in found if name == "replacement.json.part"}
            assert found.keys() - part == {**old, **STAYS, **staged}.keys(), crash
    assert crash > 15
