"""Restores a backup into a data directory: everything is verified before anything is replaced."""

import errno
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pluginhub.cancellation import finish_in_thread
from pluginhub.care.working import Progress
from pluginhub.database import check, release_files, releases, tokens
from pluginhub.database.connection import Database
from pluginhub.database.releases import Known
from pluginhub.errors import (
    BadBackupError,
    DataDirectoryError,
    HubError,
    NoSpaceError,
    NotFoundError,
)
from pluginhub.models import ReleaseFile
from pluginhub.storage import backup_directory, removal, replacement, tree
from pluginhub.storage.backup_directory import BackupDirectory, Note
from pluginhub.storage.data_directory import DataDirectory


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored.

    Attributes:
        backup: The path of the backup.
        made_at: When it was made, seconds since 1970.
        releases: How many it has.
        missing: Releases that were not whole when it was made: publishing them again helps.
        replaced: The directory with what was there before; None if nothing was.
    """

    backup: Path
    made_at: int
    releases: int
    missing: list[str]
    replaced: Path | None


async def restore(
    directory: BackupDirectory, name: str, data: DataDirectory, progress: Progress
) -> Restored:
    """Put a backup in the place of what a data directory holds.

    Users have to sign in again: a sign-in that ended since then must not come back.

    Args:
        directory: Has the backup.
        name: Of the backup.
        data: Locked by this process, with its database closed.
        progress: Is told how far it is.

    Raises:
        BadBackupError: The backup is damaged or too new; nothing was changed.
        NoSpaceError: The disk is full; nothing was changed.
        DataDirectoryError: The disk failed when everything was ready; the next start goes on.
    """
    note = await finish_in_thread(directory.read, name)
    ready = data.staging / secrets.token_hex(16)
    try:
        await finish_in_thread(_copy_rows, directory.path / name, note, ready)
        number = await _prepare(directory, note, ready, progress)
    except BaseException as error:
        await finish_in_thread(removal.remove_or_leave, ready)
        if isinstance(error, OSError):
            raise _failure(error) from error
        raise
    stamp = f"{datetime.fromtimestamp(time.time(), UTC):%Y%m%dT%H%M%SZ}-{ready.name[:4]}"
    try:
        before = await finish_in_thread(replacement.replace, data, ready, stamp)
    except OSError as error:
        raise DataDirectoryError(
            f"the restore was interrupted ({error}); the next start of the server, or the same"
            " command again, finishes what was begun"
        ) from error
    return Restored(directory.path / name, note.made_at, number, list(note.missing), before)


def _failure(error: OSError) -> HubError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return NoSpaceError("the disk is full; nothing was changed")
    return BadBackupError(f"the backup cannot be copied, nothing was changed: {error}")


async def verify(directory: BackupDirectory, name: str, folder: Path, progress: Progress) -> int:
    """Read a whole backup, and return how many releases it has.

    Args:
        directory: Has the backup.
        name: Of the backup.
        folder: An empty directory, for a copy of the database.
        progress: Is told how far it is.

    Raises:
        BadBackupError: The backup is damaged or too new.
    """
    note = await finish_in_thread(directory.read, name)
    await finish_in_thread(_copy_rows, directory.path / name, note, folder / "rows")
    return await _prepare(directory, note, folder / "rows", progress, only_read=True)


def _copy_rows(source: Path, note: Note, ready: Path) -> None:
    ready.mkdir(mode=0o700)
    for name in (backup_directory.DATABASE, backup_directory.KEY):
        parts = (name,)
        try:
            _, digest = tree.write_file(ready, parts, tree.content(source, parts))
        except NotFoundError as error:
            raise BadBackupError(f"{source}: {error.message}", path=str(source)) from error
        (ready / name).chmod(0o600)
        if name == backup_directory.DATABASE and digest != note.database:
            raise BadBackupError(f"{source / name} is damaged", path=str(source / name))


async def _prepare(
    directory: BackupDirectory,
    note: Note,
    ready: Path,
    progress: Progress,
    *,
    only_read: bool = False,
) -> int:
    """Bring a copied database up to date and add the files; return the number of releases."""
    file = ready / backup_directory.DATABASE
    try:
        if fault := await check.fault_of(file):
            raise BadBackupError(f"the database of the backup is damaged: {fault}")
        async with Database.open(file) as database:
            async with database.transaction() as tx:
                await tokens.end_every_session(tx)
            number = await _copy_releases(
                directory, note, database, None if only_read else ready / "shared", progress
            )
    except DataDirectoryError as error:
        raise BadBackupError(f"the database of the backup: {error.message}") from error
    await finish_in_thread(tree.sync, ready)
    return number


async def _copy_releases(
    directory: BackupDirectory,
    note: Note,
    database: Database,
    shared: Path | None,
    progress: Progress,
) -> int:
    if shared is not None:
        await finish_in_thread(shared.mkdir, 0o700)
    async with database.snapshot() as connection:
        known = await releases.list_known(connection)
    for done, release in enumerate(known, start=1):
        async with database.snapshot() as connection:
            files = await release_files.list_of(connection, release.id)
        if str(release) not in note.missing:
            await finish_in_thread(_copy_release, directory, release, files, shared)
        progress(done, len(known))
    return len(known)


def _copy_release(
    directory: BackupDirectory, release: Known, files: list[ReleaseFile], shared: Path | None
) -> None:
    try:
        if shared is None:
            directory.verify(release.digest, files)
        else:
            target = shared / release.slug / f"v{release.version}"
            directory.restore(release.digest, files, target)
    except NotFoundError as error:
        raise BadBackupError(
            f"{release} in the backup: {error.message}", release=str(release)
        ) from error
