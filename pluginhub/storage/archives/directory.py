"""Reads a bundle from a directory on this machine, as if it were an archive."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pluginhub.errors import BadBundleError
from pluginhub.storage.archives.entry import CHUNK, Budget, Entry
from pluginhub.storage.archives.names import left_out


def read(source: Path, budget: Budget) -> Iterator[Entry]:
    """Yield the directories and files below ``source``, by name.

    What a release leaves out anyway (``node_modules``, ``.git``) is not even looked into.

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
                raise BadBundleError("link", f"{name!a} is a symbolic link", entry=name)
            else:
                raise BadBundleError("special-file", f"{name!a} is not a regular file", entry=name)


def _chunks(file: Path, budget: Budget) -> Iterator[bytes]:
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "rb") as stream:
        while chunk := stream.read(CHUNK):
            budget.spend(len(chunk))
            yield chunk
