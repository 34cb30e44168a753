"""Some space that is kept for deleting, which needs a little before it gives back much."""

import os
import secrets
import shutil
from pathlib import Path

from pluginhub.storage.tree import sync_directory

SIZE = 4 * 1024 * 1024  # bytes


class Ballast:
    """A file that takes space as long as the disk is not full.

    Args:
        file: The file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def drop(self) -> None:
        """Give the space back if the disk is full; blocks."""
        if shutil.disk_usage(self._file.parent).free < SIZE:
            self._file.unlink(missing_ok=True)

    def take(self, reserve: int) -> None:
        """Take the space, where it is not taken; blocks.

        Args:
            reserve: Bytes that are to stay free.

        Raises:
            OSError: The disk is full all the same.
        """
        if self._file.exists() or shutil.disk_usage(self._file.parent).free < reserve + 2 * SIZE:
            return
        # Nothing that a file system could compress
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(SIZE))
        sync_directory(self._file.parent)
