"""Removes trees that may be hostile: of any depth and any mode, and through no link."""

import os
import secrets
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

_PRIVATE = 0o700


def remove(path: Path) -> None:
    """Remove a file or a tree, if it is there; blocks.

    Args:
        path: Nothing else works in its directory on names that begin with its name.

    Raises:
        OSError: Something of it cannot be removed.
    """
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    pending = [path]
    while pending:
        folder = pending.pop()
        folder.chmod(_PRIVATE)
        pending += _emptied(folder, path)
        folder.rmdir()


def remove_or_leave(path: Path) -> bool:
    """Remove a tree, or say in the log why it stays; blocks.

    Returns:
        Whether it is gone.
    """
    try:
        remove(path)
    except OSError as error:
        log.warning("something cannot be removed and stays", path=str(path), error=str(error))
        return False
    return True


def _emptied(folder: Path, root: Path) -> list[Path]:
    """Unlink the files in a directory and move the directories up, so that no path gets long."""
    moved = []
    with os.scandir(folder) as entries:
        for entry in list(entries):
            if not entry.is_dir(follow_symlinks=False):
                Path(entry.path).unlink()
                continue
            place = root.with_name(f"{root.name}.{secrets.token_hex(8)}")
            # A directory that moves writes its own "..", which asks for the right to do so.
            Path(entry.path).chmod(_PRIVATE)
            moved.append(Path(entry.path).rename(place))
    return moved
