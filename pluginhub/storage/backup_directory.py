"""A directory of backups: each has its own database, and all share the files of releases.

::

    .lock                    one process at a time
    releases/<digest>/...    a release, as it is in shared storage
    20261127T091500Z/        a backup; it appears by one rename, when it is whole
      backup.json            what it is, with digests
      pluginhub.db
      capability.key
"""

import json
import secrets
from datetime import UTC, datetime
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from pluginhub.errors import BadBackupError, ConflictError, NotFoundError
from pluginhub.models import ReleaseFile
from pluginhub.storage import inspection, locking, removal, tree

log = structlog.get_logger(__name__)

DATABASE, KEY = "pluginhub.db", "capability.key"

_NOTE = "backup.json"
_PART = "part-"


class Note(BaseModel):
    """What a backup says of itself.

    Attributes:
        version: Of the pluginhub that made it.
        made_at: Seconds since 1970.
        database: SHA-256 of its database.
        releases: Digests of the releases that it has.
        missing: Those whose files were not whole, and so are not in it.
    """

    model_config = ConfigDict(frozen=True)

    version: str
    made_at: int
    database: str
    releases: tuple[str, ...]
    missing: tuple[str, ...] = ()


class BackupDirectory:
    """Backups, and the releases that they share.

    Args:
        path: Where they lie; made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._releases = path / "releases"

    def lock(self) -> int:
        """Keep others out, and clear away what they left half done; blocks.

        Returns:
            A descriptor; closing it lets others in.

        Raises:
            ConflictError: Another backup is being made there.
            OSError: It cannot be written.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._releases.mkdir(mode=0o700, exist_ok=True)
        try:
            lock = locking.take(self.path / ".lock")
        except BlockingIOError as error:
            raise ConflictError(f"another backup is being made in {self.path}") from error
        for folder in (self.path, self._releases):
            for part in folder.glob(f"{_PART}*"):
                removal.remove_or_leave(part)
        return lock

    def names(self) -> list[str]:
        """Return the names of all backups, the oldest first; blocks."""
        return sorted(note.parent.name for note in self.path.glob(f"*/{_NOTE}"))

    def begin(self) -> Path:
        """Make the directory of a new backup, which is none yet; blocks."""
        part = self.path / f"{_PART}{secrets.token_hex(8)}"
        part.mkdir(mode=0o700)
        return part

    def finish(self, part: Path, note: Note) -> Path:
        """Make a directory a backup, by one rename; the files in it are synced. Blocks."""
        tree.write_file(part, (_NOTE,), [note.model_dump_json(indent=2).encode()])
        tree.sync_directory(part)
        name, number = f"{datetime.fromtimestamp(note.made_at, UTC):%Y%m%dT%H%M%SZ}", 2
        place = self.path / name
        while place.exists():
            place, number = self.path / f"{name}-{number}", number + 1
        part.rename(place)
        tree.sync_directory(self.path)
        return place

    def read(self, name: str) -> Note:
        """Return what a backup says of itself; blocks.

        Raises:
            BadBackupError: It cannot be read.
        """
        file = self.path / name / _NOTE
        try:
            return Note.model_validate(json.loads(file.read_bytes()))
        except (OSError, ValueError, ValidationError) as error:
            raise BadBackupError(f"{file} cannot be read: {error}", path=str(file)) from error

    def has(self, digest: str) -> bool:
        """Return whether a release is here already; blocks."""
        return (self._releases / digest).is_dir()

    def add(self, digest: str, root: Path, place: tuple[str, ...], files: list[ReleaseFile]) -> int:
        """Copy a release here, whole or not at all; blocks.

        Args:
            digest: Of the release.
            root: Shared storage.
            place: Where the release lies in it.
            files: What it was published with.

        Returns:
            Bytes.

        Raises:
            NotFoundError: A file is missing, or is not as it was published.
            OSError: The disk is full.
        """
        part = self._releases / f"{_PART}{secrets.token_hex(8)}"
        try:
            part.mkdir(mode=0o700)
            tree.copy(root, place, files, part)
            part.rename(self._releases / digest)
        finally:
            removal.remove(part)
        tree.sync_directory(self._releases)
        return sum(file.size for file in files)

    def restore(self, digest: str, files: list[ReleaseFile], target: Path) -> None:
        """Copy a release from here, verified, into a directory that is made; blocks.

        Raises:
            NotFoundError: A file is missing, or is not as it was published.
            OSError: The disk is full.
        """
        target.mkdir(parents=True)
        tree.copy(self._releases, (digest,), files, target)

    def verify(self, digest: str, files: list[ReleaseFile]) -> None:
        """Read a release that is here; blocks.

        Raises:
            NotFoundError: A file is missing, or is not as it was published.
        """
        for found in inspection.inspect(self._releases, (digest,), files):
            raise NotFoundError(f"{found.path}: {found.detail}", path=found.path)

    def shorten(self, keep: int, newest: str) -> list[str]:
        """Remove the oldest backups, and releases that none has any more; blocks.

        Args:
            keep: How many stay.
            newest: One that stays, whatever the clock said when it was named.

        Returns:
            The names of those that are gone.
        """
        others = [name for name in self.names() if name != newest]
        gone = others[: max(0, len(others) - keep + 1)]
        for name in gone:
            # Renamed first: a backup of which a part is gone is none.
            part = self.path / f"{_PART}{secrets.token_hex(8)}"
            (self.path / name).rename(part)
            tree.sync_directory(self.path)
            removal.remove(part)
        if gone:
            self._forget_unused()
        return gone

    def _forget_unused(self) -> None:
        try:
            used = {digest for name in self.names() for digest in self.read(name).releases}
        except BadBackupError as error:  # who knows what it has
            log.warning("releases of old backups stay", reason=error.message)
            return
        for release in self._releases.iterdir():
            if release.name not in used:
                removal.remove(release)


def found_at(source: Path) -> tuple[BackupDirectory, str]:
    """Return which backup a path means: itself, or the newest one in it; blocks.

    Raises:
        BadBackupError: There is none.
    """
    if (source / _NOTE).is_file():
        return BackupDirectory(source.parent), source.name
    directory = BackupDirectory(source)
    if names := directory.names():
        return directory, names[-1]
    raise BadBackupError(f"{source} holds no backup", path=str(source))
