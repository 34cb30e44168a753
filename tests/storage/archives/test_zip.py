import io
import random
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluginhub.errors import BadBundleError
from pluginhub.storage.archives.entry import CHUNK, Budget, Limits
from pluginhub.storage.archives.zip import read
from tests.storage.archives.making import (
    ANY_FILES,
    FILES,
    GIB,
    MIB,
    Content,
    CountingBudget,
    Fields,
    Member,
    changed,
    consume,
    crc_of_zeros,
    deflated_zeros,
    end_record,
    first_of,
    give_up,
    local_header,
    stdlib_zip,
    tar_entry,
    unpack,
    verdict,
    zip_of,
)

HELLO = struct.pack("<3L", zlib.crc32(b"hello"), len(Member().data()), 5)
LIE = struct.pack("<3L", zlib.crc32(b"hello"), len(Member().data()), 6)
NO_VALUES: Fields = {"crc": 0, "packed": 0, "size": 0}
STREAMED = Member(flags=8, local=NO_VALUES, after=b"PK\7\b" + HELLO)
OTHER = Member(b"b.txt", b"other", method=0)
NTFS = struct.pack("<2H", 0x000A, 4) + b"time"
LOCATOR = b"PK\6\7" + bytes(16)
SMALL = zip_of(Member(b"demo/", b"", method=0), Member(), OTHER, STREAMED)
BODY, END = SMALL[:-22], SMALL[-22:]
GITHUB = b"8f3c" * 10

BEGIN = len(local_header(Member()) + Member().data())  # of the directory, after one member

BLOCKS = (65535, 65535, 65535, CHUNK - 3 * 65540 - 5)  # stored, they fill up one chunk
DEFLATED = b"".join(
    struct.pack("<?2H", size < 65535, size, size ^ 0xFFFF) + bytes(size) for size in BLOCKS
)
CONTENT = bytes(sum(BLOCKS))

BOMB = Member(
    b"zeros",
    packed=deflated_zeros(GIB),
    local={"crc": crc_of_zeros(GIB), "size": GIB},
    central={"crc": crc_of_zeros(GIB), "size": GIB},
)


def both(member: Member, **fields: int | bytes) -> Member:
    """Put the same lie into both headers of a member."""
    return Member(
        member.name,
        member.content,
        member.method,
        packed=member.data(),
        local=fields,
        central=fields,
    )


def end(**fields: int) -> bytes:
    """Replace fields of the end record of an archive with one member."""
    size = len(zip_of(Member())) - 22 - BEGIN
    values = {"disk": 0, "first": 0, "here": 1, "count": 1, "size": size, "offset": BEGIN}
    numbers = (values | fields).values()
    return zip_of(Member(), tail=struct.pack("<4s4H2LH", b"PK\5\6", *numbers, 0))


ACCEPTED: dict[str, tuple[bytes, list[Content]]] = {
    "an empty archive": (end_record(0, 0, 0), []),
    "a deflated file": (zip_of(Member()), [("a.txt", b"hello")]),
    "a stored file": (zip_of(Member(method=0)), [("a.txt", b"hello")]),
    "an empty file": (
        zip_of(Member(content=b""), Member(b"b", b"", 0)),
        [("a.txt", b""), ("b", b"")],
    ),
    "a directory": (zip_of(Member(b"a/", b"", method=0)), [("a", None)]),
    "a deflated directory": (zip_of(Member(b"a/", b"")), [("a", None)]),
    "only one slash goes": (zip_of(Member(b"a//", b"", method=0)), [("a/", None)]),
    "names are not judged": (
        zip_of(Member(b"/..\\x"), Member(b"", b"")),
        [("/..\\x", b"hello"), ("", b"")],
    ),
    "UTF-8 that says so": (zip_of(Member("ü☃".encode(), flags=1 << 11)), [("ü☃", b"hello")]),
    "a descriptor": (zip_of(STREAMED, OTHER), [("a.txt", b"hello"), ("b.txt", b"other")]),
    "a bare descriptor": (
        zip_of(Member(flags=8, local=NO_VALUES, after=HELLO), OTHER),
        [("a.txt", b"hello"), ("b.txt", b"other")],
    ),
    "a descriptor and values": (zip_of(Member(flags=8, after=HELLO)), [("a.txt", b"hello")]),
    "deflate levels": (zip_of(Member(flags=6)), [("a.txt", b"hello")]),
    "another order": (
        zip_of(Member(), OTHER, order=[1, 0]),
        [("b.txt", b"other"), ("a.txt", b"hello")],
    ),
    "extra fields": (zip_of(Member(extra=NTFS * 2)), [("a.txt", b"hello")]),
    "a local extra field": (zip_of(Member(local={"extra": NTFS})), [("a.txt", b"hello")]),
    "modes of DOS": (zip_of(Member(made_by=0, mode=stat.S_IFLNK)), [("a.txt", b"hello")]),
    "no type": (zip_of(Member(mode=0o7777)), [("a.txt", b"hello")]),
    "the comment of GitHub": (BODY + END[:-2] + b"\x28\0" + GITHUB, unpack(read, SMALL)),
    "the longest comment": (BODY + END[:-2] + b"\xff\xff" + bytes(65535), unpack(read, SMALL)),
    "deflated data of a whole chunk": (
        zip_of(Member(content=CONTENT, packed=DEFLATED)),
        [("a.txt", CONTENT)],
    ),
    "a stored archive inside": (zip_of(Member(b"a.zip", SMALL, method=0)), [("a.zip", SMALL)]),
}

REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not-an-archive"),
    "a text": (b"Once upon a time", "not-an-archive"),
    "a tar archive": (tar_entry() + bytes(1024), "not-an-archive"),
    "no directory": (local_header(Member()) + Member().data(), "truncated"),
    "a cut end record": (SMALL[:-1], "truncated"),
    "a cut comment": (BODY + END[:-2] + b"\2\0x", "truncated"),
    "a byte after the end": (SMALL + b"x", "trailing-data"),
    "a long tail": (SMALL + bytes(60_000), "trailing-data"),
    "a longer tail": (SMALL + bytes(70_000), "truncated"),
    "two end records": (BODY + END[:-2] + b"\x16\0" + END, "corrupt"),
    "a second archive": (SMALL + SMALL, "corrupt"),
    "a second archive in the comment": (
        SMALL[:-2] + struct.pack("<H", len(SMALL)) + SMALL,
        "corrupt",
    ),
    "an end record in the comment": (SMALL[:-2] + b"\5\0PK\5\6x", "corrupt"),
    "data before the archive": (b"<html>" + SMALL, "corrupt"),
    "data before the first entry": (zip_of(Member(), before=b"<html>"), "trailing-data"),
    "data before no entry": (b"<html>" + end_record(0, 0, 6), "trailing-data"),
    "another disk": (end(disk=1), "unsupported"),
    "a directory on another disk": (end(first=1), "unsupported"),
    "entries on another disk": (end(count=2), "unsupported"),
    "an entry on another disk": (zip_of(Member(central={"disk": 1})), "unsupported"),
    "a zip64 disk": (end(disk=0xFFFF), "unsupported"),
    "a zip64 count": (end(here=0xFFFF, count=0xFFFF), "unsupported"),
    "a zip64 size": (end(size=0xFFFFFFFF), "unsupported"),
    "a zip64 offset": (end(offset=0xFFFFFFFF), "unsupported"),
    "a zip64 locator": (BODY + LOCATOR + END, "unsupported"),
    "a zip64 packed size": (zip_of(Member(central={"packed": 0xFFFFFFFF})), "unsupported"),
    "a zip64 unpacked size": (zip_of(Member(central={"size": 0xFFFFFFFF})), "unsupported"),
    "a zip64 entry offset": (zip_of(Member(central={"offset": 0xFFFFFFFF})), "unsupported"),
    "a large directory": (end(size=17 * MIB), "too-large"),
    "a directory elsewhere": (end(offset=0), "corrupt"),
    "a directory that is said to be longer": (end(size=52), "corrupt"),
    "something in the directory": (
        end()[:-22] + b"x" * 9 + end_record(1, len(end()) - 22 - BEGIN + 9, BEGIN),
        "corrupt",
    ),
    "a gap before the end": (BODY + b"x" + END, "corrupt"),
    "more entries than counted": (
        zip_of(Member(), OTHER)[:-22]
        + zip_of(Member(), OTHER)[-22:].replace(b"\2\0\2\0", b"\1\0\1\0"),
        "corrupt",
    ),
    "fewer entries than counted": (end(here=2, count=2), "corrupt"),
    "a wrong directory signature": (zip_of(Member(central={"magic": b"PK\1\1"})), "corrupt"),
    "a wrong local signature": (zip_of(Member(local={"magic": b"PK\3\5"})), "corrupt"),
    "a local header out of reach": (
        zip_of(Member(), Member(central={"offset": 1 << 31})),
        "corrupt",
    ),
    **{
        f"flag {bit}": (zip_of(Member(flags=1 << bit)), reason)
        for bit, reason in (
            (0, "encrypted"),
            (6, "encrypted"),
            (13, "encrypted"),
            (5, "unsupported"),
        )
    },
    **{
        f"method {method}": (zip_of(Member(method=method)), "unsupported")
        for method in (1, 9, 12, 14, 93, 99)
    },
    "cp437": (zip_of(Member(b"gr\x81\xe1e")), "bad-name"),
    "UTF-8 that does not say so": (zip_of(Member("ü".encode())), "bad-name"),
    "Latin-1 as UTF-8": (zip_of(Member(b"\xfc", flags=1 << 11)), "bad-name"),
    "overlong UTF-8": (zip_of(Member(b"\xc0\xaf", flags=1 << 11)), "bad-name"),
    "a NUL in the name": (zip_of(Member(b"a.txt\0.exe")), "bad-name"),
    "a symlink": (zip_of(Member(mode=stat.S_IFLNK | 0o777)), "link"),
    "a symlink of macOS": (zip_of(Member(mode=stat.S_IFLNK, made_by=19 << 8)), "link"),
    **{
        f"the mode {mode:o}": (zip_of(Member(mode=mode)), "special-file")
        for mode in (stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK, 0o030000)
    },
    "a directory with content": (zip_of(Member(b"a/", b"x", method=0)), "corrupt"),
    "a directory with a CRC": (zip_of(both(Member(b"a/", b"", 0), crc=1)), "corrupt"),
    "a second name": (zip_of(Member(extra=struct.pack("<2H", 0x7075, 0))), "unsupported"),
    "a second local name": (
        zip_of(Member(local={"extra": struct.pack("<2H", 0x7075, 0)})),
        "unsupported",
    ),
    "a zip64 field": (zip_of(Member(extra=NTFS + struct.pack("<2H8x", 1, 8))), "unsupported"),
    "a local zip64 field": (
        zip_of(Member(local={"extra": struct.pack("<2H8x", 1, 8)})),
        "unsupported",
    ),
    "a cut extra field": (zip_of(Member(extra=NTFS[:-1])), "corrupt"),
    "half an extra field": (zip_of(Member(extra=b"\n\0")), "corrupt"),
    "very many extra fields": (zip_of(Member(extra=NTFS * 65)), "corrupt"),
    **{
        f"another local {key}": (zip_of(Member(local={key: value})), "corrupt")
        for key, value in (
            *(
                ("name", b"b.txt"),
                ("name", b"a.tx"),
                ("method", 0),
                ("flags", 1),
                ("flags", 1 << 3),
            ),
            *(("flags", 1 << 11), ("crc", 0), ("packed", 0), ("size", 0), ("size", 6)),
        )
    },
    "other values than the descriptor": (
        zip_of(Member(flags=8, local={"size": 6}, after=HELLO)),
        "corrupt",
    ),
    "a descriptor that lies": (zip_of(Member(flags=8, after=LIE)), "corrupt"),
    "a signed descriptor that lies": (zip_of(Member(flags=8, after=b"PK\7\b" + LIE)), "corrupt"),
    "a wrong descriptor signature": (zip_of(Member(flags=8, after=b"PK\7\7" + HELLO)), "corrupt"),
    "no descriptor": (zip_of(Member(flags=8), OTHER), "corrupt"),
    "a descriptor that nobody announced": (zip_of(Member(after=HELLO)), "corrupt"),
    "a gap": (zip_of(Member(), OTHER, between=b"x"), "corrupt"),
    "a gap at the end": (zip_of(Member(after=b"x")), "corrupt"),
    "a hidden entry": (zip_of(Member(), OTHER, Member(), order=[0, 2]), "corrupt"),
    "one entry twice": (zip_of(Member(), Member(central={"offset": 0})), "corrupt"),
    "data beyond the directory": (zip_of(both(Member(), packed=5000)), "corrupt"),
    "an overlap": (
        zip_of(
            Member(method=0, content=local_header(OTHER) + b"other"),
            Member(b"b.txt", b"other", 0, central={"offset": 35}),
        ),
        "corrupt",
    ),
    "a stored file with two sizes": (zip_of(both(Member(method=0), size=6)), "corrupt"),
    "more data than declared": (zip_of(both(Member(), size=4)), "corrupt"),
    "less data than declared": (zip_of(both(Member(), size=6)), "corrupt"),
    "a wrong CRC": (zip_of(both(Member(), crc=1)), "corrupt"),
    "a wrong CRC of stored data": (zip_of(both(Member(method=0), crc=1)), "corrupt"),
    "data after the deflated": (zip_of(Member(packed=Member().data() + b"x")), "corrupt"),
    "much data after the deflated": (
        zip_of(Member(packed=Member().data() + bytes(2 * CHUNK))),
        "corrupt",
    ),
    "data after a whole chunk of the deflated": (
        zip_of(Member(content=CONTENT, packed=DEFLATED + b"x")),
        "corrupt",
    ),
    "deflated data cut off": (zip_of(Member(packed=Member().data()[:-1])), "corrupt"),
    "no deflated data": (zip_of(Member(content=b"", packed=b"")), "corrupt"),
    "noise": (zip_of(Member(packed=b"\xff" * 9)), "corrupt"),
}


