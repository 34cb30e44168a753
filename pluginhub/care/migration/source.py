"""Finds plugins, users and what they have in a directory of the old system.

Recognised are copies for each user (``<user>/<Slug>``, ``<user>/<user>_<Slug>``,
``user_<user>/...``), plugins of nobody directly below the root, and the shared layout
(``shared/<slug>/v<version>`` with ``users/user_<user>/installed_plugins.json``); see
plugin-packages section 2. Links are not followed.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pluginhub.care.migration import metadata
from pluginhub.care.migration.metadata import Reference

_HEX = re.compile(r"[0-9a-f]{32}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_VERSION = re.compile(r"v+(?=[0-9])")
_PREFIX = "user_"
# What tells a plugin's directory from any other.
_SIGNS = (
    "pluginhub.json",
    "lifecycle_manager.py",
    "plugin_metadata.json",
    "plugin.json",
    "package.json",
    "dist/remoteEntry.js",
)
# Of the old system itself; nothing in it belongs to a plugin or a user.
_ITS_OWN = {"cache", "node_modules", "__pycache__", "manifest.json", "version_registry.json"}


@dataclass(frozen=True, slots=True)
class Copy:
    """A directory with a plugin in it.

    Attributes:
        owner: Id of the user whose copy it is, 32 hexadecimal digits; None for nobody's.
        name: What the directory is called, without the id of its owner.
        version: What the directory says of it, as in ``v1.5.0``; None if it says nothing.
    """

    folder: Path
    owner: str | None
    name: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that is not taken, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class Source:
    """What was found.

    Attributes:
        users: Ids of all users of whom there is anything.
        references: What users have by ``installed_plugins.json``, or where a copy came from.
    """

    root: Path
    copies: list[Copy] = field(default_factory=list)
    users: set[str] = field(default_factory=set)
    references: list[Reference] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def skip(self, path: Path, reason: str) -> None:
        """Take note of something that is not taken."""
        shown = path.relative_to(self.root).as_posix() if path != self.root else str(path)
        self.skipped.append(Skipped(shown, reason))


def find(root: Path) -> Source:
    """Look through a directory of the old system; blocks.

    Raises:
        OSError: The directory itself cannot be read.
    """
    source = Source(root)
    for item in sorted(root.iterdir()):
        if item.name in _ITS_OWN or item.name.startswith("."):
            continue
        if item.is_symlink():
            source.skip(item, "it is a link, which is not followed")
        elif not item.is_dir():
            source.skip(item, "it is a file, where a directory is looked for")
        elif item.name == "shared":
            _shared(source, item)
        elif item.name == "users":
            _users(source, item)
        elif owner := user_id(item.name):
            _user(source, item, owner)
        else:
            _copy(source, item, None, item.name)
    return source


def user_id(name: str) -> str | None:
    """Return the user id that the name of a directory stands for, None for any other name.

    Dashed and plain forms of an id are one user. An id that is no UUID becomes one that is always
    the same.
    """
    text = name.removeprefix(_PREFIX)
    plain = text.lower()
    if _UUID.fullmatch(plain) or _HEX.fullmatch(plain):
        return plain.replace("-", "")
    if name.startswith(_PREFIX) and text:
        return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:32]
    return None


def _user(source: Source, folder: Path, owner: str) -> None:
    for item in _entries(source, folder):
        if item.name == ".metadata" and item.is_dir() and not item.is_symlink():
            source.references += metadata.origins(item, owner, source.skip)
            source.users.add(owner)
        elif item.name.startswith(".") or item.name in _ITS_OWN:
            continue
        elif item.is_dir() or item.is_symlink():
            _copy(source, item, owner, _without_owner(item.name, owner))


def _without_owner(name: str, owner: str) -> str:
    head, _, rest = name.partition("_")
    return rest if rest and user_id(head) == owner else name


def _copy(
    source: Source, folder: Path, owner: str | None, name: str, version: str | None = None
) -> None:
    if folder.is_symlink():
        source.skip(folder, "it is a link, which is not followed")
        return
    try:
        empty = not any(folder.iterdir())
    except OSError as error:
        source.skip(folder, f"it cannot be read: {error.strerror}")
        return
    if empty:
        source.skip(folder, "it is empty")
    elif not any((folder / sign).is_file() for sign in _SIGNS):
        source.skip(folder, "there is no plugin in it")
    else:
        source.copies.append(Copy(folder, owner, name, version))
        if owner:
            source.users.add(owner)


def _shared(source: Source, folder: Path) -> None:
    for plugin in _entries(source, folder):
        if plugin.is_symlink() or not plugin.is_dir():
            source.skip(plugin, "it is no directory of a plugin")
            continue
        for place in _entries(source, plugin):
            if place.is_symlink():
                source.skip(place, "it is a link, which is not followed")
            elif not place.is_dir() or not _VERSION.match(place.name):
                source.skip(place, "it is no directory of a version")
            elif {it.name for it in _entries(source, place)} <= {"endpoints.py"}:
                source.skip(place, "it is an alias, without a plugin in it")
            else:
                _copy(source, place, None, plugin.name, _VERSION.sub("", place.name, count=1))


def _users(source: Source, folder: Path) -> None:
    for item in _entries(source, folder):
        owner = user_id(item.name if item.name.startswith(_PREFIX) else _PREFIX + item.name)
        if owner is None or item.is_symlink() or not item.is_dir():
            source.skip(item, "it is no directory of a user")
            continue
        source.users.add(owner)
        file = item / "installed_plugins.json"
        if file.is_symlink() or not file.is_file():
            source.skip(item, "it has no installed_plugins.json")
        else:
            source.references += metadata.installed(file, owner, source.skip)


def _entries(source: Source, folder: Path) -> Iterator[Path]:
    try:
        items = sorted(folder.iterdir())
    except OSError as error:
        source.skip(folder, f"it cannot be read: {error.strerror}")
        return
    yield from items
