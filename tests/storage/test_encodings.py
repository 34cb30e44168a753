"""Variants are what the file is, smaller, and nothing of a release is touched for them."""

import gzip
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import brotli
import pytest
import zstandard

from pluginhub.models import ReleaseFile
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.encodings import Encodings, StoppedError, is_compressible
from tests.database import rows

TEXT = b"var words = 'again and again';\n" * 1000
DECODE = {
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompress(data, len(TEXT)),
}
RELEASE = rows.release()


def file(path: str, kind: str, content: bytes, root: Path) -> ReleaseFile:
    (root / path).write_bytes(content)
    return ReleaseFile(path, len(content), path.encode().hex().ljust(64, "0"), kind)


@pytest.fixture(name="encodings")
def _encodings(tmp_path: Path) -> Encodings:
    return Encodings(DataDirectory.at(tmp_path / "data"))


def read(encodings: Encodings, of: ReleaseFile) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for coding, stream in encodings.open(RELEASE.digest, of).items():
        with stream:
            found[coding] = stream.read()
    return found


@pytest.mark.parametrize("level", ["quick", "best"])
def test_a_text_gets_smaller_and_stays_itself(
    encodings: Encodings, tmp_path: Path, level: str
) -> None:
    script = file("a.js", "text/javascript; charset=utf-8", TEXT, tmp_path)
    assert encodings.level(RELEASE.digest) is None
    encodings.make(RELEASE.digest, tmp_path, [script], level, threading.Event())  # type: ignore[arg-type]
    assert encodings.level(RELEASE.digest) == level
    found = read(encodings, script)
    assert found.keys() == DECODE.keys()
    for coding, content in found.items():
        assert DECODE[coding](content) == TEXT
        assert len(content) < len(TEXT) / 10


def put_a_link(variant: Path, secret: Path) -> None:
    variant.symlink_to(secret)


def put_a_pipe(variant: Path, _secret: Path) -> None:
    os.mkfifo(variant)


def put_a_folder(variant: Path, _secret: Path) -> None:
    variant.mkdir()


@pytest.mark.parametrize("put", [put_a_link, put_a_pipe, put_a_folder])
def test_what_somebody_put_in_the_place_of_a_variant_is_not_opened(
    encodings: Encodings, tmp_path: Path, put: Callable[[Path, Path], None]
) -> None:
    script = file("a.js", "text/javascript; charset=utf-8", TEXT, tmp_path)
    (tmp_path / "secret").write_bytes(b"secret")
    encodings.make(RELEASE.digest, tmp_path, [script], "quick", threading.Event())
    place = tmp_path / "data/encoded" / RELEASE.digest
    for coding in DECODE:
        (place / f"{script.sha256}.{coding}").unlink()
        put(place / f"{script.sha256}.{coding}", tmp_path / "secret")
    assert read(encodings, script) == {}


def test_what_a_link_leads_to_is_not_encoded(encodings: Encodings, tmp_path: Path) -> None:
    script = file("a.js", "text/javascript; charset=utf-8", TEXT, tmp_path)
    (tmp_path / "a.js").rename(tmp_path / "secret")
    (tmp_path / "a.js").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic links"):
        encodings.make(RELEASE.digest, tmp_path, [script], "quick", threading.Event())
    assert read(encodings, script) == {}


def test_what_does_not_get_smaller_has_no_variant(encodings: Encodings, tmp_path: Path) -> None:
    files = [
        file("noise.js", "text/javascript; charset=utf-8", os.urandom(5000), tmp_path),
        file("image.png", "image/png", TEXT, tmp_path),
        file("font.woff2", "font/woff2", TEXT, tmp_path),
        file("small.js", "text/javascript; charset=utf-8", b"x" * 100, tmp_path),
    ]
    encodings.make(RELEASE.digest, tmp_path, files, "quick", threading.Event())
    assert [read(encodings, each) for each in files] == [{}, {}, {}, {}]


def test_a_stop_ends_the_work_and_leaves_what_is_usable(
    encodings: Encodings, tmp_path: Path
) -> None:
    script = file("a.js", "text/javascript; charset=utf-8", TEXT, tmp_path)
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        encodings.make(RELEASE.digest, tmp_path, [script], "quick", stop)
    assert encodings.level(RELEASE.digest) is None
    assert read(encodings, script) == {}


def test_variants_can_be_removed(encodings: Encodings, tmp_path: Path) -> None:
    script = file("a.js", "text/javascript; charset=utf-8", TEXT, tmp_path)
    other = replace(RELEASE, digest="e" * 64)
    assert encodings.digests() == []
    for release in (RELEASE, other):
        encodings.make(release.digest, tmp_path, [script], "quick", threading.Event())
    assert encodings.digests() == [RELEASE.digest, other.digest]
    encodings.remove(RELEASE.digest)
    assert encodings.digests() == [other.digest]
    assert read(encodings, script) == {}


def test_only_what_is_text_or_the_like_is_compressible() -> None:
    yes = ("text/css; charset=utf-8", "application/json", "image/svg+xml", "application/wasm")
    no = (None, "image/png", "image/avif", "font/woff2", "video/mp4", "application/pdf")
    assert [is_compressible(kind) for kind in (*yes, *no)] == [True] * 4 + [False] * 6
