"""Reads a tar archive, plain or gzip'ed, and refuses whatever is not plainly in order.

After "pax Interchange Format" and "ustar Interchange Format" of POSIX.1-2017 pax, the long names
of GNU tar, and RFC 1952 for gzip. A header is believed only as far as bytes really follow it.
"""

import re
import struct
import zlib
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from io import BufferedReader
from itertools import chain
from pathlib import Path

from pluginhub.errors import BadBundleError, BundleReason
from pluginhub.storage.archives.entry import CHUNK, Budget, Entry

_BLOCK = 512
_HEADER = struct.Struct("100s 24x 12s 12x 8s c 100x 8s 80x 155s 12x")
_CHECKSUM, _MAGIC = slice(148, 156), slice(257, 265)
_USTAR, _GNU, _V7 = b"ustar\x0000", b"ustar  \0", bytes(8)
_GZIP = b"\x1f\x8b"
_GZIP_INPUT = 64 * 1024  # bytes
_GZIP_MEMBERS = 10_000  # bgzip, which makes one of 64 KiB each, needs 8192 for 512 MiB
_EXTENSION, _PAX_KEYS = 64 * 1024, 100  # bytes of a pax header or long name; keys
_TAIL = 64 * 1024  # zero bytes after the end mark; writers fill up a record
_SHOWN = 200  # bytes of a name in a message
_OCTAL = re.compile(rb" *([0-7]+)[ \0]+")
_RECORD = re.compile(rb"([1-9][0-9]{0,5}) ([^=\n]{1,255})=")
_PAX_SIZE = re.compile(rb"[0-9]{1,15}")
_PAX_KEY = re.compile(rb"path|size|[amc]time|[ug](id|name)|comment|(LIBARCHIVE|SCHILY\.xattr)\..*")
_Records = dict[bytes, bytes]
_ORDINARY, _EXTENDING = b"0\x005", b"xgL"  # types, a byte each
_REFUSED: dict[bytes, tuple[BundleReason, str]] = {
    **dict.fromkeys((b"1", b"2", b"K"), ("link", "is a link")),
    **dict.fromkeys((b"3", b"4", b"6"), ("special-file", "is a device or a fifo")),
}


@dataclass(frozen=True, slots=True)
class _Header:
    name: bytes
    kind: bytes
    size: int


