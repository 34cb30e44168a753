"""Compressed variants of files, made once per release; they may be deleted at any time.

They lie beside the releases, never in them: ``encoded/<digest of the release>/<digest of the
file>.<coding>``. A file that hardly gets smaller has an empty variant, so that nobody tries again.
"""

import contextlib
import os
import secrets
import stat
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import brotli
import zstandard

from pluginhub import background
from pluginhub.models import ReleaseFile
from pluginhub.storage import removal, tree
from pluginhub.storage.data_directory import DataDirectory

Coding = Literal["br", "zstd", "gzip"]
Level = Literal["quick", "best"]

CODINGS: tuple[Coding, ...] = ("br", "zstd", "gzip")  # the smallest first

_LARGEST = 32 * 1024 * 1024  # bytes of a file
_SMALLEST = 256
_WORTH = 0.95  # of the size
_PIECE = 256 * 1024  # bytes between two looks whether to stop
_LEVELS: dict[Coding, dict[Level, int]] = {
    "br": {"quick": 5, "best": 11},
    "zstd": {"quick": 3, "best": 19},
    "gzip": {"quick": 6, "best": 9},
}
_GZIP_WINDOW = 31  # zlib's number for the format of gzip
_COMPRESSIBLE = frozenset(
    {
        "application/json",
        "application/vnd.ms-fontobject",
        "application/wasm",
        "application/xhtml+xml",
        "application/xml",
        "font/otf",
        "font/ttf",
        "image/bmp",
        "image/svg+xml",
    }
)


class StoppedError(Exception):
    """The server stops, and the rest can be made another time."""


def is_compressible(media_type: str | None) -> bool:
    """Return whether files of a type are text or the like; images and fonts are packed already."""
    return media_type is not None and (
        media_type.startswith("text/") or media_type in _COMPRESSIBLE
    )


class Encodings:
    """The variants on the disk.

    Args:
        data: Where they lie.
    """

    def __init__(self, data: DataDirectory) -> None:
        self._data = data

    def level(self, digest: str) -> Level | None:
        """Return how well the files of a release are encoded, None if they are not; blocks."""
        with contextlib.suppress(OSError):
            text = (self._folder(digest) / "level").read_text(encoding="ascii")
            return "best" if text == "best" else "quick"
        return None

    def open(self, digest: str, file: ReleaseFile) -> dict[Coding, BinaryIO]:
        """Open the variants of a file that are worth sending; blocks."""
        found: dict[Coding, BinaryIO] = {}
        if is_compressible(file.media_type):
            for coding in CODINGS:
                with contextlib.suppress(OSError):
                    path = self._path(digest, file, coding).relative_to(self._data.encoded)
                    stream = os.fdopen(tree.open_file(self._data.encoded, path.parts), "rb")
                    status = os.fstat(stream.fileno())
                    if stat.S_ISREG(status.st_mode) and status.st_size:
                        found[coding] = stream
                    else:
                        stream.close()
        return found

    def make(
        self,
        digest: str,
        root: Path,
        files: Iterable[ReleaseFile],
        level: Level,
        stop: threading.Event,
    ) -> None:
        """Encode the files of a release, at the lowest priority; blocks for long.

        Args:
            digest: Of the release whose files they are.
            root: Its directory.
            files: Its files.
            level: How well.
            stop: Set from another thread to end this one soon.

        Raises:
            StoppedError: ``stop`` was set; what is there is usable.
            OSError: The disk is full, or a file is gone.
        """
        background.yield_to_others()
        folder = self._folder(digest)
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            if is_compressible(file.media_type) and _SMALLEST <= file.size <= _LARGEST:
                with os.fdopen(tree.open_file(root, tuple(file.path.split("/"))), "rb") as stream:
                    content = stream.read()
                for coding in CODINGS:
                    encoded = _encode(content, coding, _LEVELS[coding][level], stop)
                    worth = len(encoded) <= len(content) * _WORTH
                    _write(self._path(digest, file, coding), encoded if worth else b"")
        _write(folder / "level", level.encode())

    def digests(self) -> list[str]:
        """Return the digests of releases with variants; blocks."""
        with contextlib.suppress(FileNotFoundError):
            return sorted(path.name for path in self._data.encoded.iterdir())
        return []

    def remove(self, digest: str) -> None:
        """Remove the variants of a release; blocks."""
        removal.remove_or_leave(self._folder(digest))

    def _folder(self, digest: str) -> Path:
        return self._data.encoded / digest

    def _path(self, digest: str, file: ReleaseFile, coding: Coding) -> Path:
        return self._folder(digest) / f"{file.sha256}.{coding}"


def encode_quickly(content: bytes) -> dict[Coding, bytes]:
    """Return the variants of something small that are worth sending; blocks for milliseconds."""
    if len(content) < _SMALLEST:
        return {}
    never = threading.Event()
    made = {coding: _encode(content, coding, _LEVELS[coding]["quick"], never) for coding in CODINGS}
    return {
        coding: encoded for coding, encoded in made.items() if len(encoded) <= len(content) * _WORTH
    }


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, also if the power fails."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with part.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def _encode(content: bytes, coding: Coding, level: int, stop: threading.Event) -> bytes:
    process, finish = _compressor(coding, level, len(content))
    done = bytearray()
    for piece in _pieces(content):
        if stop.is_set():
            raise StoppedError
        done += process(piece)
    return bytes(done + finish())


def _compressor(
    coding: Coding, level: int, size: int
) -> tuple[Callable[[bytes], bytes], Callable[[], bytes]]:
    if coding == "br":
        made = brotli.Compressor(quality=level)
        return made.process, made.finish
    if coding == "zstd":
        packer = zstandard.ZstdCompressor(level=level).compressobj(size=size)
        return packer.compress, packer.flush
    deflater = zlib.compressobj(level, zlib.DEFLATED, _GZIP_WINDOW)
    return deflater.compress, deflater.flush


def _pieces(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), _PIECE):
        yield content[start : start + _PIECE]
