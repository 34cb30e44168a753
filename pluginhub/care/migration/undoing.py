"""Takes a migration back: database and shared storage are, byte for byte, what they were."""

import asyncio
import contextlib
from pathlib import Path

from pluginhub.care.migration import planning
from pluginhub.care.migration import record as records
from pluginhub.care.migration.applying import ACTOR
from pluginhub.care.migration.record import DATABASE_FILES, Record
from pluginhub.database import fingerprints
from pluginhub.database.connection import Database
from pluginhub.errors import ConflictError
from pluginhub.storage import removal, tree
from pluginhub.storage.data_directory import DataDirectory

# What the server makes itself in a data directory, and nobody misses.
_OURS = {
    *("pluginhub.db", "pluginhub.db-wal", "pluginhub.db-shm", "capability.key"),
    *("server.json", "ballast", "starts"),
}


async def require_unchanged(data: DataDirectory, record: Record) -> None:
    """See to it that nobody changed anything since a migration.

    Args:
        data: Locked, with its database closed.
        record: Of the migration.

    Raises:
        ConflictError: Somebody did.
    """
    if not await asyncio.to_thread(data.database.exists):
        return
    before = data.migrations / record.id / data.database.name
    async with (
        planning.copy_of_target(before) as was,
        Database.open(data.database) as database,
        database.snapshot() as connection,
    ):
        if record.fingerprint is not None:
            changed = await fingerprints.of_rows(connection) != record.fingerprint
        else:
            last = await fingerprints.last_entry(was) if was else 0
            changed = await fingerprints.others_since(connection, last, record.began_at, ACTOR.name)
    if changed:
        raise ConflictError(
            f"users changed something since the migration {record.id}, and would lose it;"
            " with --force they do"
        )


def undo(data: DataDirectory, record: Record) -> None:
    """Take a migration back; begun again after a crash, it goes on. Blocks.

    Args:
        data: Locked, with its database closed.
        record: Of the migration, which is forgotten.
    """
    folder = data.migrations / record.id
    _restore_database(data, folder)
    _remove_releases(data, record)
    for variants in list(data.encoded.iterdir()):
        if variants.name not in record.encoded:
            removal.remove(variants)
    _remove_entries(data, record)
    # Forgotten at once, and last: until then it can be begun again.
    folder.rename(data.trash / record.id)
    tree.sync_directory(data.migrations)
    removal.remove(data.trash / record.id)
    _leave(data, record)


def _restore_database(data: DataDirectory, folder: Path) -> None:
    # The log first: it belongs to the database of now, and must not meet that of before.
    for name in ("pluginhub.db-wal", "pluginhub.db-shm"):
        (data.path / name).unlink(missing_ok=True)
    tree.sync_directory(data.path)
    for name in DATABASE_FILES:
        if (folder / name).exists():
            part = data.path / f"{name}.part"
            records.copy_durably(folder / name, part)
            part.replace(data.path / name)
        else:
            (data.path / name).unlink(missing_ok=True)
    tree.sync_directory(data.path)


def _remove_releases(data: DataDirectory, record: Record) -> None:
    for name in set(records.places(data)) - set(record.places):
        removal.remove(data.path / name)
    for plugin in data.shared.iterdir():
        with contextlib.suppress(OSError):  # releases are in it
            plugin.rmdir()


def _remove_entries(data: DataDirectory, record: Record) -> None:
    """Remove files that the server made where there were none."""
    for name in _OURS - set(record.entries):
        (data.path / name).unlink(missing_ok=True)


def _leave(data: DataDirectory, record: Record) -> None:
    """Remove directories that were not there, unless somebody put something into them."""
    for item in data.path.iterdir():
        if item.name not in record.entries:
            with contextlib.suppress(OSError):  # it is a file, or not empty
                item.rmdir()
    if ".lock" not in record.entries:
        (data.path / ".lock").unlink()  # the lock itself is held until the process ends
    if not record.existed:
        with contextlib.suppress(OSError):
            data.path.rmdir()
