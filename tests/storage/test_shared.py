import asyncio
import dataclasses
import errno
import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pluginhub.errors import NoSpaceError, NotFoundError
from pluginhub.models import ReleaseFile
from pluginhub.storage import bundle, removal
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.shared import Compared, SharedStorage
from tests import bundles
from tests.database import rows
from tests.interrupting import Interrupted
from tests.storage.forms import as_directory, files_below, listing

ENTRY = ReleaseFile("dist/remoteEntry.js", 5, "e" * 64, "text/javascript; charset=utf-8")
FILES: dict[str, bytes | None] = {"dist/remoteEntry.js": b"entry", "README.md": b"read me"}


async def publish(storage: SharedStorage, files: dict[str, bytes | None] | None = None) -> Path:
    async with storage.staging() as folder:
        source = as_directory((files or FILES).items(), folder / "tree")
        await storage.publish(source, "Clock", "1.0.0")
    return storage.release_path("Clock", "1.0.0")


def everything(data: DataDirectory) -> dict[str, bytes]:
    """Return every file below staging, trash and shared storage."""
    return {
        f"{folder.name}/{path}": content
        for folder in (data.staging, data.trash, data.shared)
        for path, content in files_below(folder).items()
    }


def is_empty(folder: Path) -> bool:
    return list(folder.iterdir()) == []


# Staging


async def test_staging_is_an_empty_private_directory_that_goes_after_use(
    storage: SharedStorage, data: DataDirectory
) -> None:
    async with storage.staging() as one, storage.staging() as other:
        assert one != other
        assert one.parent == other.parent == data.staging
        assert is_empty(one)
        assert one.stat().st_mode & 0o777 == 0o700
    assert is_empty(data.staging)


async def fill_and_fail(storage: SharedStorage, error: BaseException) -> None:
    async with storage.staging() as folder:
        file = as_directory([("a/b/c", b"x")], folder / "tree") / "a/b/c"
        file.chmod(0o444)
        raise error


@pytest.mark.parametrize("error", [LookupError(), OSError(errno.EIO, "broken"), SystemExit()])
async def test_staging_is_removed_after_an_exception(
    storage: SharedStorage, data: DataDirectory, error: BaseException
) -> None:
    with pytest.raises(type(error)) as caught:
        await fill_and_fail(storage, error)
    assert caught.value is error
    assert is_empty(data.staging)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("cancellations", [1, 2, 3])
async def test_staging_is_removed_wherever_it_is_cancelled(
    storage: SharedStorage, data: DataDirectory, cancellations: int, late: bool
) -> None:
    async def use() -> None:
        async with storage.staging() as folder:
            as_directory([("a/b", b"x")], folder / "tree")
            await asyncio.sleep(0.001)

    for number in itertools.count():
        at = range(number, number + cancellations)
        run = await Interrupted(use(), at, late=late).run()
        assert is_empty(data.staging)
        if run.waits <= number:
            break
        assert run.cancelled
    assert number >= 3


