"""Reads a zip archive, and refuses whatever is not plainly in order.

After APPNOTE 6.3.10, without zip64, encryption and archives in parts. Local headers and data
must agree with the central directory and fill the file up to it, so that all readers see the same.
"""

import os
import re
import stat
import struct
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from itertools import chain
from pathlib import Path

from pluginhub.errors import BadBundleError, BundleReason
from pluginhub.storage.archives.entry import CHUNK, Budget, Entry

_LOCAL_MAGIC, _CENTRAL_MAGIC, _END_MAGIC = b"PK\3\4", b"PK\1\2", b"PK\5\6"
_DESCRIPTOR_MAGIC, _LOCATOR_MAGIC = b"PK\7\b", b"PK\6\7"
_LOCAL = struct.Struct("<4s 2x 2H 4x 3L 2H")
_CENTRAL = struct.Struct("<4s H 2x 2H 4x 3L 4H 2x 2L")
_END = struct.Struct("<4s 4H 2L H")
_FIELD = struct.Struct("<2H")
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF  # "see the zip64 record"
_ENCRYPTED, _DESCRIPTOR, _PATCHED, _UTF8 = 1 | 1 << 6 | 1 << 13, 1 << 3, 1 << 5, 1 << 11
_MATTERING = _ENCRYPTED | _DESCRIPTOR | _PATCHED | _UTF8
_STORED, _DEFLATED = 0, 8
_MADE_BY_UNIX = (3, 19)
_REFUSED_FIELDS = {0x0001: "zip64 values", 0x7075: "a second name"}
_MAX_FIELDS = 64  # per header; writers add two or three
_MAX_DIRECTORY = 16 * 1024 * 1024  # bytes
_SHOWN = 200  # bytes of a name in a message


@dataclass(frozen=True, slots=True)
class _Record:  # as the central directory has it
    name: bytes
    flags: int
    method: int
    values: tuple[int, int, int]  # CRC-32, packed size, size
    offset: int
    mode: int  # of Unix, or 0


def read(source: Path, budget: Budget) -> Iterator[Entry]:
    """Yield the files and directories of a zip archive, in the order of its central directory.

    The format is that of APPNOTE 6.3.10: entries stored or deflated, with or without a data
    descriptor, and an archive comment. All headers are judged before the first entry is given.

    Args:
        source: The archive.
        budget: Charged for every entry and for every unpacked byte.

    Raises:
        BadBundleError: ``not-an-archive``, ``truncated``, ``corrupt``, ``trailing-data``,
            ``unsupported``, ``encrypted``, ``link``, ``special-file``, ``bad-name``, ``too-large``
            or ``too-many-entries``, and what the budget says.
    """
    with source.open("rb") as file:
        count, offset, end = _find_directory(file)
        if count > budget.limits.entries:
            raise BadBundleError("too-many-entries", f"holds {count} entries")
        file.seek(offset)
        records = [_read_record(file, budget) for _ in range(count)]
        if file.tell() != end:
            raise BadBundleError("corrupt", "the directory of the zip archive has another length")
        starts = _check_layout(file, records, offset)
        for record in records:
            name = record.name.decode()
            content = _content(file, record, starts[record.offset], budget)
            # Behind chain() it stays open when the generator of a caller is closed.
            yield Entry(name.removesuffix("/"), name.endswith("/"), chain(content))
            deque(content, maxlen=0)


def _refuse(reason: BundleReason, name: bytes, problem: str) -> BadBundleError:
    shown = name[:_SHOWN].decode(errors="backslashreplace")
    return BadBundleError(reason, f"entry {shown!a} {problem}", entry=shown)


