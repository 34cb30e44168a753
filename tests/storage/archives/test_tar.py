import gzip
import io
import random
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluginhub.errors import BadBundleError
from pluginhub.storage.archives.entry import CHUNK, Budget, Limits
from pluginhub.storage.archives.tar import read
from tests.storage.archives.making import (
    ANY_FILES,
    END,
    FILES,
    GIB,
    GNU,
    MIB,
    V7,
    Content,
    CountingBudget,
    changed,
    consume,
    first_of,
    give_up,
    gzip_zeros,
    pax,
    pax_record,
    stdlib_tar,
    tar_entry,
    tar_header,
    unpack,
    verdict,
)

LONG = "deep/" * 30 + "file.txt"
NOISE = random.Random(7).randbytes(2000)  # noqa: S311 - the same each time
TEXT = b"x" * 148 + b"%06o  " % (0x78 * 192 + 0x20 * 8) + b"x" * 44  # with a right checksum
GITHUB = pax((b"comment", b"8f3c" * 10), kind=b"g")
SMALL = tar_entry(b"demo", kind=b"5") + tar_entry(b"demo/a.txt", b"hello") + END

ACCEPTED: dict[str, tuple[bytes, list[Content]]] = {
    "an empty archive": (END, []),
    "only a commit id": (GITHUB + END, []),
    "a lone file": (tar_entry(content=b"hello") + END, [("a.txt", b"hello")]),
    "a ustar prefix": (tar_entry(b"b.txt", prefix=b"a" * 155) + END, [("a" * 155 + "/b.txt", b"")]),
    "a full name field": (tar_entry(b"n" * 100) + END, [("n" * 100, b"")]),
    "no prefix in GNU": (tar_entry(b"b.txt", magic=GNU, prefix=b"a") + END, [("b.txt", b"")]),
    "the type NUL": (tar_entry(content=b"x", kind=b"\0") + END, [("a.txt", b"x")]),
    "a v7 file": (tar_entry(content=b"x", kind=b"\0", magic=V7) + END, [("a.txt", b"x")]),
    "a v7 directory": (tar_entry(b"a/", kind=b"\0", magic=V7) + END, [("a", None)]),
    "a directory as a file": (tar_entry(b"a/", kind=b"0") + END, [("a", None)]),
    "only one slash goes": (tar_entry(b"a//", kind=b"5") + END, [("a/", None)]),
    "names are not judged": (
        tar_entry(b"/../x\\") + tar_entry(b"") + END,
        [("/../x\\", b""), ("", b"")],
    ),
    "spaces around numbers": (tar_header(size=b"          0 ") + END, [("a.txt", b"")]),
    "a pax path": (pax((b"path", "ü/x".encode())) + tar_entry() + END, [("ü/x", b"")]),
    "a pax size": (
        pax((b"size", b"5")) + tar_header(size=0) + b"hello" + bytes(507) + END,
        [("a.txt", b"hello")],
    ),
    "harmless pax keys": (
        pax((b"mtime", b"1.5"), (b"uname", b"\xff"), (b"comment", b"a=b\nc"), (b"gid", b"1"))
        + tar_entry()
        + END,
        [("a.txt", b"")],
    ),
    "pax keys of macOS": (
        pax((b"LIBARCHIVE.creationtime", b"1"), (b"SCHILY.xattr.com.apple", b"\0\n"))
        + tar_entry()
        + END,
        [("a.txt", b"")],
    ),
    "a GNU long name": (
        tar_entry(b"././@LongLink", LONG.encode() + b"\0", b"L", GNU) + tar_entry(magic=GNU) + END,
        [(LONG, b"")],
    ),
    "a cut name, replaced": (
        pax((b"path", b"x")) + tar_entry(b"\xe2\x98") + END,
        [("x", b"")],
    ),
    "64 KiB of zeros": (SMALL + bytes(64 * 1024), [("demo", None), ("demo/a.txt", b"hello")]),
    "many gzip members": (
        b"".join(gzip.compress(SMALL[at : at + 100]) for at in range(0, len(SMALL), 100)),
        [("demo", None), ("demo/a.txt", b"hello")],
    ),
    "an empty gzip member": (
        gzip.compress(b"") + gzip.compress(SMALL) + gzip.compress(b""),
        [("demo", None), ("demo/a.txt", b"hello")],
    ),
}

REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not-an-archive"),
    "a text": (b"Once upon a time", "not-an-archive"),
    "a long text": (b"Once upon a time " * 100, "not-an-archive"),
    "a text that has a checksum": (TEXT, "not-an-archive"),
    "a zipped text": (gzip.compress(b"Once upon a time " * 100), "not-an-archive"),
    "gzip twice": (gzip.compress(gzip.compress(NOISE)), "not-an-archive"),
    "a damaged first header": (changed(SMALL, 0, 1), "corrupt"),
    "a damaged second header": (changed(SMALL, 512, 1), "corrupt"),
    "no second header": (SMALL[:512] + b"x" * 512, "corrupt"),
    "a checksum in words": (SMALL[:148] + b"checksum" + SMALL[156:], "corrupt"),
    "an unknown dialect": (tar_entry(magic=b"ustar\x0001") + END, "unsupported"),
    "v7 with a prefix": (tar_entry(magic=V7, prefix=b"a") + END, "unsupported"),
    "v7 with a long name": (tar_entry(kind=b"L", magic=V7) + END, "unsupported"),
    "a binary size": (tar_header(size=b"\x80" + bytes(10) + b"\1") + END, "unsupported"),
    "a negative size": (tar_header(size=b"\xff" * 12) + END, "unsupported"),
    "a minus": (tar_header(size=b"-0000000001\0") + END, "corrupt"),
    "a decimal size": (tar_header(size=b"00000000009\0") + END, "corrupt"),
    "no size": (tar_header(size=bytes(12)) + END, "corrupt"),
    "an endless size": (tar_header(size=b"0" * 12) + END, "corrupt"),
    "a size with a NUL inside": (tar_header(size=b"00000\00000\0\0") + END, "corrupt"),
    "a size that exceeds the rest": (tar_header(size=5000) + END, "truncated"),
    "the largest size": (tar_header(size=8 * GIB - 1) + END, "truncated"),
    "a hard link": (tar_entry(kind=b"1") + END, "link"),
    "a symlink": (tar_entry(kind=b"2") + END, "link"),
    "a v7 symlink": (tar_entry(kind=b"2", magic=V7) + END, "link"),
    "a long link name": (tar_entry(b"././@LongLink", b"x", b"K", GNU) + END, "link"),
    "a character device": (tar_entry(kind=b"3") + END, "special-file"),
    "a block device": (tar_entry(kind=b"4") + END, "special-file"),
    "a fifo": (tar_entry(kind=b"6") + END, "special-file"),
    **{
        f"the type {kind}": (tar_entry(kind=kind.encode()) + END, "unsupported")
        for kind in "7SDMNVXAZ"
    },
    "a directory with content": (tar_entry(content=b"x", kind=b"5") + END, "corrupt"),
    "a file named as a directory": (tar_entry(b"a/", b"x") + END, "corrupt"),
    "a directory with a pax size": (pax((b"size", b"1")) + tar_entry(kind=b"5") + END, "corrupt"),
    "Latin-1": (tar_entry(b"gr\xfc\xdfe") + END, "bad-name"),
    "a lone surrogate": (tar_entry(b"\xed\xa0\x80") + END, "bad-name"),
    "overlong UTF-8": (tar_entry(b"\xc0\xaf") + END, "bad-name"),
    "a NUL in the name": (tar_entry(b"a.txt\0.exe") + END, "bad-name"),
    "a NUL in the prefix": (tar_entry(prefix=b"a\0b") + END, "bad-name"),
    "a NUL in a pax path": (pax((b"path", b"a\0b")) + tar_entry() + END, "bad-name"),
    "Latin-1 in a pax path": (pax((b"path", b"\xfc")) + tar_entry() + END, "bad-name"),
    "a NUL in a long name": (
        tar_entry(content=b"a\0b\0", kind=b"L") + tar_entry() + END,
        "bad-name",
    ),
    "two pax headers": (pax() + pax() + tar_entry() + END, "corrupt"),
    "pax and long name": (pax() + tar_entry(kind=b"L") + tar_entry() + END, "corrupt"),
    "two long names": (tar_entry(kind=b"L") * 2 + tar_entry() + END, "corrupt"),
    "global after pax": (pax() + GITHUB + tar_entry() + END, "corrupt"),
    "pax for no entry": (tar_entry() + pax() + END, "corrupt"),
    "a long name for no entry": (tar_entry(content=b"x", kind=b"L") + END, "corrupt"),
    "a large pax header": (pax((b"comment", b"x" * 66_000)) + tar_entry() + END, "unsupported"),
    "a large long name": (tar_header(kind=b"L", size=64 * 1024 + 1) + END, "unsupported"),
    "a pax header cut off": (pax((b"path", b"x"))[:700], "truncated"),
    "very many pax keys": (
        pax(*((b"LIBARCHIVE.%d" % number, b"") for number in range(101))) + tar_entry() + END,
        "unsupported",
    ),
    "a pax key twice": (pax((b"path", b"a"), (b"path", b"b")) + tar_entry() + END, "corrupt"),
    **{
        f"the pax key {key!r}": (pax((key, b"x")) + tar_entry() + END, "unsupported")
        for key in (
            *(b"linkpath", b"hdrcharset", b"GNU.sparse.major", b"GNU.sparse.name", b"charset"),
            *(b"Path", b"path\0", b"xpath", b"path2", b"SCHILY.dev", b"SCHILY.xattr", b"\xff"),
        )
    },
    **{
        f"the global pax key {key!r}": (
            pax((key, b"1"), kind=b"g") + tar_entry() + END,
            "unsupported",
        )
        for key in (b"path", b"size", b"mtime", b"LIBARCHIVE.x")
    },
    **{
        f"the pax size {size!r}": (pax((b"size", size)) + tar_entry() + END, "corrupt")
        for size in (b"", b"-1", b"+1", b" 1", b"1 ", b"0x1", b"1.0", b"1_0", b"1" * 16, b"\xb2")
    },
    **{
        f"the pax record {record!r}": (
            tar_entry(content=record, kind=b"x") + tar_entry() + END,
            "corrupt",
        )
        for record in (
            *(
                b"path=x\n",
                b"9 path=x\n\n",
                b"8 path=x\n",
                b"11 path=x\n",
                b"9 path=x ",
                b"09 path=x\n",
            ),
            *(
                b"9  path=x\n",
                b"9\tpath=x\n",
                b"8 path-x\n",
                b"-9 path=x\n",
                b"6 =x\n\n",
                b"0 a=b\n",
            ),
            *(
                b"9 path=x\n\0",
                b"9 path=x",
                b"\n",
                b"99999 path=x\n",
                b"9999999 a=b\n",
                b"2 \n4 a=\n",
            ),
            pax_record(b"k" * 300, b"x"),
        )
    },
    "no end mark": (SMALL[:-1024], "truncated"),
    "half an end mark": (SMALL[:-512], "truncated"),
    "a lone zero block": (SMALL[:-512] + SMALL, "corrupt"),
    "a second archive": (SMALL + SMALL, "trailing-data"),
    "a byte after the end": (SMALL + b"x", "trailing-data"),
    "a zip archive after the end": (SMALL + bytes(512) + b"PK\3\4", "trailing-data"),
    "part of a block after the end": (SMALL + bytes(100), "truncated"),
    "a long tail of zeros": (SMALL + bytes(64 * 1024 + 512), "trailing-data"),
    "a tail in a gzip member": (gzip.compress(SMALL) + gzip.compress(b"x"), "trailing-data"),
    "an endless tail": (gzip.compress(SMALL) + gzip_zeros(GIB), "trailing-data"),
    "data after gzip": (gzip.compress(SMALL) + b"x", "trailing-data"),
    "zeros after gzip": (gzip.compress(SMALL) + bytes(512), "trailing-data"),
    "half a magic after gzip": (gzip.compress(SMALL) + b"\x1f", "truncated"),
    "a wrong CRC": (changed(gzip.compress(SMALL), -8, 1), "corrupt"),
    "a wrong length": (changed(gzip.compress(SMALL), -1, 1), "corrupt"),
    "a gzip method of the future": (b"\x1f\x8b\7" + bytes(30), "corrupt"),
    "more gzip members than sense": (gzip.compress(b"") * 10_001, "unsupported"),
}


