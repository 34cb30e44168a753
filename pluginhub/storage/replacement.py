"""The content of a data directory is replaced by another one, as a whole, whatever crashes.

Everything that is new is made ready in staging. A note says that it counts: before it is there
nothing is touched, and afterwards the next start goes on where a crash came in between.
"""

import contextlib
import json
from pathlib import Path

from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.tree import sync_directory

_NOTE = "replacement.json"

# What makes up the content; what has nothing new in its place is taken away. The log of the
# database first: it belongs to the old one, and must not meet the new one.
_NAMES = (
    "pluginhub.db-wal",
    "pluginhub.db-shm",
    "pluginhub.db",
    "capability.key",
    "shared",
    "encoded",
    "jobs",
)


def replace(data: DataDirectory, ready: Path, name: str) -> Path | None:
    """Put what is ready in its place; blocks.

    Args:
        data: Locked, with its database closed.
        ready: A directory in staging, with everything in it synced.
        name: Of the directory that gets what was there before.

    Returns:
        That directory, or None if nothing was there.
    """
    sync_directory(ready.parent)  # the note must not outlive what it speaks of
    new = [path.name for path in ready.iterdir()]
    note = {"ready": ready.name, "new": new, "replaced": name}
    data.write_private(data.path / _NOTE, json.dumps(note).encode())
    return finish(data)


def finish(data: DataDirectory) -> Path | None:
    """Carry out what a note asks for, if there is one; begun again after a crash, it goes on.

    Returns:
        The directory with what was there before; None if nothing was done.
    """
    (data.path / f"{_NOTE}.part").unlink(missing_ok=True)  # of one that was never decided
    try:
        note = json.loads((data.path / _NOTE).read_bytes())
    except FileNotFoundError:
        return None
    ready, old = data.staging / note["ready"], data.replaced / note["replaced"]
    for folder in (data.replaced, old):
        folder.mkdir(mode=0o700, exist_ok=True)
    sync_directory(data.replaced)
    sync_directory(data.path)
    for name in _NAMES:
        _exchange(data.path / name, old / name, ready / name if name in note["new"] else None)
    data.make_places()
    with contextlib.suppress(FileNotFoundError):
        ready.rmdir()
    (data.path / _NOTE).unlink()
    sync_directory(data.path)
    with contextlib.suppress(OSError):  # something was there before
        old.rmdir()
        data.replaced.rmdir()
    return old if old.exists() else None


def _exchange(place: Path, old: Path, new: Path | None) -> None:
    """Move away what is in a place, and what is new there; what was done before is left."""
    if new is not None and not new.exists():
        return
    with contextlib.suppress(OSError):  # it is not there, or is not empty
        place.rmdir()
    if place.exists() and not old.exists():
        _move(place, old)
    if new is not None:
        _move(new, place)


def _move(source: Path, target: Path) -> None:
    source.rename(target)
    sync_directory(target.parent)
    sync_directory(source.parent)