def _exactly(file: BufferedReader, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise BadBundleError("corrupt", "a header points beyond the end of the archive")
    return data


def _find_directory(file: BufferedReader) -> tuple[int, int, int]:
    """Return the number of entries, and where the central directory begins and ends."""
    size = file.seek(0, os.SEEK_END)
    base = file.seek(max(0, size - _END.size - 0xFFFF))
    tail = file.read(size - base)
    found = [match.start() for match in re.finditer(re.escape(_END_MAGIC), tail)]
    fitting = [at for at in found if _surplus(tail, at) == 0]
    if not found:
        file.seek(0)
        reason: BundleReason = "truncated" if file.read(4) == _LOCAL_MAGIC else "not-an-archive"
        raise BadBundleError(reason, "there is no end record of a zip archive")
    if not fitting:
        reason = "truncated" if _surplus(tail, found[-1]) < 0 else "trailing-data"
        raise BadBundleError(reason, "the zip archive does not end where its end record says")
    if fitting[0] != found[-1]:
        raise BadBundleError("corrupt", "the zip archive has more than one end record")
    return _parse_end(tail, fitting[0], base)


def _surplus(tail: bytes, at: int) -> int:
    """Return how many bytes follow an end record and its comment; negative if it is cut off."""
    return len(tail) - at - _END.size - int.from_bytes(tail[at + 20 : at + 22], "little")


def _parse_end(tail: bytes, at: int, base: int) -> tuple[int, int, int]:
    _, disk, first_disk, here, count, size, offset, _ = _END.unpack_from(tail, at)
    has_locator = tail[max(0, at - 20) : at].startswith(_LOCATOR_MAGIC)
    if has_locator or _FULL_16 in {disk, here, count} or _FULL_32 in {size, offset}:
        raise BadBundleError("unsupported", "is in zip64 form, for 65535 entries or 4 GiB and more")
    if disk or first_disk or here != count:
        raise BadBundleError("unsupported", "is one part of a zip archive in several parts")
    if size > _MAX_DIRECTORY:
        raise BadBundleError("too-large", f"has a directory of more than {_MAX_DIRECTORY} bytes")
    if offset + size != base + at:
        raise BadBundleError("corrupt", "the directory of the zip archive is not before its end")
    return count, offset, base + at


def _read_record(file: BufferedReader, budget: Budget) -> _Record:
    budget.count_entry()
    header = _CENTRAL.unpack(_exactly(file, _CENTRAL.size))
    magic, made_by, flags, method, crc, packed, size, *lengths, disk, attributes, offset = header
    name, extra, _ = [_exactly(file, length) for length in lengths]
    if magic != _CENTRAL_MAGIC:
        raise BadBundleError("corrupt", "the directory of the zip archive is damaged")
    if disk or _FULL_32 in {packed, size, offset}:
        raise _refuse("unsupported", name, "has zip64 values, or lies in another part")
    mode = attributes >> 16 if made_by >> 8 in _MADE_BY_UNIX else 0
    record = _Record(name, flags, method, (crc, packed, size), offset, mode)
    for reason, problem in _faults(record):
        raise _refuse(reason, name, problem)
    _check_extra(record, extra)
    return record


def _faults(record: _Record) -> Iterator[tuple[BundleReason, str]]:
    encoding = "UTF-8" if record.flags & _UTF8 else "ASCII"
    name = record.name.decode(encoding, errors="replace")
    if name.encode() != record.name or "\0" in name:
        yield "bad-name", f"has a name that is not plain {encoding}"
    if record.flags & _ENCRYPTED:
        yield "encrypted", "is encrypted"
    if record.flags & _PATCHED or record.method not in {_STORED, _DEFLATED}:
        yield "unsupported", f"is packed by method {record.method}"
    if stat.S_ISLNK(record.mode):
        yield "link", "is a symbolic link"
    if stat.S_IFMT(record.mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        yield "special-file", "is a device, a fifo or a socket"
    if name.endswith("/") and record.values[2]:
        yield "corrupt", "is a directory with content"
    if record.method == _STORED and record.values[1] != record.values[2]:
        yield "corrupt", "is stored, and yet has two sizes"


def _check_extra(record: _Record, extra: bytes) -> None:
    at = fields = 0
    while at + _FIELD.size <= len(extra) and fields < _MAX_FIELDS:
        kind, size = _FIELD.unpack_from(extra, at)
        if kind in _REFUSED_FIELDS:
            raise _refuse("unsupported", record.name, f"has {_REFUSED_FIELDS[kind]} in a field")
        at, fields = at + _FIELD.size + size, fields + 1
    if at != len(extra):
        raise _refuse("corrupt", record.name, "has damaged extra fields")


def _check_layout(file: BufferedReader, records: list[_Record], end: int) -> dict[int, int]:
    """Return where the data of each entry starts, by the offset of its local header."""
    ordered = sorted(records, key=lambda record: record.offset)
    offsets = [*(record.offset for record in ordered), end]
    if offsets[0]:
        raise BadBundleError("trailing-data", "the zip archive has data before the first entry")
    starts = {}
    for record, limit in zip(ordered, offsets[1:], strict=True):
        starts[record.offset] = _check_local(file, record, limit)
    return starts


def _check_local(file: BufferedReader, record: _Record, limit: int) -> int:
    """Compare what stands before ``limit`` with the directory; return where the data starts."""
    file.seek(record.offset)
    header = _LOCAL.unpack(_exactly(file, _LOCAL.size))
    magic, flags, method, *values, name_size, extra_size = header
    name, extra = _exactly(file, name_size), _exactly(file, extra_size)
    expected = (_LOCAL_MAGIC, record.method, record.name, *record.values)
    gaps = {b""}
    if flags & _DESCRIPTOR:
        values = [value or known for value, known in zip(values, record.values, strict=True)]
        descriptor = struct.pack("<3L", *record.values)
        gaps = {descriptor, _DESCRIPTOR_MAGIC + descriptor}
    if (magic, method, name, *values) != expected or (flags ^ record.flags) & _MATTERING:
        raise _refuse("corrupt", record.name, "differs between its header and the directory")
    _check_extra(record, extra)
    start = file.tell()
    end = file.seek(start + record.values[1])
    if limit - end not in map(len, gaps) or _exactly(file, limit - end) not in gaps:
        raise _refuse("corrupt", record.name, "is not followed at once by the next entry")
    return start


def _content(file: BufferedReader, record: _Record, start: int, budget: Budget) -> Iterator[bytes]:
    crc, packed, size = record.values
    stored = _packed(file, start, packed)
    actual_crc = actual_size = 0
    for piece in stored if record.method == _STORED else _inflated(record, stored):
        actual_crc, actual_size = zlib.crc32(piece, actual_crc), actual_size + len(piece)
        if actual_size > size:
            raise _refuse("corrupt", record.name, "unpacks to more than it declares")
        budget.spend(len(piece))
        yield piece
    if (actual_crc, actual_size) != (crc, size):
        raise _refuse("corrupt", record.name, "is damaged: size or CRC-32 is wrong")


def _packed(file: BufferedReader, start: int, size: int) -> Iterator[bytes]:
    file.seek(start)
    while size and (piece := file.read(min(size, CHUNK))):
        size -= len(piece)
        yield piece


def _inflated(record: _Record, pieces: Iterator[bytes]) -> Iterator[bytes]:
    stream, packed = zlib.decompressobj(wbits=-15), b""
    while not stream.eof:
        packed = packed or next(pieces, b"")
        try:
            piece = stream.decompress(packed, CHUNK)
        except zlib.error as error:
            raise _refuse("corrupt", record.name, f"is damaged: {error}") from error
        if not (packed or piece or stream.eof):
            break
        packed = stream.unconsumed_tail
        if piece:
            yield piece
    if not stream.eof or stream.unused_data or next(pieces, b""):
        raise _refuse("corrupt", record.name, "does not end where its header says")
