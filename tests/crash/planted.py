"""Faults that the harness has to find: each is a mistake that somebody could make in pluginhub."""

import asyncio
import os
import shutil
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pluginhub.care import unused
from pluginhub.care.verify import Verifier
from pluginhub.database import connection, failures
from pluginhub.database.connection import Connection, Database
from pluginhub.storage import tree
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.job_files import JobFiles
from pluginhub.storage.shared import SharedStorage
from tests.crash.points import Mode
from tests.crash.power_cut import Policy

Plant = Callable[[], None]


@dataclass(frozen=True)
class Fault:
    """A mistake, and where it shows.

    Attributes:
        scenario: What has to be interrupted.
        how: How a change has to end, or what a power cut has to lose.
        plant: Makes the mistake, in this process.
        stays: The server that starts after the crash makes it as well.
    """

    scenario: str
    how: Mode | Policy
    plant: Plant
    stays: bool = False


def _replaced(owner: Any, name: str, value: Any) -> Plant:
    return lambda: setattr(owner, name, value)


def _not_synced(is_such: Callable[[int], bool]) -> Plant:
    def plant() -> None:
        sync = os.fsync

        def sync_others(descriptor: int) -> None:
            if not is_such(os.fstat(descriptor).st_mode):
                sync(descriptor)

        _replaced(os, "fsync", sync_others)()

    return plant


def _copied(storage: SharedStorage, source: Path, place: Path) -> None:
    storage._discard(place)
    shutil.copytree(source, place)


def _written_in_place(_data: DataDirectory, file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)


def _kept_in_haste(files: JobFiles, job_id: str, file: Path) -> None:
    files.bundle(job_id).parent.mkdir(mode=0o700)
    file.rename(files.bundle(job_id))


def _moved_in_haste(verifier: Verifier, place: Path) -> str:
    data = verifier._data
    data.quarantine.mkdir(mode=0o700, exist_ok=True)
    place.rename(data.quarantine / f"{place.parent.name}-{place.name}-0")
    return "quarantine"


def _row_first() -> None:
    publish, transaction = SharedStorage.publish, Database.transaction
    later: list[tuple[Any, ...]] = []

    async def remember(*arguments: Any) -> None:
        later.append(arguments)

    @asynccontextmanager
    async def and_then(database: Database) -> AsyncIterator[Connection]:
        async with transaction(database) as tx:
            yield tx
        while later:
            await publish(*later.pop())

    _replaced(SharedStorage, "publish", remember)()
    _replaced(Database, "transaction", and_then)()


def _files_first() -> None:
    remove = unused.remove

    async def discard_and_remove(
        database: Database, storage: SharedStorage, release: Any, *rest: Any
    ) -> bool:
        await storage.discard(release.slug, release.version)
        return await remove(database, storage, release, *rest)

    _replaced(unused, "remove", discard_and_remove)()


@asynccontextmanager
async def _one_by_one(database: Database) -> AsyncIterator[Connection]:
    """Write without a transaction: each statement is committed for itself."""
    async with database._writing:
        yield database._writer
        database.changes.committed()


@asynccontextmanager
async def _never_rolled_back(database: Database) -> AsyncIterator[Connection]:
    async with database._writing:
        with failures.translated():
            await database._writer.execute("BEGIN IMMEDIATE")
            yield database._writer
            await database._commit()


def _answered_early() -> None:
    commit, tasks = Database._commit, []

    async def later(database: Database) -> None:
        tasks.append(asyncio.create_task(commit(database)))

    _replaced(Database, "_commit", later)()


@contextmanager
def _untranslated() -> Iterator[None]:
    yield


_IN_HASTE = [pragma.replace("= FULL", "= OFF") for pragma in connection._BOTH]

FAULTS = {
    "files are not synced": Fault("publish", "data lost", _not_synced(stat.S_ISREG)),
    "directories are not synced": Fault("publish", "names lost", _not_synced(stat.S_ISDIR)),
    "the log of the database is not synced": Fault(
        "install", "data lost", _replaced(connection, "_BOTH", tuple(_IN_HASTE))
    ),
    "the data directory is not synced": Fault(
        "the first start",
        "names lost",
        _replaced(DataDirectory, "_make", lambda data: data.path.mkdir(0o700, exist_ok=True)),
    ),
    "an upload that waits is not synced": Fault(
        "publish by a job", "data lost", _replaced(JobFiles, "_keep", _kept_in_haste)
    ),
    "quarantine is not synced": Fault(
        "verify and repair", "names lost", _replaced(Verifier, "_move_away", _moved_in_haste)
    ),
    "a release is copied to its place": Fault(
        "publish", "data lost", _replaced(SharedStorage, "_publish", _copied)
    ),
    "the row comes before the files": Fault("publish", Mode.KILL, _row_first),
    "the files go before the row": Fault("sweep", Mode.KILL, _files_first),
    "statements are committed one by one": Fault(
        "install with a dependency", Mode.KILL, _replaced(Database, "transaction", _one_by_one)
    ),
    "the answer comes before the commit": Fault("install", Mode.KILL, _answered_early),
    "nothing is emptied at the start": Fault(
        "publish",
        Mode.KILL,
        _replaced(SharedStorage, "empty_staging_and_trash", lambda *_: 0),
        stays=True,
    ),
    "what lies where a release will be stays": Fault(
        "publish", Mode.KILL, _replaced(SharedStorage, "_discard", lambda *_: None), stays=True
    ),
    "everybody may write what is published": Fault(
        "publish", Mode.KILL, _replaced(tree, "_FILE_MODE", 0o666)
    ),
    "a key is written in place": Fault(
        "a start after a crash",
        Mode.TORN,
        _replaced(DataDirectory, "write_private", _written_in_place),
    ),
    "a full disk is no reason": Fault(
        "install", Mode.NO_SPACE_ONCE, _replaced(failures, "translated", _untranslated)
    ),
    "a transaction that fails goes on": Fault(
        "publish", Mode.NO_SPACE_ONCE, _replaced(Database, "transaction", _never_rolled_back)
    ),
}
