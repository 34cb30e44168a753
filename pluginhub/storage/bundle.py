"""An untrusted archive or directory becomes a tree of plain files and a manifest.

The whole bundle is refused at the first thing that is not as it must be; nothing is repaired.
No library extracts anything here: readers yield names and bytes, ``names`` judges the names, and
``tree`` alone creates files.
"""

import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from pluginhub import manifest
from pluginhub.errors import BadBundleError
from pluginhub.manifest import Manifest
from pluginhub.models import Contract, ReleaseFile
from pluginhub.storage import braindrive, content, tree
from pluginhub.storage.archives import directory, tar, zip  # noqa: A004 - the format
from pluginhub.storage.archives.entry import Budget, Entry, Limits
from pluginhub.storage.content import Parts

MAX_MANIFEST = 1024 * 1024  # bytes
# Of a directory: Clock-v1.2.0, but not the start of a commit's hash
_NAMED_VERSION = re.compile(r"-(v[0-9][0-9A-Za-z.+_-]{0,62}|[0-9]{1,9}\.[0-9A-Za-z.+_-]{1,54})$")

Reader = Callable[[Path, Budget], Iterator[Entry]]


@dataclass(frozen=True, slots=True)
class Description:
    """What a bundle says of itself.

    Attributes:
        contract: By which conventions its hooks are called, if it has any.
        application: Columns of the application's plugin row that go beyond the manifest.
        other_versions: Where it calls itself another version.
        unread: Paths of values that would have to be run to be known, and were left out.
    """

    manifest: Manifest
    contract: Contract | None
    application: Mapping[str, Any] = field(default_factory=dict)
    other_versions: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was unpacked.

    Attributes:
        tree: The directory that becomes the release.
        files: Every file in it, by path.
        digest: SHA-256 over path, size and digest of every file.
    """

    tree: Path
    description: Description
    files: tuple[ReleaseFile, ...]
    digest: str

    @property
    def manifest(self) -> Manifest:
        """Of the release."""
        return self.description.manifest

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def unpack(
    source: Path,
    target: Path,
    limits: Limits | None = None,
    require_room: Callable[[int], None] = lambda _: None,
    described: Description | None = None,
) -> Bundle:
    """Unpack a bundle, on the disk when this returns; blocks, so call it in a thread.

    Args:
        source: A zip, tar or tar.gz file, recognised by its content, or a directory.
        target: A directory that does not exist yet. After an error it may hold a part.
        limits: What one bundle may contain.
        require_room: Called with how many bytes are about to be written, again and again.
        described: What the bundle would say of itself if it could; None lets it speak.

    Returns:
        The bundle. If everything lay in one top-level directory, that one is its ``tree``.

    Raises:
        BadBundleError: The bundle is refused; its ``reason`` says by which rule.
        OSError: The disk is full, or ``source`` cannot be read.
    """
    limits = limits or Limits()
    packed = limits.unpacked if source.is_dir() else source.stat().st_size
    read = reader_of(source)
    # All of it before anything is written, so that a bomb costs no space on the disk.
    content.each_file(read(source, Budget(limits, packed)), limits, lambda *_: (0, ""))
    target.mkdir()
    pace = content.Pace(require_room)
    written = content.each_file(
        read(source, Budget(limits, packed)),
        limits,
        lambda parts, chunks: tree.write_file(target, parts, pace.of(chunks)),
    )
    tree.sync(target)
    top = top_level(written) if described is None else ()
    files = content.files(written, len(top))
    root = target.joinpath(*top)
    description = described or _describe(root, files)
    if named := _NAMED_VERSION.search(top[-1] if top else ""):
        description = _with_other_version(description, "directory", named[1])
    return Bundle(root, description, files, content.digest(files))


def pack(source: Path, file: BinaryIO) -> None:
    """Write a directory as a tar archive that ``unpack`` reads; blocks.

    Raises:
        BadBundleError: The directory holds what no bundle may hold.
    """
    limits = Limits()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.dereference = True  # a file with two names is two files; links were refused
        for entry in directory.read(source, Budget(limits, limits.unpacked)):
            if not entry.is_directory:
                archive.add(source / entry.name, entry.name, recursive=False)


def reader_of(source: Path) -> Reader:
    """Return what reads a bundle, by its content.

    Raises:
        BadBundleError: It could be two things at once.
    """
    if source.is_dir():
        return directory.read
    with source.open("rb") as stream:
        start = stream.read(tarfile.BLOCKSIZE)
    if not start.startswith(b"PK"):
        return tar.read
    if _begins_a_tar(start):
        raise BadBundleError("corrupt", "is a zip archive and a tar archive at once")
    return zip.read


def _begins_a_tar(start: bytes) -> bool:
    """Return whether others may take what begins like this for a tar archive."""
    try:
        tarfile.TarInfo.frombuf(start, "latin-1", "strict")
    except tarfile.HeaderError:
        return False
    return True


def top_level(written: Iterable[Parts]) -> Parts:
    """Return the one directory that everything lies in, if there is one (GitHub tarballs)."""
    first = {parts[:1] if len(parts) > 1 else () for parts in written}
    return first.pop() if len(first) == 1 else ()


def _describe(root: Path, files: Iterable[ReleaseFile]) -> Description:
    by_path = {file.path: file for file in files}
    if manifest.FILE_NAME not in by_path and braindrive.FILE_NAME in by_path:
        package = braindrive.read(root)
        return Description(
            package.manifest,
            "braindrive",
            package.application,
            package.other_versions,
            tuple(package.unread),
        )
    found = _read_manifest(root, by_path.get(manifest.FILE_NAME))
    if found.hooks is None:
        return Description(found, None)
    if found.hooks not in by_path:
        raise BadBundleError(
            "bad-manifest", f"{manifest.FILE_NAME}: hooks: the bundle has no {found.hooks!r}"
        )
    return Description(found, "pluginhub")


def _with_other_version(description: Description, place: str, version: str) -> Description:
    if version.removeprefix("v") == description.manifest.version:
        return description
    return replace(description, other_versions={**description.other_versions, place: version})


def _read_manifest(root: Path, found: ReleaseFile | None) -> Manifest:
    if found is None:
        raise BadBundleError(
            "no-manifest",
            f"there is neither {manifest.FILE_NAME} nor {braindrive.FILE_NAME}"
            " at the top of the bundle",
        )
    if found.size > MAX_MANIFEST:
        raise BadBundleError(
            "bad-manifest", f"{manifest.FILE_NAME} is larger than {MAX_MANIFEST} bytes"
        )
    return manifest.parse((root / manifest.FILE_NAME).read_bytes())