class _Stream:
    """The unpacked bytes, counted off instead of piece by piece."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = b""
        self._used = 0
        self.position = 0

    def some(self, size: int) -> bytes:
        """Return at most ``size`` of the next bytes; none at the end."""
        if self._used == len(self._piece):
            self._piece, self._used = next(self._pieces, b""), 0
        part = self._piece[self._used : self._used + size]
        self._used += len(part)
        self.position += len(part)
        return part

    def upto(self, size: int) -> bytes:
        """Return the next ``size`` bytes; fewer only at the end."""
        data = bytearray()
        while len(data) < size and (part := self.some(size - len(data))):
            data += part
        return bytes(data)


def read(source: Path, budget: Budget) -> Iterator[Entry]:
    """Yield the files and directories of a tar archive, in its order.

    The format is the "ustar Interchange Format" of POSIX.1-2017 pax, or what GNU tar or Unix v7
    made of it, plain or as a gzip stream. Links, special and sparse files are refused.

    Args:
        source: The archive; whether it is gzip'ed is seen from its first two bytes.
        budget: Charged for every header and for every unpacked byte.

    Raises:
        BadBundleError: ``not-an-archive``, ``truncated``, ``corrupt``, ``trailing-data``,
            ``unsupported``, ``link``, ``special-file`` or ``bad-name``, and what the budget says.
    """
    with source.open("rb") as file:
        stream = _Stream(_unpacked(file, budget))
        override: _Records | None = None
        while header := _next_header(stream):
            budget.count_entry()
            if header.kind in _EXTENDING:
                override = _read_extension(stream, header, override)
                continue
            name, is_directory, size = _describe(header, override or {})
            override = None
            content = _content(stream, name.encode(), size)
            # Behind chain() it stays open when the generator of a caller is closed.
            yield Entry(name, is_directory, chain(content))
            deque(content, maxlen=0)
        if override is not None:
            raise BadBundleError("corrupt", "the last extended header belongs to no entry")
        _check_end(stream)


def _refuse(reason: BundleReason, name: bytes, problem: str) -> BadBundleError:
    shown = name[:_SHOWN].decode(errors="backslashreplace")
    return BadBundleError(reason, f"entry {shown!a} {problem}", entry=shown)


def _unpacked(file: BufferedReader, budget: Budget) -> Iterator[bytes]:
    is_gzip = file.peek(len(_GZIP)).startswith(_GZIP)
    for piece in _gunzip(file) if is_gzip else iter(lambda: file.read(CHUNK), b""):
        budget.spend(len(piece))
        yield piece


def _gunzip(file: BufferedReader) -> Iterator[bytes]:
    packed = file.read(_GZIP_INPUT)
    for _ in range(_GZIP_MEMBERS):
        packed = yield from _gunzip_member(file, packed)
        if not packed:
            return
        if not _GZIP.startswith(packed[:2]):
            raise BadBundleError("trailing-data", "data follows the gzip stream")
    raise BadBundleError("unsupported", f"more than {_GZIP_MEMBERS} gzip members")


def _gunzip_member(file: BufferedReader, packed: bytes) -> Generator[bytes, None, bytes]:
    """Yield what a member unpacks to, and return what was read beyond it."""
    member = zlib.decompressobj(wbits=31)
    while not member.eof:
        packed = packed or file.read(_GZIP_INPUT)
        try:
            piece = member.decompress(packed, CHUNK)
        except zlib.error as error:
            raise BadBundleError("corrupt", f"the gzip stream is damaged: {error}") from error
        if not (packed or piece or member.eof):
            raise BadBundleError("truncated", "the gzip stream ends too early")
        packed = member.unconsumed_tail
        if piece:
            yield piece
    return member.unused_data or file.read(_GZIP_INPUT)


def _next_header(stream: _Stream) -> _Header | None:
    """Read a header; ``None`` is the first block of the end mark."""
    start = stream.position
    block = stream.upto(_BLOCK)
    if len(block) < _BLOCK and (start or b"\0" in block):
        raise BadBundleError("truncated", "the tar archive has no end mark")
    if block and not any(block):
        return None
    if len(block) < _BLOCK or not _sum_matches(block):
        if start or block[_MAGIC].startswith(b"ustar"):
            raise BadBundleError("corrupt", f"the tar header at byte {start} is damaged")
        raise BadBundleError("not-an-archive", "does not begin with a tar header")
    return _parse_header(block)


def _sum_matches(block: bytes) -> bool:
    """Compare the checksum, which is made as if its own field held spaces."""
    field = block[_CHECKSUM]
    stated = _OCTAL.fullmatch(field)
    return stated is not None and int(stated[1], 8) == sum(block) - sum(field) + sum(b" " * 8)


def _parse_header(block: bytes) -> _Header:
    name, size, _, kind, magic, prefix = _HEADER.unpack(block)
    name, prefix = name.rstrip(b"\0"), prefix.rstrip(b"\0")
    if magic == _USTAR:
        name = prefix + b"/" + name if prefix else name
    elif magic != _GNU and (magic != _V7 or prefix or kind in _EXTENDING):
        raise _refuse("unsupported", name, "is in an unknown dialect of tar")
    octal = _OCTAL.fullmatch(size)
    if octal is None:
        reason: BundleReason = "unsupported" if size[0] & 0x80 else "corrupt"
        raise _refuse(reason, name, "has a size that is not an octal number")
    return _Header(name, kind, int(octal[1], 8))


def _read_extension(stream: _Stream, header: _Header, override: _Records | None) -> _Records | None:
    """Return what a pax header or a long name says of the entry after it."""
    if override is not None:
        raise _refuse("corrupt", header.name, "is the second extended header for one entry")
    if header.size > _EXTENSION:
        raise _refuse("unsupported", header.name, f"is longer than {_EXTENSION} bytes")
    data = b"".join(_content(stream, header.name, header.size))
    if header.kind == b"L":
        return {b"path": data.removesuffix(b"\0")}
    records = _parse_records(header, data)
    if not _PAX_SIZE.fullmatch(records.get(b"size", b"0")):
        raise _refuse("corrupt", header.name, "gives a size that is not a number")
    return None if header.kind == b"g" else records


def _parse_records(header: _Header, data: bytes) -> _Records:
    records: _Records = {}
    start = 0
    while start < len(data):
        match = _RECORD.match(data, start)
        end = start + int(match[1]) if match else 0
        if match is None or data[end - 1 : end] != b"\n":
            raise _refuse("corrupt", header.name, "is not a list of pax records")
        if (key := match[2]) in records:
            raise _refuse("corrupt", header.name, f"has the pax key {key!r} twice")
        records[key] = data[match.end() : end - 1]
        known = _PAX_KEY.fullmatch(key) if header.kind == b"x" else key == b"comment"
        if not known or len(records) > _PAX_KEYS:
            raise _refuse("unsupported", header.name, f"has the pax key {key!r}, or too many")
        start = end
    return records


def _describe(header: _Header, override: _Records) -> tuple[str, bool, int]:
    raw = override.get(b"path", header.name)
    size = int(override.get(b"size", header.size))
    if header.kind not in _ORDINARY:
        unknown: tuple[BundleReason, str] = "unsupported", f"is of the tar type {header.kind!r}"
        reason, problem = _REFUSED.get(header.kind, unknown)
        raise _refuse(reason, raw, problem)
    name = raw.decode(errors="replace")
    if name.encode() != raw or "\0" in name:
        raise _refuse("bad-name", raw, "has a name that is not plain UTF-8")
    is_directory = header.kind == b"5" or name.endswith("/")
    if is_directory and size:
        raise _refuse("corrupt", raw, "is a directory with content")
    return name.removesuffix("/"), is_directory, size


def _content(stream: _Stream, name: bytes, size: int) -> Iterator[bytes]:
    left = size
    while left and (part := stream.some(min(left, CHUNK))):
        left -= len(part)
        yield part
    if left or len(stream.upto(-size % _BLOCK)) < -size % _BLOCK:
        raise _refuse("truncated", name, "is longer than what is left of the archive")


def _check_end(stream: _Stream) -> None:
    """Judge what follows the first block of the end mark."""
    rest = stream.upto(_BLOCK + _TAIL + 1)
    if any(rest[:_BLOCK]):
        raise BadBundleError("corrupt", "a lone block of zeros stands between two tar headers")
    if len(rest) > _BLOCK + _TAIL or any(rest):
        raise BadBundleError("trailing-data", "data follows the end mark of the tar archive")
    if not rest or len(rest) % _BLOCK:
        raise BadBundleError("truncated", "the end mark of the tar archive is cut off")