async def test_staging_that_is_cancelled_while_it_is_made_is_removed(
    storage: SharedStorage, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow_mkdir(path: Path, mode: int) -> None:
        time.sleep(0.05)
        mkdir(path, mode)

    mkdir = Path.mkdir
    monkeypatch.setattr(Path, "mkdir", slow_mkdir)
    task = asyncio.create_task(fill_and_fail(storage, LookupError()))
    await asyncio.sleep(0.03)
    task.cancel()
    await asyncio.wait({task})
    await asyncio.sleep(0.05)
    assert task.cancelled()
    assert is_empty(data.staging)


async def test_staging_is_refused_below_the_reserve(data: DataDirectory) -> None:
    async def stage() -> None:
        async with SharedStorage(data, disk_reserve=2**62).staging():
            raise AssertionError

    with pytest.raises(NoSpaceError, match=r"storage\.disk_reserve") as caught:
        await stage()
    assert caught.value.fields["reserve"] == 2**62
    assert 0 < caught.value.fields["free"] < 2**62
    assert is_empty(data.staging)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
async def test_a_disk_that_runs_full_is_told_from_other_errors(
    storage: SharedStorage, data: DataDirectory, number: int
) -> None:
    with pytest.raises(NoSpaceError, match="nothing was changed"):
        await fill_and_fail(storage, OSError(number, "full"))
    assert is_empty(data.staging)


async def test_a_disk_that_is_full_at_once_is_the_same(
    storage: SharedStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(NoSpaceError):
        await fill_and_fail(storage, LookupError())


# Publishing


async def test_a_tree_is_moved_to_its_place(storage: SharedStorage, data: DataDirectory) -> None:
    place = await publish(storage)
    assert place == data.shared / "Clock" / "v1.0.0"
    assert everything(data) == {f"shared/Clock/v1.0.0/{path}": FILES[path] for path in FILES}


async def test_versions_of_a_plugin_lie_beside_each_other(
    storage: SharedStorage, data: DataDirectory
) -> None:
    await publish(storage)
    async with storage.staging() as folder:
        source = as_directory([("x", b"second")], folder / "tree")
        await storage.publish(source, "Clock", "2.0.0")
    assert files_below(data.shared / "Clock" / "v2.0.0") == {"x": b"second"}
    assert files_below(data.shared / "Clock" / "v1.0.0") == FILES


def old_release(place: Path) -> None:
    as_directory([("old/a", b"x"), ("dist/remoteEntry.js", b"old")], place)
    (place / "old" / "a").chmod(0o444)


def link_outside(place: Path) -> None:
    place.symlink_to(place.parents[2].parent / "outside")


@pytest.mark.parametrize(
    "stray",
    [Path.mkdir, Path.touch, old_release, link_outside, lambda place: place.symlink_to("missing")],
)
async def test_a_stray_is_replaced(
    storage: SharedStorage, data: DataDirectory, stray: Callable[[Path], None]
) -> None:
    outside = as_directory([("canary", b"sings")], data.path.parent / "outside")
    (data.shared / "Clock").mkdir()
    stray(data.shared / "Clock" / "v1.0.0")
    place = await publish(storage)
    assert files_below(place) == FILES
    assert is_empty(data.trash)
    assert listing(outside) == {"canary": b"sings"}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("cancellations", [1, 2])
async def test_a_cancelled_publication_is_over_before_the_task_is(
    storage: SharedStorage, monkeypatch: pytest.MonkeyPatch, cancellations: int, late: bool
) -> None:
    def slow_rename(source: Path, target: Path) -> None:
        time.sleep(0.05)
        rename(source, target)

    rename = os.rename
    monkeypatch.setattr(os, "rename", slow_rename)
    async with storage.staging() as folder:
        source = as_directory(FILES.items(), folder / "tree")
        work = storage.publish(source, "Clock", "1.0.0")
        run = await Interrupted(work, range(cancellations), late=late).run()
        assert run.cancelled
        assert files_below(storage.release_path("Clock", "1.0.0")) == FILES


class Recorder:
    """Notes what is synced and renamed, in order; files by their inode and size."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[tuple[object, ...]] = []
        self._fsync, self._rename = os.fsync, os.rename
        monkeypatch.setattr(os, "fsync", self._sync_one)
        monkeypatch.setattr(os, "rename", self._rename_one)

    def _sync_one(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        self._fsync(descriptor)
        self.events.append(("sync", status.st_ino, status.st_size))

    def _rename_one(self, source: Path, target: Path) -> None:
        self._rename(source, target)
        self.events.append(("rename", Path(source), Path(target)))

    def synced(self, path: Path) -> list[int]:
        """Return at which events this file was synced with all its content, or this directory."""
        status = path.stat()
        return [
            number
            for number, event in enumerate(self.events)
            if event[:2] == ("sync", status.st_ino)
            and (path.is_dir() or event[2] == status.st_size)
        ]


async def unpack_and_publish(storage: SharedStorage, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder(monkeypatch)
    async with storage.staging() as folder:
        (folder / "bundle").write_bytes(bundles.tar_gz(bundles.files(), top="Clock-main"))
        unpacked = await asyncio.to_thread(bundle.unpack, folder / "bundle", folder / "tree")
        await storage.publish(unpacked.tree, "Clock", "1.0.0")
    return recorder


async def test_everything_is_on_the_disk_before_the_rename_and_the_name_after_it(
    storage: SharedStorage, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = await unpack_and_publish(storage, monkeypatch)
    place = storage.release_path("Clock", "1.0.0")
    renames = [n for n, event in enumerate(recorder.events) if event[-1] == place]
    assert len(renames) == 1
    paths = [place, *place.rglob("*")]
    assert len(paths) == 6
    for path in paths:
        assert recorder.synced(path), path
        assert recorder.synced(path)[0] < renames[0]
    for path in paths[1:]:
        assert recorder.synced(path)[0] < recorder.synced(path.parent)[-1] < renames[0]
    assert recorder.synced(place.parent)[-1] > renames[0]
    assert recorder.synced(data.shared)


async def test_the_directory_of_a_plugin_is_synced_though_a_crash_left_it(
    storage: SharedStorage, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data.shared / "Clock").mkdir()
    recorder = await unpack_and_publish(storage, monkeypatch)
    assert recorder.synced(data.shared)


# Discarding

CLOCK = rows.release()


async def test_a_discarded_release_is_gone_and_the_others_stay(
    storage: SharedStorage, data: DataDirectory
) -> None:
    place = await publish(storage)
    async with storage.staging() as folder:
        source = as_directory([("x", b"second")], folder / "tree")
        await storage.publish(source, "Clock", "2.0.0")
    (place / "dist" / "remoteEntry.js").chmod(0o444)
    assert await storage.holds(CLOCK)
    await storage.discard("Clock", "1.0.0")
    assert not await storage.holds(CLOCK)
    assert everything(data) == {"shared/Clock/v2.0.0/x": b"second"}
    assert is_empty(data.trash)


async def test_a_discarded_release_is_in_the_trash_durably_before_it_is_removed(
    storage: SharedStorage, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def recorded(path: Path) -> bool:
        assert files_below(path) == FILES
        recorder.events.append(("remove", path))
        return True

    place = await publish(storage)
    parent = place.parent.stat().st_ino
    recorder = Recorder(monkeypatch)
    monkeypatch.setattr(removal, "remove_or_leave", recorded)
    await storage.discard("Clock", "1.0.0")
    [renamed, synced, removed] = recorder.events
    assert renamed[:2] == ("rename", place)
    assert Path(str(renamed[2])).parent == data.trash
    assert synced[:2] == ("sync", parent)
    assert removed == ("remove", renamed[2])


async def test_files_that_are_gone_already_are_no_error(
    storage: SharedStorage, data: DataDirectory
) -> None:
    await storage.discard("Clock", "1.0.0")
    await publish(storage)
    await storage.discard("Clock", "1.0.0")
    await storage.discard("Clock", "1.0.0")
    assert everything(data) == {}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("cancellations", [1, 2])
async def test_a_cancelled_removal_is_over_before_the_task_is(
    storage: SharedStorage,
    data: DataDirectory,
    monkeypatch: pytest.MonkeyPatch,
    cancellations: int,
    late: bool,
) -> None:
    def slow_rename(source: Path, target: Path) -> None:
        time.sleep(0.05)
        rename(source, target)

    await publish(storage)
    rename = os.rename
    monkeypatch.setattr(os, "rename", slow_rename)
    run = await Interrupted(
        storage.discard("Clock", "1.0.0"), range(cancellations), late=late
    ).run()
    assert run.cancelled
    assert everything(data) == {}


async def test_the_last_release_of_a_plugin_takes_its_directory_along(
    storage: SharedStorage, data: DataDirectory
) -> None:
    for version in ("1.0.0", "2.0.0"):
        async with storage.staging() as folder:
            source = as_directory([("x", b"content")], folder / "tree")
            await storage.publish(source, "Clock", version)
    await storage.discard("Clock", "1.0.0")
    assert list(everything(data)) == ["shared/Clock/v2.0.0/x"]
    await storage.discard("Clock", "2.0.0")
    assert is_empty(data.shared)


async def test_a_discarded_release_can_be_published_again(storage: SharedStorage) -> None:
    await publish(storage)
    await storage.discard("Clock", "1.0.0")
    assert files_below(await publish(storage)) == FILES


# Opening


async def test_a_published_file_is_opened(storage: SharedStorage) -> None:
    await publish(storage)
    with await storage.open("Clock", "1.0.0", ENTRY) as stream:
        assert stream.read() == b"entry"


def link_file(place: Path) -> None:
    (place / "dist" / "other").write_bytes(b"entry")
    (place / "dist" / "remoteEntry.js").unlink()
    (place / "dist" / "remoteEntry.js").symlink_to("other")


def link_directory(place: Path) -> None:
    (place / "dist").rename(place / "real")
    (place / "dist").symlink_to("real")


def link_release(place: Path) -> None:
    place.rename(place.parent / "real")
    place.symlink_to("real")


def link_plugin(place: Path) -> None:
    place.parent.rename(place.parents[1] / "real")
    place.parent.symlink_to("real")


def shorten(place: Path) -> None:
    (place / "dist" / "remoteEntry.js").write_bytes(b"entr")


def lengthen(place: Path) -> None:
    (place / "dist" / "remoteEntry.js").write_bytes(b"entry!")


def remove(place: Path) -> None:
    (place / "dist" / "remoteEntry.js").unlink()


def put_directory(place: Path) -> None:
    remove(place)
    (place / "dist" / "remoteEntry.js").mkdir()


def put_file_above(place: Path) -> None:
    (place / "dist").rename(place / "real")
    (place / "dist").write_bytes(b"entry")


@pytest.mark.parametrize(
    "change",
    [
        *(link_file, link_directory, link_release, link_plugin),
        *(shorten, lengthen, remove, put_directory, put_file_above),
    ],
)
async def test_what_is_not_the_published_file_is_not_opened(
    storage: SharedStorage, change: Callable[[Path], None]
) -> None:
    place = await publish(storage)
    change(place)
    before = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(NotFoundError) as caught:
        await storage.open("Clock", "1.0.0", ENTRY)
    assert caught.value.fields == {"path": "dist/remoteEntry.js"}
    assert str(place) not in str(caught.value)
    assert len(list(Path("/dev/fd").iterdir())) == before


async def test_a_directory_of_the_right_size_is_not_opened(storage: SharedStorage) -> None:
    place = await publish(storage)
    put_directory(place)
    size = (place / ENTRY.path).stat().st_size
    with pytest.raises(NotFoundError, match="is damaged"):
        await storage.open("Clock", "1.0.0", dataclasses.replace(ENTRY, size=size))


async def test_a_pipe_is_refused_at_once(storage: SharedStorage) -> None:
    pipe = await publish(storage) / ENTRY.path
    pipe.unlink()
    os.mkfifo(pipe)
    opening = asyncio.create_task(
        storage.open("Clock", "1.0.0", dataclasses.replace(ENTRY, size=0))
    )
    _, waiting = await asyncio.wait({opening}, timeout=2)
    if waiting:
        os.close(os.open(pipe, os.O_WRONLY))  # or the thread would wait for ever
    assert not waiting
    with pytest.raises(NotFoundError, match="is damaged"):
        await opening


async def test_a_release_that_is_not_there_has_no_files(storage: SharedStorage) -> None:
    with pytest.raises(NotFoundError):
        await storage.open("Clock", "1.0.0", ENTRY)


async def test_an_open_file_stays_readable_when_its_release_is_removed(
    storage: SharedStorage,
) -> None:
    place = await publish(storage)
    with await storage.open("Clock", "1.0.0", ENTRY) as stream:
        place.rename(place.parents[1] / "gone")
        (place.parents[1] / "gone" / "dist" / "remoteEntry.js").unlink()
        assert stream.read() == b"entry"


async def test_releases_with_an_entry_file_are_known(storage: SharedStorage) -> None:
    await publish(storage)
    releases = [rows.release(), rows.release(entry="README"), rows.release(version="2.0.0")]
    numbered = [dataclasses.replace(one, id=n) for n, one in enumerate(releases)]
    assert await storage.with_entry(numbered) == {0}
    assert await storage.with_entry([]) == set()


# What is there


def test_every_place_of_a_release_is_listed_and_what_lies_in_its_place(
    storage: SharedStorage, data: DataDirectory
) -> None:
    assert storage.places() == []
    (data.shared / "Clock" / "v1.0.0" / "dist").mkdir(parents=True)
    (data.shared / "Clock" / "file").touch()
    (data.shared / "file").touch()
    (data.shared / "empty").mkdir()
    places = {place.relative_to(data.shared).as_posix() for place in storage.places()}
    assert places == {"Clock/v1.0.0", "Clock/file", "file"}


def test_staging_and_trash_are_emptied_and_nothing_else(
    storage: SharedStorage, data: DataDirectory
) -> None:
    outside = as_directory([("canary", b"sings")], data.path.parent / "outside")
    as_directory([("a/b", b"x")], data.staging / "one")
    (data.staging / "two").write_bytes(b"x")
    (data.trash / "three").symlink_to(outside)
    as_directory([("a", b"x")], data.trash / "four")
    (data.trash / "four" / "a").chmod(0o444)
    as_directory([("kept", b"x")], data.shared / "Clock")
    assert storage.empty_staging_and_trash() == 4
    assert everything(data) == {"shared/Clock/kept": b"x"}
    assert listing(outside) == {"canary": b"sings"}
    assert storage.empty_staging_and_trash() == 0


async def test_what_is_being_removed_is_left_to_the_one_who_removes_it(
    storage: SharedStorage, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    emptied, rmdir = [], Path.rmdir

    def meanwhile(self: Path) -> None:
        emptied.append(storage.empty_staging_and_trash())
        rmdir(self)

    await publish(storage)
    monkeypatch.setattr(Path, "rmdir", meanwhile)
    await storage.discard("Clock", "1.0.0")
    async with storage.staging() as folder:
        as_directory(FILES.items(), folder / "tree")
    assert set(emptied) == {0}
    assert everything(data) == {}


# Where case does not matter


def test_a_directory_in_another_spelling_is_the_place_of_its_release(
    storage: SharedStorage, data: DataDirectory
) -> None:
    (data.shared / "clock/v1.0.0").mkdir(parents=True)
    known = [("Clock", "1.0.0")]
    stray = data.shared / "clock/v1.0.0"
    assert storage.compare(known) == Compared([stray], known)
    (data.path / ".lock").touch()
    (data.path / ".LOCK").touch()  # what such a file system shows
    assert storage.compare(known) == Compared([], [])
    assert storage.compare([]) == Compared([stray], [])
