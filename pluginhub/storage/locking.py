"""A lock that one process holds on a file; the system lets go of it when the process ends."""

import os
import sys
from pathlib import Path


def take(file: Path) -> int:
    """Take the lock of a file, which is made where it is missing; blocks for no other process.

    Returns:
        A descriptor; closing it lets go of the lock.

    Raises:
        BlockingIOError: Another process has it.
        OSError: The file cannot be made, or the file system has no locks.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - exists only there

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:  # how it says that another process has it
            raise BlockingIOError(*error.args) from error
    else:
        import fcntl  # noqa: PLC0415 - exists only there

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
