"""Bundles that are small, and would cost whoever unpacks them without a limit very much."""

import gzip
import struct
import zipfile
import zlib
from collections.abc import Callable

from tests.storage.archives.making import (
    END,
    GIB,
    MIB,
    Member,
    central_header,
    crc_of_zeros,
    deflated_zeros,
    end_record,
    gzip_zeros,
    local_header,
    pax,
    stdlib_zip,
    tar_entry,
    tar_header,
    zip_of,
)


def zeros_in_a_zip() -> bytes:
    """Return 1 MB that become 1 GiB."""
    sizes = {"crc": crc_of_zeros(GIB), "size": GIB}
    return zip_of(Member(b"zeros", packed=deflated_zeros(GIB), local=sizes, central=sizes))


def zeros_in_a_tar() -> bytes:
    """Return 2 MB that become 2 GiB."""
    head = tar_header(b"zeros", size=2 * GIB)
    return gzip.compress(head) + gzip_zeros(2 * GIB) + gzip.compress(END)


def one_content_for_many() -> bytes:
    """Return a zip archive in which a thousand names lead to the same data."""
    kernel = Member(b"0", packed=deflated_zeros(16 * MIB))
    names = (Member(b"%d" % number, b"", central={"offset": 0}) for number in range(1, 1000))
    return zip_of(kernel, *names)


def quoted_headers() -> bytes:
    """Return a zip archive of 38 kB with 4 GiB, whose entries overlap.

    The data of each begin with a stored block that quotes the header of the next, and go on with
    all that follows, as those of David Fifield do (WOOT '19). Nobody gets as far as the sums.
    """
    quote, whole, size = b"", deflated_zeros(16 * MIB), 16 * MIB
    found: list[tuple[Member, int]] = []  # with how far each begins before the end
    for number in reversed(range(250)):
        body = quote + whole
        sizes = {"crc": 0, "packed": len(body), "size": size}
        member = Member(b"%03d" % number, local=sizes, central=sizes)
        header = local_header(member)
        found.insert(0, (member, len(header) + len(body)))
        quote = struct.pack("<?2H", False, len(header), len(header) ^ 0xFFFF)
        whole, size = header + body, size + len(header)
    directory = b"".join(central_header(member, len(whole) - back) for member, back in found)
    return whole + directory + end_record(len(found), len(directory), len(whole))


def files_in_a_tar() -> bytes:
    """Return 200 000 empty files."""
    return _gzip(_piece(b"".join(tar_header(b"%d" % n) for n in range(20_000))) * 10)


def many_small() -> bytes:
    """Return 9000 files of 100 kB, of which none is large and there are not too many."""
    content = _piece(bytes(200 * 512))
    heads = (_piece(tar_header(b"%d" % number, size=200 * 512)) for number in range(9000))
    return _gzip(b"".join(head + content for head in heads))


def pax_headers() -> bytes:
    """Return headers for all entries, 640 MB of them, and not one entry."""
    return _gzip(_piece(pax((b"comment", bytes(63_000)), kind=b"g")) * 10_000)


def deep() -> bytes:
    """Return a file that lies 3000 directories deep."""
    return gzip.compress(pax((b"path", b"d/" * 3000 + b"x")) + tar_entry() + END)


def endless_tail() -> bytes:
    """Return an archive with 1 GiB of zeros after its end."""
    return gzip.compress(tar_entry(content=b"hello") + END) + gzip_zeros(GIB)


def pax_size() -> bytes:
    """Return a file that a header makes longer than the archive is."""
    return gzip.compress(pax((b"size", b"9" * 15)) + tar_entry() + END)


def files_in_a_zip(count: int) -> bytes:
    """Return so many empty files; more than 65 535 need zip64."""
    return stdlib_zip({f"{number}": b"" for number in range(count)}, zipfile.ZIP_STORED)


def _piece(content: bytes) -> bytes:
    """Deflate something so that it can stand anywhere in a stream, and be repeated."""
    packer = zlib.compressobj(6, wbits=-15)
    return packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)


def _gzip(pieces: bytes) -> bytes:
    end = zlib.compressobj(wbits=-15)
    return b"\x1f\x8b\b\0\0\0\0\0\0\xff" + pieces + end.compress(END) + end.flush() + bytes(8)


# Each with the reason by which it is refused.
BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip, 1 GiB of zeros": (zeros_in_a_zip, "expands-too-much"),
    "tar.gz, 2 GiB of zeros": (zeros_in_a_tar, "expands-too-much"),
    "zip, one content for 1000 names": (one_content_for_many, "corrupt"),
    "zip, overlapping entries": (quoted_headers, "corrupt"),
    "tar.gz, 200 000 files": (files_in_a_tar, "too-many-entries"),
    "zip, 60 000 entries": (lambda: files_in_a_zip(60_000), "too-many-entries"),
    "zip, 70 000 entries": (lambda: files_in_a_zip(70_000), "unsupported"),
    "tar.gz, 9000 files of 100 kB": (many_small, "expands-too-much"),
    "tar.gz, 640 MB of pax headers": (pax_headers, "expands-too-much"),
    "tar.gz, a size by pax": (pax_size, "truncated"),
    "tar.gz, 3000 directories deep": (deep, "too-deep"),
    "tar.gz, 1 GiB after its end": (endless_tail, "trailing-data"),
    "gzip, 100 000 members": (lambda: gzip.compress(b"") * 100_000, "unsupported"),
}