@pytest.mark.parametrize(("archive", "expected"), ACCEPTED.values(), ids=ACCEPTED)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_what_is_in_order_is_read(
    archive: bytes, expected: list[Content], pack: type[bytes]
) -> None:
    packed = archive if archive.startswith(b"\x1f\x8b") else pack(archive)

    assert unpack(read, packed) == expected


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_archives_of_the_standard_library_are_read(form: int) -> None:
    files = FILES | {LONG: b"deep", LONG.replace("deep", "tief"): None}

    assert unpack(read, gzip.compress(stdlib_tar(files, form))) == list(files.items())


def test_a_tarball_of_github_is_read() -> None:
    archive = stdlib_tar(FILES, comment="8f3c" * 10)

    assert b"pax_global_header" in archive or b"comment=" in archive
    assert unpack(read, gzip.compress(archive)) == list(FILES.items())


@pytest.mark.parametrize(("archive", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_in_order_is_refused(archive: bytes, reason: str) -> None:
    with pytest.raises(BadBundleError) as refusal:
        unpack(read, archive)

    assert refusal.value.reason == reason


def test_a_refusal_names_the_entry() -> None:
    with pytest.raises(BadBundleError, match=r"'demo/evil\\n' is a link") as refusal:
        unpack(read, tar_entry() + tar_entry(b"demo/evil\n", kind=b"2") + END)

    assert refusal.value.fields == {"reason": "link", "entry": "demo/evil\n"}


@pytest.mark.parametrize("size", [513, 1024, 5000])
def test_an_entry_that_is_cut_off_is_named(size: int) -> None:
    with pytest.raises(BadBundleError, match=r"'a\.txt' is longer than what is left"):
        unpack(read, tar_header(size=size) + bytes(512))


@pytest.mark.parametrize("archive", [SMALL, gzip.compress(SMALL, mtime=0)], ids=["plain", "gzip"])
def test_a_truncated_archive_is_refused_wherever_it_is_cut(archive: bytes) -> None:
    verdicts = {str(verdict(read, archive[:size])) for size in range(len(archive))}

    assert verdicts == {"truncated", "not-an-archive"}
    assert verdict(read, archive[: len(archive) // 2]) == "truncated"


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
@pytest.mark.parametrize("pack", ["plain", "gzip"])
def test_a_damaged_byte_is_refused_or_without_effect_in_headers(mask: int, pack: str) -> None:
    archive = gzip.compress(SMALL, mtime=0) if pack == "gzip" else SMALL
    content = range(1024, 1029) if pack == "plain" else ()  # plain tar has no sum of contents
    sound = unpack(read, archive)

    for at in range(len(archive)):
        said = verdict(read, changed(archive, at, mask))

        assert isinstance(said, str) or said == sound or at in content


def test_every_unpacked_byte_and_every_header_is_counted() -> None:
    budget = CountingBudget()
    archive = GITHUB + pax((b"path", b"x")) + tar_entry(content=b"hello") + SMALL

    unpack(read, gzip.compress(archive), budget)

    assert budget.spent == len(archive)
    assert budget.entries == 5


def test_too_many_headers_are_refused() -> None:
    budget = CountingBudget(Limits(entries=2))

    with pytest.raises(BadBundleError) as refusal:
        unpack(read, GITHUB + SMALL, budget)

    assert refusal.value.reason == "too-many-entries"


def gzip_bomb() -> bytes:
    return gzip.compress(tar_header(b"zeros", size=GIB)) + gzip_zeros(GIB) + gzip.compress(END)


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
    archive = gzip_bomb()
    budget = CountingBudget(limits, len(archive))

    said, received, peak = consume(read, archive, budget)

    assert said == reason
    assert received <= allowed < budget.spent <= allowed + CHUNK
    assert peak < 8 * CHUNK


def test_a_bomb_that_nobody_reads_is_refused_too(tmp_path: Path) -> None:
    source = tmp_path / "bomb.tar.gz"
    source.write_bytes(gzip_bomb())

    with pytest.raises(BadBundleError) as refusal:
        list(read(source, Budget(Limits(unpacked=8 * MIB), GIB)))

    assert refusal.value.reason == "too-large"


def test_content_that_is_not_read_is_skipped(tmp_path: Path) -> None:
    source = tmp_path / "a.tar"
    source.write_bytes(tar_entry(b"a", bytes(3 * CHUNK)) * 2 + tar_entry(b"b", b"end") + END)
    names = []

    for entry in read(source, CountingBudget()):
        names.append(entry.name)
        if len(names) == 1:
            assert not any(next(first_of(entry)))

    assert names == ["a", "a", "b"]


def test_content_asked_for_too_late_is_empty(tmp_path: Path) -> None:
    source = tmp_path / "a.tar"
    source.write_bytes(SMALL)

    entries = list(read(source, CountingBudget()))

    assert [b"".join(entry.chunks) for entry in entries] == [b"", b""]


@pytest.mark.parametrize("archive", [SMALL, tar_entry() + tar_entry(kind=b"2") + END])
@pytest.mark.parametrize("patience", [1, 3])
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
    st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    st.booleans(),
)
def test_what_the_standard_library_writes_is_read_back(
    files: dict[str, bytes | None], form: int, zipped: bool
) -> None:
    archive = stdlib_tar(files, form)

    assert unpack(read, gzip.compress(archive) if zipped else archive) == list(files.items())


@settings(deadline=None, database=None, max_examples=200)
@given(st.binary(max_size=3000), st.sampled_from([b"", b"\x1f\x8b\b", tar_entry()]))
def test_random_bytes_are_refused(noise: bytes, start: bytes) -> None:
    assert isinstance(verdict(read, start + noise), str) or not any(noise)


def test_random_damage_never_surprises() -> None:
    dice = random.Random(7)  # noqa: S311 - the same damage each time
    archive = stdlib_tar(FILES)[:12_000]

    for _ in range(500):
        damaged = bytearray(archive)
        for _ in range(dice.randint(1, 20)):
            at = dice.randrange(len(damaged))
            damaged[at : at + dice.choice((0, 1, 512))] = dice.randbytes(
                dice.choice((0, 1, 8, 512))
            )
        verdict(read, bytes(damaged))
