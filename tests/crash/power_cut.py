"""What a power cut leaves: worked out from the record of all changes, for every moment.

Of a file, only what was synced is sure to be there; of a directory, only the names that it had when
it was synced. The two are lost separately, so that neither hides behind the other.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

Policy = Literal["data lost", "names lost"]
POLICIES: tuple[Policy, ...] = get_args(Policy)
Kept = tuple[int, bytes | None]  # mode, and content; a directory has None
Picture = dict[str, Kept]  # by path

_UMASK = 0o022
_MADE_ANEW = "-shm"  # at every start, by SQLite


@dataclass(frozen=True)
class Cut:
    """A moment: how many steps were acknowledged before, and what is left."""

    acknowledged: int
    picture: Picture


@dataclass(eq=False)
class File:
    """A file as programs see it, and what of it is synced."""

    mode: int
    content: bytes = b""
    synced: bytes = b""
    home: "Folder | None" = None  # that surely has it

    def write(self, offset: int, data: bytes) -> None:
        self.resize(max(offset, len(self.content)))
        self.content = self.content[:offset] + data + self.content[offset + len(data) :]

    def resize(self, size: int) -> None:
        self.content = self.content[:size].ljust(size, b"\0")

    def sync(self) -> None:
        self.synced = self.content


@dataclass(eq=False)
class Folder:
    """A directory as programs see it, and which of its names are synced."""

    mode: int
    names: "dict[str, Node]" = field(default_factory=dict)
    synced: "dict[str, Node]" = field(default_factory=dict)
    home: "Folder | None" = None

    def sync(self) -> None:
        for node in self.names.values():
            if node.home not in {None, self}:  # what was moved here is nowhere else
                kept = node.home.synced.items()
                node.home.synced = {name: it for name, it in kept if it is not node}
            node.home = self
        self.synced = dict(self.names)


Node = File | Folder


class Disk:
    """The disk of a record.

    Args:
        root: What the paths in the record begin with.
        template: What was there before; all of it is synced.
    """

    def __init__(self, root: Path, template: Path) -> None:
        self._root = root
        self._top = Folder(0o755)
        for path in sorted(template.rglob("*")):
            mode = stat.S_IMODE(path.lstat().st_mode)
            new = Folder(mode) if path.is_dir() else File(mode, path.read_bytes())
            self._put(str(root / path.relative_to(template)), new).sync()
            new.sync()

    def change(self, what: str, path: str, other: str, number: int, data: bytes) -> None:
        """Do what a line of the record says."""
        match what, self._find(path):
            case "create", None:
                self._put(path, File(number & ~_UMASK))
            case "mkdir", None:
                self._put(path, Folder(number & ~_UMASK))
            case "write", File() as file:
                file.write(number, data)
            case "truncate", File() as file:
                file.resize(number)
            case "sync", File() | Folder() as node:
                node.sync()
            case "chmod", File() | Folder() as node:
                node.mode = number
            case "remove", File() | Folder():
                self._take(path)
            case "rename", File() | Folder():
                self._put(other, self._take(path))
            case _:  # of what is deleted nothing is left anyway
                assert path.endswith(" (deleted)"), f"{what} of {path}"

    def left(self, policy: Policy) -> Picture:
        """Return what a power cut leaves now."""
        return dict(_left(self._top, policy, ""))

    def _find(self, path: str) -> Node | None:
        found: Node | None = self._top
        for name in Path(path).relative_to(self._root).parts:
            found = found.names.get(name) if isinstance(found, Folder) else None
        return found

    def _put(self, path: str, node: Node) -> Folder:
        folder, name = self._place(path)
        folder.names[name] = node
        return folder

    def _take(self, path: str) -> Node:
        folder, name = self._place(path)
        return folder.names.pop(name)

    def _place(self, path: str) -> tuple[Folder, str]:
        folder, _, name = path.rpartition("/")
        found = self._find(folder)
        assert isinstance(found, Folder), path
        return found, name


def _left(folder: Folder, policy: Policy, start: str) -> Iterator[tuple[str, Kept]]:
    for name, node in (folder.names if policy == "data lost" else folder.synced).items():
        if isinstance(node, Folder):
            yield start + name, (node.mode, None)
            yield from _left(node, policy, f"{start}{name}/")
        elif not name.endswith(_MADE_ANEW):
            yield start + name, (node.mode, node.synced if policy == "data lost" else node.content)


def cuts(template: Path, root: Path, record: bytes, policy: Policy) -> Iterator[Cut]:
    """Yield what a power cut leaves at every moment, as far as it differs.

    Args:
        template: What was there before the record.
        root: What the paths in the record begin with.
        record: What the library wrote.
        policy: What is lost.
    """
    disk = Disk(root, template)
    last = Cut(0, disk.left(policy))
    yield last
    for what, path, other, number, data in _changes(record):
        acknowledged = last.acknowledged
        if what == "mark":
            acknowledged = number
        else:
            disk.change(what, path, other, number, data)
        if (now := Cut(acknowledged, disk.left(policy))) != last:
            yield now
            last = now


def _changes(record: bytes) -> Iterator[tuple[str, str, str, int, bytes]]:
    start = 0
    while start < len(record):
        end = record.index(b"\n", start)
        what, path, other, number, length = record[start:end].decode().split("\t")
        start = end + 1 + int(length)
        yield what, path, other, int(number), record[end + 1 : start]


def lay_out(cut: Cut, root: Path) -> None:
    """Make the files that a power cut leaves.

    Args:
        cut: The moment.
        root: A directory that does not exist yet.
    """
    root.mkdir()
    for path, (mode, content) in cut.picture.items():
        file = root / path
        if content is None:
            file.mkdir()
        else:
            file.write_bytes(content)
        file.chmod(mode)
