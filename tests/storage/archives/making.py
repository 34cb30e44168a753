"""Archives, sound and hostile, made field by field, and what a reader says to them."""

import io
import struct
import tarfile
import tempfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from pluginhub.errors import BadBundleError
from pluginhub.storage.archives.entry import CHUNK, Budget, Entry, Limits

Reader = Callable[[Path, Budget], Iterator[Entry]]
Fields = dict[str, Any]  # numbers and bytes
Content = tuple[str, bytes | None]  # a directory has None

MIB = 1024 * 1024
GIB = 1024 * MIB
USTAR, GNU, V7 = b"ustar\x0000", b"ustar  \0", bytes(8)
END = bytes(1024)

FILES: dict[str, bytes | None] = {
    "demo": None,
    "demo/pluginhub.json": b'{"slug": "demo"}',
    "demo/empty.txt": b"",
    "demo/dist/remoteEntry.js": b"export default 1;\n" * 100,
    "demo/grüße ☃.md": b"\x00\xff" * 700,
}


ANY_FILES = st.dictionaries(
    st.text(st.sampled_from("aZ0 -_.ü☃😀/"), min_size=1, max_size=120).map("x{}x".format),
    st.none() | st.binary(max_size=2000),
    max_size=8,
)


class CountingBudget(Budget):
    def __init__(self, limits: Limits | None = None, packed: int = GIB) -> None:
        super().__init__(limits or Limits(), packed)
        self.spent = 0
        self.entries = 0

    def spend(self, size: int) -> None:
        self.spent += size
        super().spend(size)

    def count_entry(self) -> None:
        self.entries += 1
        super().count_entry()


def unpack(read: Reader, archive: bytes, budget: Budget | None = None) -> list[Content]:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "bundle")
        source.write_bytes(archive)
        return [
            (entry.name, None if entry.is_directory else b"".join(entry.chunks))
            for entry in read(source, budget or CountingBudget())
        ]


def verdict(read: Reader, archive: bytes) -> list[Content] | str:
    try:
        return unpack(read, archive)
    except BadBundleError as error:
        return error.reason


def consume(read: Reader, archive: bytes, budget: Budget) -> tuple[str | None, int, int]:
    """Return the reason of the refusal, the bytes received before it, and the peak of memory."""
    reason, received = None, 0
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "bundle")
        source.write_bytes(archive)
        tracemalloc.start()
        try:
            for entry in read(source, budget):
                for chunk in entry.chunks:
                    assert 0 < len(chunk) <= CHUNK
                    received += len(chunk)
        except BadBundleError as error:
            reason = error.reason
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return reason, received, peak


def first_of(entry: Entry) -> Iterator[bytes]:
    """Delegate as callers do; closing this generator must not end the entry."""
    yield from entry.chunks


def give_up(read: Reader, source: Path, patience: int) -> None:
    """Ask for some entries, and go away at the first refusal or when patience is out."""
    entries = iter(read(source, CountingBudget()))
    for _ in range(patience):
        try:
            next(entries, None)
        except BadBundleError:
            break
    getattr(entries, "close")()  # noqa: B009 - an iterator to the type checker


def changed(archive: bytes, at: int, mask: int) -> bytes:
    return archive[:at] + bytes([archive[at] ^ mask]) + archive[at + 1 :]


