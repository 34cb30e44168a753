"""Backups, made while the server works: the database at one moment, and the files of its releases.

A release never changes, so one that was backed up before is not copied again.
"""

import asyncio
import errno
import hashlib
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

import pluginhub
from pluginhub.cancellation import finish_in_thread
from pluginhub.care.working import Progress
from pluginhub.config import Backup as Settings
from pluginhub.database import audit, copies, release_files, releases
from pluginhub.database.connection import Database
from pluginhub.database.releases import Known
from pluginhub.errors import InvalidError, NoSpaceError, NotFoundError, NotReadyError
from pluginhub.models import Actor, ReleaseFile
from pluginhub.storage import backup_directory, removal, tree
from pluginhub.storage.backup_directory import BackupDirectory, Note
from pluginhub.storage.data_directory import DataDirectory

log = structlog.get_logger(__name__)

_PAUSE = 0.005  # seconds between two releases, so that nobody waits for a backup


@dataclass(frozen=True, slots=True)
class Backup:
    """What was made.

    Attributes:
        path: Of the backup.
        releases: How many it has.
        copied: How many of them were not there before.
        size: Bytes that were copied.
        missing: Releases whose files are not whole, and so are not in it.
        removed: Names of old backups that are gone.
    """

    path: Path
    releases: int
    copied: int
    size: int
    missing: list[str]
    removed: list[str]


class Backups:
    """Makes backups, one at a time.

    Args:
        database: Backed up as it is at one moment.
        data: Has the files.
        no_sweeps: Keeps releases from being removed while one is made.
        settings: Say where backups go that are not told where, how many stay there, and how often
            one is due; they may be replaced by others with ``change``.
    """

    def __init__(
        self,
        database: Database,
        data: DataDirectory,
        no_sweeps: Callable[[], AbstractAsyncContextManager[None]],
        settings: Settings,
    ) -> None:
        self._database = database
        self._data = data
        self._no_sweeps = no_sweeps
        self._settings = settings

    def change(self, settings: Settings) -> None:
        """Go by other settings from now on."""
        self._settings = settings

    @property
    def interval(self) -> int:
        """Seconds between two backups that are made by themselves; 0 for none."""
        return self._settings.interval

    async def directory(self) -> BackupDirectory:
        """Return where backups go that are not told where."""
        return await asyncio.to_thread(self._directory, None)

    async def make(
        self, progress: Progress, target: Path | None = None, actor: Actor | None = None
    ) -> Backup:
        """Make a backup.

        Args:
            progress: Is told how far it is.
            target: A directory of backups; all that are there stay. None takes the configured one,
                where old ones go.
            actor: Who asks for it, for the audit; None for nobody.

        Raises:
            InvalidError: The target cannot be written, or is a part of the data directory.
            ConflictError: Another backup is being made there.
            NoSpaceError: The disk is full.
            NotReadyError: The disk fails.
        """
        directory = await asyncio.to_thread(self._directory, target)
        locks: list[int] = []
        try:
            await finish_in_thread(lambda: locks.append(directory.lock()))
            made = await self._make(directory, progress)
            if target is None:
                gone = await finish_in_thread(
                    directory.shorten, self._settings.keep, made.path.name
                )
                made = replace(made, removed=gone)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise NoSpaceError(f"the disk of {directory.path} is full") from error
            if error.errno == errno.EIO:
                raise NotReadyError(f"the disk of {directory.path} fails: {error}") from error
            raise InvalidError(f"{directory.path} cannot be written: {error.strerror}") from error
        finally:
            for lock in locks:
                os.close(lock)
        if actor:
            await self._record(actor, made)
        return made

    async def is_due(self) -> bool:
        """Return whether the newest backup is older than the settings want, or there is none."""
        interval = self.interval
        if not interval:
            return False
        made_at = await self.made_at()
        if made_at is None:
            return True
        age = self._database.now() - made_at
        return not 0 <= age < interval  # one from the future says nothing

    async def made_at(self) -> int | None:
        """Return when the newest backup was made, seconds since 1970; None if there is none.

        Raises:
            BadBackupError: It cannot be read.
        """
        directory = await asyncio.to_thread(self._directory, None)
        names = await finish_in_thread(directory.names)
        if not names:
            return None
        return (await finish_in_thread(directory.read, names[-1])).made_at

    async def _record(self, actor: Actor, made: Backup) -> None:
        name, now = made.path.name, self._database.now()
        async with self._database.transaction() as tx:
            await audit.record(tx, actor, "backup", name, now, bytes=made.size)

    async def _make(self, directory: BackupDirectory, progress: Progress) -> Backup:
        part = await finish_in_thread(directory.begin)
        try:
            async with self._no_sweeps():
                await copies.make(self._data.database, part / backup_directory.DATABASE)
                copied = await self._copy_releases(directory, part, progress)
            await finish_in_thread(self._copy_key, part)
            note = Note(
                version=pluginhub.__version__,
                made_at=self._database.now(),
                database=await finish_in_thread(_sha256, part / backup_directory.DATABASE),
                releases=tuple(sorted(copied.releases)),
                missing=tuple(copied.missing),
            )
            place = await finish_in_thread(directory.finish, part, note)
        finally:
            await finish_in_thread(removal.remove_or_leave, part)
        return Backup(place, len(copied.releases), copied.number, copied.size, copied.missing, [])

    async def _copy_releases(
        self, directory: BackupDirectory, part: Path, progress: Progress
    ) -> "_Copied":
        copied = _Copied()
        async with copies.opened(part / backup_directory.DATABASE) as connection:
            known = await releases.list_known(connection)
            for done, release in enumerate(known, start=1):
                if not await asyncio.to_thread(directory.has, release.digest):
                    files = await release_files.list_of(connection, release.id)
                    await self._copy(directory, release, files, copied)
                if str(release) not in copied.missing:
                    copied.releases.add(release.digest)
                progress(done, len(known))
        return copied

    async def _copy(
        self,
        directory: BackupDirectory,
        release: Known,
        files: list[ReleaseFile],
        copied: "_Copied",
    ) -> None:
        place = (release.slug, f"v{release.version}")
        try:
            size = await finish_in_thread(
                directory.add, release.digest, self._data.shared, place, files
            )
        except NotFoundError as error:
            log.warning("a release cannot be backed up", release=str(release), reason=error.message)
            copied.missing.append(str(release))
            return
        copied.number += 1
        copied.size += size
        await asyncio.sleep(_PAUSE)

    def _copy_key(self, part: Path) -> None:
        key = self._data.capability_key.read_bytes()
        tree.write_file(part, (backup_directory.KEY,), [key])
        (part / backup_directory.KEY).chmod(0o600)

    def _directory(self, target: Path | None) -> BackupDirectory:
        default = Path(self._settings.directory or self._data.backups)
        path = (target or default).absolute()
        inside = path.resolve().is_relative_to(self._data.path.resolve())
        if inside and not path.is_relative_to(self._data.backups):
            raise InvalidError(
                f"{path} is a part of the data directory; choose a directory outside of it, or"
                f" {self._data.backups}"
            )
        return BackupDirectory(path)


@dataclass
class _Copied:
    """What is in a backup by now."""

    releases: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)
    number: int = 0
    size: int = 0


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
