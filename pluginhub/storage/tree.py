"""Creates the files of a release: never through a link, never over an existing name, durably."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pluginhub.errors import NotFoundError
from pluginhub.models import ReleaseFile

_CHUNK = 1024 * 1024  # bytes
_POSIX = os.open in os.supports_dir_fd
_FILE_MODE = 0o444 if _POSIX else 0o644  # a release never changes; Windows could not delete it
_DIRECTORY_MODE = 0o755
_PLAIN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _PLAIN  # a pipe must not hold us up


def write_file(root: Path, parts: tuple[str, ...], chunks: Iterable[bytes]) -> tuple[int, str]:
    """Create ``root/*parts`` with the given content, on the disk when this returns.

    Args:
        root: A directory of ours.
        parts: Names of directories, made where they are missing, and of the file.
        chunks: The content.

    Returns:
        Size in bytes and SHA-256, hexadecimal.

    Raises:
        OSError: The disk is full, or something of this name exists.
    """
    size, digest = 0, hashlib.sha256()
    with _created(root, parts) as descriptor, os.fdopen(descriptor, "wb", closefd=False) as stream:
        for chunk in chunks:
            stream.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        stream.flush()
        os.fsync(descriptor)
    return size, digest.hexdigest()


def open_file(root: Path, parts: tuple[str, ...]) -> int:
    """Open ``root/*parts`` for reading, through no link, and return the descriptor.

    Raises:
        OSError: It is not there, or one of the parts is a link.
    """
    if not _POSIX:
        return os.open(root.joinpath(*parts), _READ)
    folder = _descend(root, parts[:-1], make=False)
    try:
        return os.open(parts[-1], _READ, dir_fd=folder)
    finally:
        os.close(folder)


def copy(root: Path, place: tuple[str, ...], files: Iterable[ReleaseFile], target: Path) -> None:
    """Copy the files of a release, on the disk when this returns; nothing else is copied.

    Args:
        root: A directory of ours.
        place: Where the release lies in it.
        files: What it was published with.
        target: An empty directory.

    Raises:
        NotFoundError: A file is missing, or is not as it was published.
        OSError: The disk is full.
    """
    for file in files:
        parts = tuple(file.path.split("/"))
        if write_file(target, parts, content(root, (*place, *parts))) != (file.size, file.sha256):
            raise NotFoundError(f"the file {file.path} is damaged", path=file.path)
    sync(target)


def content(root: Path, parts: tuple[str, ...]) -> Iterator[bytes]:
    """Yield what is in ``root/*parts``, nothing for what is no regular file.

    Raises:
        NotFoundError: It is not there.
    """
    try:
        descriptor = open_file(root, parts)
    except FileNotFoundError as error:
        path = "/".join(parts)
        raise NotFoundError(f"the file {path} is missing", path=path) from error
    with os.fdopen(descriptor, "rb") as stream:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            while chunk := stream.read(_CHUNK):
                yield chunk


def sync(root: Path) -> None:
    """Make every name below ``root`` durable, from the bottom up."""
    for folder, _, _ in os.walk(root, topdown=False):
        sync_directory(Path(folder))


def sync_directory(directory: Path) -> None:
    """Make new and renamed names in a directory durable; Windows does so by itself."""
    if not _POSIX:
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _created(root: Path, parts: tuple[str, ...]) -> Iterator[int]:
    descriptor = _open_at(root, parts) if _POSIX else _open_by_path(root, parts)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_at(root: Path, parts: tuple[str, ...]) -> int:
    folder = _descend(root, parts[:-1], make=True)
    try:
        return os.open(parts[-1], _NEW_FILE, _FILE_MODE, dir_fd=folder)
    finally:
        os.close(folder)


def _descend(root: Path, parts: tuple[str, ...], *, make: bool) -> int:
    """Walk down by descriptors, so that no component can be swapped for a link meanwhile."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    for part in parts:
        try:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, _DIRECTORY_MODE, dir_fd=folder)
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
        finally:
            os.close(folder)
        folder = below
    return folder


def _open_by_path(root: Path, parts: tuple[str, ...]) -> int:
    file = root.joinpath(*parts)
    file.parent.mkdir(parents=True, exist_ok=True)
    return os.open(file, _NEW_FILE, _FILE_MODE)
