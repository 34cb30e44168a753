"""The same entries in every form in which a bundle arrives."""

import gzip
import io
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

from tests import bundles
from tests.storage.archives.making import Member, zip_of

Entries = Iterable[tuple[str, bytes | None]]  # a directory has None
Form = Callable[[Entries], bytes]


def as_tar(entries: Entries) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.type = tarfile.REGTYPE if content is not None else tarfile.DIRTYPE
            info.size = len(content or b"")
            archive.addfile(info, io.BytesIO(content or b""))
    return buffer.getvalue()


def as_tar_gz(entries: Entries) -> bytes:
    return gzip.compress(as_tar(entries), mtime=0)


def as_zip(entries: Entries) -> bytes:
    return zip_of(*(_member(name, content) for name, content in entries))


def _member(name: str, content: bytes | None) -> Member:
    name = name if content is not None else f"{name}/"
    return Member(name.encode(), content or b"", method=8 if content else 0, flags=1 << 11)


def as_directory(entries: Entries, folder: Path) -> Path:
    folder.mkdir()
    for name, content in entries:
        path = folder / name
        if content is None:
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder


FORMS: dict[str, Form] = {"tar": as_tar, "tar.gz": as_tar_gz, "zip": as_zip}


def entries(*more: tuple[str, bytes | None], top: str = "") -> list[tuple[str, bytes | None]]:
    """Return the entries of a small plugin, and more."""
    return [(f"{top}{name}", content) for name, content in (*bundles.files().items(), *more)]


def listing(folder: Path) -> dict[str, bytes | None]:
    """Return everything below a directory, with the content of files; a link is an error."""
    found: dict[str, bytes | None] = {}
    for path in sorted(folder.rglob("*")):
        assert not path.is_symlink()
        found[path.relative_to(folder).as_posix()] = path.read_bytes() if path.is_file() else None
    return found


def files_below(folder: Path) -> dict[str, bytes]:
    return {name: content for name, content in listing(folder).items() if content is not None}
