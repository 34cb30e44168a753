"""Counts starts that went wrong, so that a server that falls again and again stops to try the same.

A start went wrong if the process ended before it was said to be well, and not in good order: it
crashed, or was killed. What is refused with a reason, such as a wrong setting, does not count.
"""

import contextlib
from pathlib import Path

from pluginhub.storage.data_directory import DataDirectory

_MANY = 3  # starts in a row that went wrong


class Starts:
    """The count, in a file of the data directory.

    Args:
        data: Locked.
    """

    def __init__(self, data: DataDirectory) -> None:
        self._data = data
        self._file: Path = data.path / "starts"

    def begin(self) -> bool:
        """Count a start; blocks.

        Returns:
            Whether so many went wrong in a row that this one should try less.
        """
        before = 0
        with contextlib.suppress(OSError, ValueError):  # there were none, or it was cut short
            before = int(self._file.read_bytes())
        self._data.write_private(self._file, str(before + 1).encode())
        return before >= _MANY

    def well(self) -> None:
        """Say that this start is well, or that it ends in good order; blocks."""
        self._file.unlink(missing_ok=True)