@pytest.mark.parametrize(("archive", "expected"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_in_order_is_read(archive: bytes, expected: list[Content]) -> None:
    assert unpack(read, archive) == expected


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("comment", [b"", GITHUB])
def test_archives_of_the_standard_library_are_read(
    method: int, comment: bytes, *, streamed: bool
) -> None:
    archive = stdlib_zip(FILES, method, comment, streamed=streamed)

    assert (b"PK\7\b" in archive) is streamed
    assert unpack(read, archive) == list(FILES.items())


@pytest.mark.parametrize(("archive", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_in_order_is_refused(archive: bytes, reason: str) -> None:
    with pytest.raises(BadBundleError) as refusal:
        unpack(read, archive)

    assert refusal.value.reason == reason


def test_a_refusal_names_the_entry() -> None:
    archive = zip_of(OTHER, Member(b"demo/evil\n", mode=stat.S_IFLNK))

    with pytest.raises(BadBundleError, match=r"'demo/evil\\n' is a symbolic link") as refusal:
        unpack(read, archive)

    assert refusal.value.fields == {"reason": "link", "entry": "demo/evil\n"}


def test_a_truncated_archive_is_refused_wherever_it_is_cut() -> None:
    verdicts = {str(verdict(read, SMALL[:size])) for size in range(len(SMALL))}

    assert verdicts == {"truncated", "not-an-archive"}
    assert verdict(read, SMALL[: len(SMALL) // 2]) == "truncated"


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_a_damaged_byte_is_refused_or_without_effect(mask: int) -> None:
    sound = unpack(read, SMALL)

    for at in range(len(SMALL)):
        said = verdict(read, changed(SMALL, at, mask))

        assert isinstance(said, str) or said == sound


def test_every_unpacked_byte_and_every_entry_is_counted() -> None:
    budget = CountingBudget()

    unpack(read, SMALL, budget)

    assert budget.spent == 15
    assert budget.entries == 4


@pytest.mark.parametrize(
    "bad", [Member(local={"name": b"x"}), both(Member(method=0), size=6), Member(flags=1)]
)
def test_nothing_is_given_before_all_headers_are_judged(bad: Member, tmp_path: Path) -> None:
    source = tmp_path / "a.zip"
    source.write_bytes(zip_of(Member(), bad))
    entries = read(source, CountingBudget())

    with pytest.raises(BadBundleError):
        next(entries)


@pytest.mark.parametrize("count", [3, 20_000])
def test_too_many_entries_are_refused_before_any_is_looked_at(count: int) -> None:
    budget = CountingBudget(Limits(entries=2))
    archive = stdlib_zip({f"{number}": b"" for number in range(count)}, zipfile.ZIP_STORED)

    assert consume(read, archive, budget)[0] == "too-many-entries"
    assert budget.entries == 0


def test_entries_over_the_budget_are_refused() -> None:
    budget = CountingBudget(Limits(entries=5))
    unpack(read, SMALL, budget)

    assert consume(read, SMALL, budget)[0] == "too-many-entries"


@pytest.mark.parametrize(
    ("limits", "allowed", "reason"),
    [
        (Limits(unpacked=8 * MIB), 8 * MIB, "too-large"),
        (Limits(), Limits().ratio_floor, "expands-too-much"),
    ],
)
def test_a_bomb_is_refused_within_one_chunk_of_the_budget(
    limits: Limits, allowed: int, reason: str
) -> None:
    archive = zip_of(BOMB)
    budget = CountingBudget(limits, len(archive))

    said, received, peak = consume(read, archive, budget)

    assert said == reason
    assert received <= allowed < budget.spent <= allowed + CHUNK
    assert peak < 8 * CHUNK


def test_a_bomb_that_declares_little_is_refused_at_once() -> None:
    budget = CountingBudget()

    said, received, _ = consume(read, zip_of(both(BOMB, size=5)), budget)

    assert said == "corrupt"
    assert received == budget.spent == 0


def test_overlapping_bombs_are_refused_before_they_unpack() -> None:
    kernel = Member(b"0", packed=deflated_zeros(16 * MIB))
    names = (Member(b"%d" % number, b"", central={"offset": 0}) for number in range(1, 1000))
    budget = CountingBudget()

    assert consume(read, zip_of(kernel, *names), budget)[0] == "corrupt"
    assert budget.spent == 0


def test_content_that_is_not_read_is_skipped_and_checked(tmp_path: Path) -> None:
    source = tmp_path / "a.zip"
    large = Member(content=bytes(3 * CHUNK), method=0)
    source.write_bytes(zip_of(large, OTHER, both(Member(b"bad"), crc=1)))
    budget = CountingBudget()
    entries = read(source, budget)

    assert next(first_of(next(entries))) == bytes(CHUNK)
    assert next(entries).name == "b.txt"
    assert budget.spent == 3 * CHUNK
    assert next(entries).name == "bad"
    with pytest.raises(BadBundleError):
        next(entries)


def test_content_asked_for_too_late_is_empty(tmp_path: Path) -> None:
    source = tmp_path / "a.zip"
    source.write_bytes(SMALL)

    entries = list(read(source, Budget(Limits(), GIB)))

    assert [b"".join(entry.chunks) for entry in entries] == [b""] * 4


@pytest.mark.parametrize("archive", [SMALL, zip_of(both(Member(), crc=1))])
@pytest.mark.parametrize("patience", [1, 5])
def test_the_file_is_closed_in_every_case(
    archive: bytes, patience: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.BufferedReader(io.BytesIO(archive))
    monkeypatch.setattr(Path, "open", lambda *_: file)

    give_up(read, tmp_path, patience)

    assert file.closed


@settings(deadline=None, database=None, max_examples=100)
@given(
    ANY_FILES,
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    st.binary(max_size=50).filter(lambda comment: b"PK" not in comment),
    st.booleans(),
)
def test_what_the_standard_library_writes_is_read_back(
    files: dict[str, bytes | None],
    method: int,
    comment: bytes,
    streamed: bool,
) -> None:
    archive = stdlib_zip(files, method, comment, streamed=streamed)

    assert unpack(read, archive) == list(files.items())


@settings(deadline=None, database=None, max_examples=200)
@given(
    st.binary(max_size=500),
    st.sampled_from([b"", b"PK\3\4", BODY]),
    st.sampled_from([b"", END, end_record(0, 0, 0)]),
)
def test_random_bytes_are_refused(noise: bytes, start: bytes, finish: bytes) -> None:
    archive = start + noise + finish

    assert isinstance(verdict(read, archive), str) or archive in {SMALL, end_record(0, 0, 0)}


def test_random_damage_never_surprises() -> None:
    dice = random.Random(7)  # noqa: S311 - the same damage each time
    archive = stdlib_zip(FILES, comment=GITHUB)

    for _ in range(1000):
        damaged = bytearray(archive)
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(damaged))
            damaged[at : at + dice.choice((0, 1, 4))] = dice.randbytes(dice.choice((0, 1, 4)))
        verdict(read, bytes(damaged))