@cache
def deflated_zeros(count: int) -> bytes:
    """Deflate zeros, one piece repeated, because a full flush makes pieces independent."""
    packer = zlib.compressobj(9, wbits=-15)
    piece = packer.compress(bytes(16 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * (count // (16 * MIB)) + packer.flush()


@cache
def crc_of_zeros(count: int) -> int:
    crc = 0
    for _ in range(count // MIB):
        crc = zlib.crc32(bytes(MIB), crc)
    return crc


def gzip_zeros(count: int) -> bytes:
    trailer = struct.pack("<2L", crc_of_zeros(count), count & 0xFFFFFFFF)
    return b"\x1f\x8b\b\0\0\0\0\0\0\xff" + deflated_zeros(count) + trailer


def stdlib_tar(
    files: dict[str, bytes | None], form: int = tarfile.PAX_FORMAT, comment: str = ""
) -> bytes:
    buffer = io.BytesIO()
    headers = {"comment": comment} if comment else {}
    with tarfile.open(fileobj=buffer, mode="w", format=form, pax_headers=headers) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.type = tarfile.REGTYPE if content is not None else tarfile.DIRTYPE
            info.size = len(content or b"")
            archive.addfile(info, io.BytesIO(content or b""))
    return buffer.getvalue()


def tar_header(
    name: bytes = b"a.txt",
    kind: bytes = b"0",
    size: int | bytes = 0,
    magic: bytes = USTAR,
    prefix: bytes = b"",
) -> bytes:
    digits = size if isinstance(size, bytes) else b"%011o\0" % size
    block = struct.pack(
        "100s 24s 12s 12s 8s c 100x 8s 64x 16s 155s 12x",
        *(name, b"0000644\0" * 3, digits, b"%011o\0" % 0, b" " * 8, kind, magic),
        *(b"0000000\0" * 2, prefix),
    )
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def tar_entry(
    name: bytes = b"a.txt",
    content: bytes = b"",
    kind: bytes = b"0",
    magic: bytes = USTAR,
    prefix: bytes = b"",
) -> bytes:
    header = tar_header(name, kind, len(content), magic, prefix)
    return header + content + bytes(-len(content) % 512)


def pax_record(key: bytes, value: bytes) -> bytes:
    rest = b" " + key + b"=" + value + b"\n"
    size = len(rest) + 1
    while len(b"%d" % size) + len(rest) != size:
        size += 1
    return b"%d" % size + rest


def pax(*records: tuple[bytes, bytes], kind: bytes = b"x") -> bytes:
    return tar_entry(b"PaxHeader", b"".join(pax_record(*record) for record in records), kind)


class Unseekable(io.RawIOBase):
    """What a streaming writer writes to: zipfile then uses data descriptors."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]  # zipfile gives bytes
        self.data += data
        return len(data)


def stdlib_zip(
    files: dict[str, bytes | None],
    method: int = zipfile.ZIP_DEFLATED,
    comment: bytes = b"",
    *,
    streamed: bool = False,
) -> bytes:
    buffer, stream = io.BytesIO(), Unseekable()
    with zipfile.ZipFile(stream if streamed else buffer, "w", method) as archive:
        archive.comment = comment
        for name, content in files.items():
            if content is None:
                archive.mkdir(name)
            else:
                archive.writestr(name, content)
    return bytes(stream.data) if streamed else buffer.getvalue()


@dataclass(frozen=True)
class Member:
    """An entry of a zip archive; ``local`` and ``central`` replace fields of one header only."""

    name: bytes = b"a.txt"
    content: bytes = b"hello"
    method: int = 8
    flags: int = 0
    made_by: int = 3 << 8
    mode: int = 0o100644
    extra: bytes = b""
    packed: bytes | None = None
    after: bytes = b""  # a data descriptor
    local: Fields = field(default_factory=dict)
    central: Fields = field(default_factory=dict)

    def fields(self) -> Fields:
        return {
            "name": self.name,
            "flags": self.flags,
            "method": self.method,
            "crc": zlib.crc32(self.content),
            "packed": len(self.data()),
            "size": len(self.content),
            "extra": self.extra,
            "disk": 0,
        }

    def data(self) -> bytes:
        if self.packed is not None:
            return self.packed
        packer = zlib.compressobj(wbits=-15)
        deflated = packer.compress(self.content) + packer.flush()
        return deflated if self.method == 8 else self.content


def local_header(member: Member) -> bytes:
    values = {"magic": b"PK\3\4", **member.fields(), **member.local}
    lengths = struct.pack("<2H", len(values["name"]), len(values["extra"]))
    return b"".join((_head(values, b"\x14\0"), lengths, values["name"], values["extra"]))


def central_header(member: Member, offset: int) -> bytes:
    values = {"magic": b"PK\1\2", "offset": offset, **member.fields(), **member.central}
    lengths = struct.pack("<3H", len(values["name"]), len(values["extra"]), 0)
    rest = struct.pack("<H2x2L", values["disk"], member.mode << 16, values["offset"])
    versions = struct.pack("<2H", member.made_by, 20)
    return b"".join((_head(values, versions), lengths, rest, values["name"], values["extra"]))


def _head(values: Fields, versions: bytes) -> bytes:
    """Pack what both headers begin with."""
    numbers = [values[key] for key in ("flags", "method", "crc", "packed", "size")]
    return b"".join((values["magic"], versions, struct.pack("<2H4x3L", *numbers)))


def end_record(count: int, size: int, offset: int, comment: bytes = b"") -> bytes:
    numbers = (0, 0, count, count, size, offset, len(comment))
    return struct.pack("<4s4H2LH", b"PK\5\6", *numbers) + comment


def zip_of(
    *members: Member,
    before: bytes = b"",
    between: bytes = b"",
    tail: bytes = b"",
    order: Sequence[int] | None = None,
) -> bytes:
    """Build an archive; ``tail`` replaces the end record, ``order`` is that of the directory."""
    body, offsets = bytearray(before), []
    for member in members:
        offsets.append(len(body))
        body += local_header(member) + member.data() + member.after + between
    directory = b"".join(
        central_header(members[index], offsets[index]) for index in order or range(len(members))
    )
    return bytes(body) + directory + (tail or end_record(len(members), len(directory), len(body)))
