"""The content of a bundle: which files it has, that no two names mean the same one, its digest."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from pluginhub.errors import BadBundleError
from pluginhub.models import ReleaseFile
from pluginhub.storage import media_types
from pluginhub.storage.archives import directory, names
from pluginhub.storage.archives.entry import Budget, Entry, Limits

Parts = tuple[str, ...]

_STEP = 1024 * 1024  # bytes


def survey(source: Path, limits: Limits | None = None) -> tuple[str, int]:
    """Read a directory as ``unpack`` does, and write nothing; blocks.

    Returns:
        The digest that it has as a release, and the bytes of all its files.

    Raises:
        BadBundleError: The directory holds what no bundle may hold.
        OSError: It cannot be read.
    """
    limits = limits or Limits()
    entries = directory.read(source, Budget(limits, limits.unpacked))
    found = files(each_file(entries, limits, lambda _, chunks: _measured(chunks)))
    return digest(found), sum(file.size for file in found)


def each_file(
    entries: Iterable[Entry],
    limits: Limits,
    take: Callable[[Parts, Iterable[bytes]], tuple[int, str]],
) -> dict[Parts, tuple[int, str]]:
    """Return what ``take`` returns of each file that is a part of the release: size and SHA-256.

    Raises:
        BadBundleError: A name is refused, or two names mean the same file on some system.
    """
    taken: dict[Parts, tuple[int, str]] = {}
    claims = Claims()
    for entry in entries:
        parts = names.components(entry.name, limits.depth)
        claims.add(parts, "directory" if entry.is_directory else "file")
        if not entry.is_directory and not any(names.left_out(part) for part in parts):
            taken[parts] = take(parts, entry.chunks)
    return taken


def _measured(chunks: Iterable[bytes]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()


class Pace:
    """Asks for room before each MiB of all files together.

    Args:
        require_room: Is asked, with a number of bytes.
    """

    def __init__(self, require_room: Callable[[int], None]) -> None:
        self._require_room = require_room
        self._since = 0

    def of(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the chunks of a file, for each of which there is room."""
        for chunk in chunks:
            self._since += len(chunk)
            if self._since >= _STEP:
                self._require_room(self._since)
                self._since = 0
            yield chunk


class Claims:
    """Sees to it that no two names of a bundle mean the same file on any file system."""

    def __init__(self) -> None:
        self._entries: set[Parts] = set()
        self._claimed: dict[str, tuple[Parts, str]] = {}

    def add(self, parts: Parts, kind: Literal["file", "directory"]) -> None:
        """Take a name.

        Raises:
            BadBundleError: ``duplicate-name`` or ``case-clash``.
        """
        if parts in self._entries:
            raise _clash("duplicate-name", parts, "stands twice in the bundle")
        self._entries.add(parts)
        for depth in range(1, len(parts)):
            self._claim(parts[:depth], "directory")
        self._claim(parts, kind)

    def _claim(self, parts: Parts, kind: str) -> None:
        other, other_kind = self._claimed.setdefault(names.folded("/".join(parts)), (parts, kind))
        if other != parts:
            raise _clash("case-clash", parts, f"and {'/'.join(other)!r} differ only in spelling")
        if other_kind != kind:
            raise _clash("duplicate-name", parts, "is both a file and a directory")


def _clash(
    reason: Literal["duplicate-name", "case-clash"], parts: Parts, fault: str
) -> BadBundleError:
    name = "/".join(parts)
    return BadBundleError(reason, f"entry {name!r} {fault}", entry=name)


def files(taken: Mapping[Parts, tuple[int, str]], above: int = 0) -> tuple[ReleaseFile, ...]:
    """Return all files by path, without so many directories above them."""
    return tuple(_release_file(parts[above:], *taken[parts]) for parts in sorted(taken))


def _release_file(parts: Parts, size: int, sha256: str) -> ReleaseFile:
    path = "/".join(parts)
    return ReleaseFile(path, size, sha256, media_types.of(path))


def digest(found: Iterable[ReleaseFile]) -> str:
    """Return SHA-256 over path, size and digest of every file."""
    lines = [[file.path, file.size, file.sha256] for file in found]
    return hashlib.sha256(json.dumps(lines).encode()).hexdigest()
