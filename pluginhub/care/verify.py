"""Verify: everything in the data directory is held against everything else.

Read are the whole database and every file of every release. What is wrong with files can be
repaired: it is moved into quarantine, and where a backup has the release, that is put
in its place; else publishing the same bundle again puts the files back.
"""

import asyncio
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pluginhub.cancellation import finish_in_thread
from pluginhub.care.working import Progress
from pluginhub.database import check, release_files, releases
from pluginhub.database.connection import Database
from pluginhub.database.releases import Known
from pluginhub.errors import NotFoundError
from pluginhub.storage import inspection, tree
from pluginhub.storage.backup_directory import BackupDirectory
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.inspection import Wrong
from pluginhub.storage.shared import SharedStorage

Code = Wrong | Literal["damaged-database", "foreign-key", "missing-release", "stray", "loose-mode"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it should be.

    Attributes:
        place: What it is about: a path in the data directory, or a table.
        repair: What was done about it; None if nothing was.
    """

    code: Code
    place: str
    detail: str
    repair: str | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """What was read, and what was wrong."""

    releases: int
    files: int
    faults: list[Fault]


class Verifier:
    """Looks for faults.

    Args:
        database: Read as a whole.
        storage: Has the files.
        data: Where everything lies.
        backups: May have what is damaged.
    """

    def __init__(
        self,
        database: Database,
        storage: SharedStorage,
        data: DataDirectory,
        backups: BackupDirectory,
    ) -> None:
        self._database = database
        self._storage = storage
        self._data = data
        self._backups = backups

    async def verify(self, progress: Progress, *, repair: bool = False) -> Verified:
        """Read everything, and return what is wrong.

        Args:
            progress: Is told how far it is.
            repair: Quarantine what is wrong with files, put back what a backup has, and tighten
                modes.
        """
        faults = await self._database_faults()
        faults += await finish_in_thread(self._modes, repair)
        async with self._database.snapshot() as connection:
            known = await releases.list_known(connection)
        number = 0
        for done, release in enumerate(known, start=1):
            count, found = await self._release(release)
            number += count
            faults += await self._quarantined(release, found) if repair and found else found
            progress(done, len(known))
        faults += await self._strays(repair=repair)
        return Verified(len(known), number, faults)

    async def _database_faults(self) -> list[Fault]:
        found = await check.fault_of(self._data.database)
        damage = [Fault("damaged-database", "pluginhub.db", found)] if found else []
        async with self._database.snapshot() as connection:
            broken = await check.broken_references(connection)
        return damage + [
            Fault("foreign-key", table, f"{number} rows refer to what is not there")
            for table, number in broken.items()
        ]

    def _modes(self, repair: bool) -> list[Fault]:
        faults = []
        for path, mode in self._data.private_modes():
            fault = Fault("loose-mode", path.name, f"others may use it: {mode:o}")
            if repair:
                path.chmod(mode & 0o700)
                fault = replace(fault, repair="others may not any more")
            faults.append(fault)
        return faults

    async def _release(self, release: Known) -> tuple[int, list[Fault]]:
        """Return how many files a release has, and what is wrong with them."""
        async with self._database.snapshot() as connection:
            files = await release_files.list_of(connection, release.id)
        place = self._storage.release_path(release.slug, release.version)
        name = place.relative_to(self._data.path).as_posix()
        if not await asyncio.to_thread(place.is_dir):
            return len(files), [
                Fault("missing-release", name, "it is not there; publish the same bundle again")
            ]
        parts = place.relative_to(self._data.shared).parts
        found = await finish_in_thread(inspection.inspect, self._data.shared, parts, files)
        return len(files), [Fault(it.code, f"{name}/{it.path}", it.detail) for it in found]

    async def _quarantined(self, release: Known, faults: list[Fault]) -> list[Fault]:
        place = self._storage.release_path(release.slug, release.version)
        said = []
        if faults[0].code != "missing-release":  # else there is nothing to move
            async with self._database.transaction():  # so that nobody publishes there meanwhile
                said.append(f"{release} is in {await finish_in_thread(self._move_away, place)} now")
        if await self._restored(release):
            said.append("a backup had it, and it is back")
        elif said:
            said.append("publish the same bundle again")
        return [replace(fault, repair="; ".join(said) or None) for fault in faults]

    async def _restored(self, release: Known) -> bool:
        """Put back the files of a release whose place is empty, if a backup has them whole."""
        if not await asyncio.to_thread(self._backups.has, release.digest):
            return False
        async with self._database.snapshot() as connection:
            files = await release_files.list_of(connection, release.id)
        async with self._storage.staging(sum(file.size for file in files)) as folder:
            tree = folder / "tree"
            try:
                await finish_in_thread(self._backups.restore, release.digest, files, tree)
            except NotFoundError:  # it is damaged there as well
                return False
            async with self._database.transaction() as tx:
                known = await releases.find(tx, release.slug, release.version)
                if known is None or await self._storage.holds(known):
                    return False
                await self._storage.publish(tree, release.slug, release.version)
        return True

    async def _strays(self, *, repair: bool) -> list[Fault]:
        async with self._database.transaction() as tx:
            known = [(it.slug, it.version) for it in await releases.list_known(tx)]
            faults = []
            for stray in (await asyncio.to_thread(self._storage.compare, known)).strays:
                name = stray.relative_to(self._data.path).as_posix()
                fault = Fault("stray", name, "there is no such release")
                if repair:
                    to = await finish_in_thread(self._move_away, stray)
                    fault = replace(fault, repair=f"it is in {to} now")
                faults.append(fault)
            return faults

    def _move_away(self, place: Path) -> str:
        """Move a directory of shared storage into quarantine, durably, and return where it is."""
        self._data.quarantine.mkdir(mode=0o700, exist_ok=True)
        tree.sync_directory(self._data.path)
        name = "-".join(place.relative_to(self._data.shared).parts)
        to = self._data.quarantine / f"{name}-{secrets.token_hex(4)}"
        place.rename(to)
        tree.sync_directory(self._data.quarantine)
        tree.sync_directory(place.parent)
        return to.relative_to(self._data.path).as_posix()
