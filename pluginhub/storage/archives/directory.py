"""Reads a bundle from a directory on this machine, as if it were an archive."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from pluginhub.errors import BadBundleError
from pluginhub.storage.archives.entry import CHUNK, Budget, Entry
from pluginhub.storage.archives.names import left_out

Refuse = Callable[[BadBundleError], None]


def _raise(error: BadBundleError) -> None:
    raise error


def read(source: Path, budget: Budget, refuse: Refuse = _raise) -> Iterator[Entry]:
    """Yield the directories and files below ``source``, by name.

    What a release leaves out anyway (``node_modules``, ``.git``) is not even looked into.

    Args:
        source: The directory.
        budget: What it may hold.
        refuse: Called with what stands against an entry, which is then left out if it returns.

    Raises:
        BadBundleError: ``link``, ``special-file``, or what the budget raises.
    """
    pending = [(source, "")]
    while pending:
        folder, prefix = pending.pop()
        for item in sorted(folder.iterdir(), reverse=True):
            name = f"{prefix}{item.name}"
            if left_out(item.name):
                continue
            budget.count_entry()
            mode = item.lstat().st_mode
            if stat.S_ISDIR(mode):
                pending.append((item, f"{name}/"))
                yield Entry(name, is_directory=True, chunks=iter(()))
            elif stat.S_ISREG(mode):
                yield Entry(name, is_directory=False, chunks=_chunks(item, budget))
            elif stat.S_ISLNK(mode):
                refuse(BadBundleError("link", f"{name!a} is a symbolic link", entry=name))
            else:
                fault = f"{name!a} is not a regular file"
                refuse(BadBundleError("special-file", fault, entry=name))


def _chunks(file: Path, budget: Budget) -> Iterator[bytes]:
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "rb") as stream:
        while chunk := stream.read(CHUNK):
            budget.spend(len(chunk))
            yield chunk
