"""What a migration changes is written down before it begins, so that it can be taken back.

::

    migrations/<id>/
      record.json      what there was, and how far the migration is
      pluginhub.db     the database before, byte for byte, with its log if it had one
"""

import contextlib
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pluginhub.errors import NotFoundError
from pluginhub.storage import removal, tree
from pluginhub.storage.data_directory import DataDirectory

DATABASE_FILES = ("pluginhub.db", "pluginhub.db-wal")

_NAME = "record.json"
_MADE_BY_LOCKING = {
    *(".lock", "shared", "encoded", "staging", "trash", "incoming", "jobs", "migrations"),
}


@dataclass(frozen=True, slots=True)
class Record:
    """A migration.

    Attributes:
        source: The directory that it reads.
        began_at: Seconds since 1970.
        existed: Whether there was a data directory.
        entries: What lay in it.
        places: Directories of releases, relative to it.
        encoded: Digests with compressed variants.
        fingerprint: Of the rows when it was done; None before.
    """

    id: str
    source: str
    began_at: int
    existed: bool
    entries: list[str]
    places: list[str]
    encoded: list[str]
    fingerprint: str | None = None


def begin(data: DataDirectory, source: Path, now: int, entries: list[str] | None) -> Record:
    """Write down what there is; blocks.

    Args:
        data: Locked, with its database closed.
        source: The directory that is migrated.
        now: Seconds since 1970.
        entries: What lay in the data directory before it was locked; None if it was not there.
    """
    _clear(data)
    stamp = f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    record = Record(
        stamp,
        str(source),
        now,
        existed=entries is not None,
        entries=_before(data, entries or []),
        places=sorted(places(data)),
        encoded=sorted(path.name for path in data.encoded.iterdir()),
    )
    folder = data.migrations / stamp
    folder.mkdir(mode=0o700, parents=True)
    for name in DATABASE_FILES:
        if (data.path / name).exists():
            copy_durably(data.path / name, folder / name)
    save(data, record)
    tree.sync_directory(data.migrations)
    tree.sync_directory(data.path)
    return record


def _before(data: DataDirectory, entries: list[str]) -> list[str]:
    """Return what lay there, without what a run left that was killed before it had begun."""
    left = set() if "pluginhub.db" in entries else _MADE_BY_LOCKING
    gone = set() if data.migrations.exists() else {data.migrations.name}
    return sorted(set(entries) - left - gone)


def _clear(data: DataDirectory) -> None:
    """Remove records that were never finished being written: nothing was changed by then."""
    for folder in data.migrations.glob("*"):
        if not (folder / _NAME).exists():
            removal.remove(folder)
    with contextlib.suppress(OSError):  # there are others, or none ever was
        data.migrations.rmdir()


def finish(data: DataDirectory, record: Record, fingerprint: str) -> None:
    """Write down that a migration is done; blocks."""
    save(data, replace(record, fingerprint=fingerprint))


def save(data: DataDirectory, record: Record) -> None:
    """Write a record, whole or not at all; blocks."""
    content = json.dumps(asdict(record), indent=2).encode()
    data.write_private(data.migrations / record.id / _NAME, content)


def load(data: DataDirectory, migration: str) -> Record:
    """Return the record of a migration; blocks.

    Raises:
        NotFoundError: There is none.
    """
    for record in list_all(data):
        if record.id == migration:
            return record
    known = ", ".join(record.id for record in list_all(data)) or "none"
    raise NotFoundError(f"there is no migration {migration}; there are: {known}")


def list_all(data: DataDirectory) -> list[Record]:
    """Return all records, the oldest first; blocks."""
    return [_read(file) for file in sorted(data.migrations.glob(f"*/{_NAME}"))]


def unfinished(data: DataDirectory, source: Path) -> Record | None:
    """Return the migration of a directory that was begun and is not done; blocks."""
    found = [it for it in list_all(data) if it.fingerprint is None and it.source == str(source)]
    return found[-1] if found else None


def places(data: DataDirectory) -> list[str]:
    """Return where directories of releases are, relative to the data directory; blocks."""
    found = data.shared.glob("*/*")
    return [path.relative_to(data.path).as_posix() for path in found]


def copy_durably(source: Path, target: Path) -> None:
    """Copy a file, on the disk when this returns; blocks."""
    shutil.copyfile(source, target)
    shutil.copystat(source, target)
    descriptor = os.open(target, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(file: Path) -> Record:
    said: dict[str, Any] = json.loads(file.read_bytes())
    return Record(**said)
