"""Holds the files of a release against what they were when it was published."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pluginhub.models import ReleaseFile
from pluginhub.storage import tree

Wrong = Literal["missing-file", "damaged-file", "extra-file"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as it was published, and how.

    Attributes:
        path: Relative to the directory of the release.
    """

    code: Wrong
    path: str
    detail: str


def inspect(root: Path, place: tuple[str, ...], files: Iterable[ReleaseFile]) -> list[Difference]:
    """Read all files of a release; blocks.

    Args:
        root: Shared storage.
        place: Where the release lies in it.
        files: What it was published with.
    """
    known = {file.path: file for file in files}
    found = [it for file in known.values() if (it := _inspect_file(root, place, file))]
    there = _names_below(root.joinpath(*place))
    return found + [
        Difference("extra-file", name, "it was not published")
        for name in sorted(there - known.keys())
    ]


def _inspect_file(root: Path, place: tuple[str, ...], file: ReleaseFile) -> Difference | None:
    try:
        descriptor = tree.open_file(root, (*place, *file.path.split("/")))
    except OSError as error:
        return Difference("missing-file", file.path, error.strerror or "it is not there")
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        return Difference("damaged-file", file.path, "it is no regular file")
    with os.fdopen(descriptor, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if status.st_size != file.size:
        said = f"{status.st_size} bytes instead of {file.size}"
        return Difference("damaged-file", file.path, said)
    if digest != file.sha256:
        return Difference("damaged-file", file.path, "its digest is another")
    return None


def _names_below(folder: Path) -> set[str]:
    """Return the paths of all that is no directory; links are not followed."""
    return {path.relative_to(folder).as_posix() for path in _walk(folder)}


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        here = Path(parent)
        yield from (here / name for name in names)
        yield from (here / name for name in folders if (here / name).is_symlink())
