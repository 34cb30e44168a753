"""The files of a bundle as publishing reads them, with everything that it would refuse."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pluginhub.authoring.findings import Finding, refused
from pluginhub.errors import BadBundleError
from pluginhub.storage import bundle, content, tree
from pluginhub.storage.archives import directory, names
from pluginhub.storage.archives.entry import Budget, Entry, Limits
from pluginhub.storage.content import Parts


@dataclass(slots=True)
class Contents:
    """What there is.

    Attributes:
        root: Where the files lie.
        files: Bytes of each, by path.
        left_out: Names that make something no part of the release.
        found: What is refused.
    """

    root: Path
    files: dict[str, int] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    found: list[Finding] = field(default_factory=list)


@contextmanager
def opened(source: Path) -> Iterator[Contents]:
    """Lend the contents of a bundle; blocks.

    Args:
        source: A zip, tar or tar.gz file, or a directory; it is not changed.

    Raises:
        OSError: It cannot be read.
    """
    if source.is_dir():
        found = Contents(source)
        found.left_out |= {it.name for it in source.iterdir() if names.left_out(it.name)}
        yield _read(source, found)
        return
    with tempfile.TemporaryDirectory(prefix="pluginhub-check-") as folder:
        yield _read(source, Contents(Path(folder)))


def _read(source: Path, found: Contents) -> Contents:
    limits = Limits()
    packed = limits.unpacked if source.is_dir() else source.stat().st_size
    taken: dict[Parts, int] = {}
    claims = content.Claims()

    def refuse(error: BadBundleError) -> None:
        found.found.append(refused(error))

    try:
        reader = bundle.reader_of(source)
        if reader is directory.read:
            reader = partial(directory.read, refuse=refuse)
        for entry in reader(source, Budget(limits, packed)):
            try:
                parts = names.components(entry.name, limits.depth)
                claims.add(parts, "directory" if entry.is_directory else "file")
            except BadBundleError as error:
                refuse(error)
                continue
            if not entry.is_directory:
                _take(entry, parts, found, taken, None if source.is_dir() else found.root)
    except BadBundleError as error:
        refuse(error)
    top = bundle.top_level(taken)
    found.root = found.root.joinpath(*top)
    found.files = {"/".join(parts[len(top) :]): size for parts, size in taken.items()}
    return found


def _take(
    entry: Entry, parts: Parts, found: Contents, taken: dict[Parts, int], target: Path | None
) -> None:
    """Count a file, and write it where it does not lie in a directory already."""
    if out := [part for part in parts if names.left_out(part)]:
        found.left_out.add(out[0])
    elif target is None:
        taken[parts] = sum(len(chunk) for chunk in entry.chunks)
    else:
        taken[parts], _ = tree.write_file(target, parts, entry.chunks)
