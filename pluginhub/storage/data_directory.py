"""The data directory: where everything lies, and the lock that one process holds on it."""

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from pluginhub.errors import DataDirectoryError, DataDirectoryInUseError
from pluginhub.storage import file_system, locking
from pluginhub.storage.tree import sync_directory


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """Paths below the data directory.

    Attributes:
        path: Absolute.
    """

    path: Path

    @classmethod
    def at(cls, path: Path) -> "DataDirectory":
        """Return the data directory at a path, which may be relative and need not exist."""
        return cls(path.absolute())

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / "pluginhub.db"

    @property
    def shared(self) -> Path:
        """Shared storage: ``<slug>/v<version>/``."""
        return self.path / "shared"

    @property
    def staging(self) -> Path:
        """Bundles that are being received and unpacked; emptied at start."""
        return self.path / "staging"

    @property
    def trash(self) -> Path:
        """Releases that are being deleted; emptied at start."""
        return self.path / "trash"

    @property
    def incoming(self) -> Path:
        """Where a bundle is put to be published."""
        return self.path / "incoming"

    @property
    def encoded(self) -> Path:
        """Compressed variants of files; they may be deleted at any time."""
        return self.path / "encoded"

    @property
    def quarantine(self) -> Path:
        """What ``verify`` moved out of the way; nothing removes it."""
        return self.path / "quarantine"

    @property
    def backups(self) -> Path:
        """Where backups go that are not told where."""
        return self.path / "backups"

    @property
    def replaced(self) -> Path:
        """What was there before backups were restored: ``<time>/``; nothing removes it."""
        return self.path / "replaced"

    @property
    def migrations(self) -> Path:
        """What migrations wrote down, so that they can be taken back."""
        return self.path / "migrations"

    @property
    def jobs(self) -> Path:
        """Uploaded bundles that wait to be published."""
        return self.path / "jobs"

    @property
    def ballast(self) -> Path:
        """Space that is kept for deleting."""
        return self.path / "ballast"

    @property
    def capability_key(self) -> Path:
        """The secret behind capabilities; without the file a new one is made."""
        return self.path / "capability.key"

    @property
    def server_file(self) -> Path:
        """Where the running server tells the command line how to reach it."""
        return self.path / "server.json"

    def lock(self) -> int:
        """Make the directories where they are missing, and become their only process; blocks.

        The lock is the operating system's: it is gone when the process is, however it ended.

        Returns:
            A descriptor; closing it lets go of the lock.

        Raises:
            DataDirectoryInUseError: Another process holds the lock.
            DataDirectoryError: The directory cannot be made or written, or is somebody else's.
        """
        try:
            self._require_trusted()
            self._make()
            self._refuse_foreign()
            descriptor = locking.take(self._lock_file)  # first: it marks the directory as ours
        except BlockingIOError as error:
            raise DataDirectoryInUseError(
                f"{self.path} is in use by another pluginhub process", path=str(self.path)
            ) from error
        except (OSError, ValueError) as error:  # a ValueError for a path with a NUL
            raise self._unusable(error) from error
        try:
            self.make_places()
        except OSError as error:
            os.close(descriptor)
            raise self._unusable(error) from error
        return descriptor

    def make_places(self) -> None:
        """Make the directories where they are missing; blocks."""
        own = (self.shared, self.encoded, self.staging, self.trash, self.incoming, self.jobs)
        for folder in own:
            folder.mkdir(mode=0o700, exist_ok=True)

    def ignores_case(self) -> bool:
        """Return whether names that differ only in case are one here; blocks."""
        return file_system.ignores_case(self._lock_file)

    def refuse_lost_rows(self) -> None:
        """See to it that a database that was lost is not taken for one that is yet to be made.

        Raises:
            DataDirectoryError: There are releases, and the database is empty or not there.
        """
        with contextlib.suppress(FileNotFoundError):
            if self.database.stat().st_size:
                return
        if any(self.shared.iterdir()):
            raise DataDirectoryError(
                f"{self.database} is empty or not there, and {self.shared} holds releases: restore"
                " a backup of the database, or move the releases away to begin anew",
                path=str(self.database),
            )

    def private_modes(self) -> list[tuple[Path, int]]:
        """Return what others may use although it is private, and its mode; blocks."""
        if os.name != "posix":
            return []
        private = (self.path, self.database, self.capability_key, self.jobs, self.staging)
        modes = [(path, stat.S_IMODE(path.stat().st_mode)) for path in private if path.exists()]
        return [(path, mode) for path, mode in modes if mode & 0o077]

    def _make(self) -> None:
        """Make the directory where it is missing, so that a power cut does not take it away."""
        missing = [path for path in (self.path, *self.path.parents) if not path.exists()]
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in missing or [self.path]:  # a crash may have come before the last one
            with contextlib.suppress(PermissionError):  # of somebody else, who may only be passed
                sync_directory(path.parent)

    @property
    def _lock_file(self) -> Path:
        return self.path / ".lock"

    def _require_trusted(self) -> None:
        """Refuse a place where SQLite would come to harm, or that cannot be written."""
        there = next(path for path in (self.path, *self.path.parents) if path.exists())
        if kind := file_system.network_type(there):
            raise DataDirectoryError(
                f"storage.plugins_base_dir: {self.path} is on a network file system ({kind}), where"
                " SQLite damages its database; choose a directory on a local disk",
                setting="storage.plugins_base_dir",
            )
        names = (self.database, self._lock_file, self.capability_key, self.shared, self.encoded)
        moving = (self.staging, self.trash, self.incoming, self.jobs)
        if reason := file_system.obstacle((there, *names, *moving)):
            raise DataDirectoryError(
                f"storage.plugins_base_dir: {str(self.path)!r} cannot be written: {reason}",
                setting="storage.plugins_base_dir",
            )

    def _unusable(self, error: OSError | ValueError) -> DataDirectoryError:
        reason = error.strerror if isinstance(error, OSError) else error
        return DataDirectoryError(
            f"storage.plugins_base_dir: {str(self.path)!r} cannot be written: {reason}",
            setting="storage.plugins_base_dir",
        )

    def _refuse_foreign(self) -> None:
        """See to it that what is emptied at start is ours."""
        if self._lock_file.exists() or self.database.exists():
            return
        names = {item.name for item in self.path.iterdir()} - {"lost+found"}
        if names:
            raise DataDirectoryError(
                f"storage.plugins_base_dir: {self.path} holds other things, for instance "
                f"{min(names)!r}; choose an empty directory, or one that pluginhub made",
                setting="storage.plugins_base_dir",
            )

    def write_private(self, file: Path, content: bytes) -> None:
        """Write a file that only this account may read, whole or not at all."""
        part = file.with_name(f"{file.name}.part")
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        part.replace(file)
        sync_directory(file.parent)
