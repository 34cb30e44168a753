"""Reads what the old system noted of users' plugins beside them: who has which, and from where."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Skip = Callable[[Path, str], None]

_LARGEST = 16 * 1024 * 1024  # bytes of a file
_NOTE = re.compile(r"(.+)_(?:remote|local)\.json")
_VERSION = re.compile(r"v+(?=[0-9])")


@dataclass(frozen=True, slots=True)
class Reference:
    """What is noted of a user's plugin.

    Attributes:
        owner: Id of the user.
        slug: Of the plugin, or the end of its id.
        version: None if nothing is noted.
        installed: Whether the note says that the user has it; else it says where it came from.
        enabled: None if nothing is noted.
        config: What the user set.
        installed_at: Seconds since 1970; None if nothing is noted.
        source_url: Where it came from; None if nothing is noted.
    """

    owner: str
    slug: str
    version: str | None
    installed: bool
    enabled: bool | None = None
    config: dict[str, Any] | None = None
    installed_at: int | None = None
    source_url: str | None = None


def installed(file: Path, owner: str, skip: Skip) -> Iterator[Reference]:
    """Read an ``installed_plugins.json``, in both of its forms; blocks."""
    for slug, value in _object(file, skip).items():
        entry = value if isinstance(value, dict) else {}
        source = entry.get("installation_metadata")
        origin = source if isinstance(source, dict) else {}
        yield Reference(
            owner,
            slug,
            _version(entry),
            installed=True,
            enabled=_of(bool, entry.get("enabled")),
            config=_of(dict, entry.get("user_config")),
            installed_at=moment(entry.get("installed_at")),
            source_url=_of(str, origin.get("source_url")),
        )


def origins(folder: Path, owner: str, skip: Skip) -> Iterator[Reference]:
    """Read the ``*_remote.json`` and ``*_local.json`` of a user; blocks."""
    for file in sorted(folder.iterdir()):
        note = _NOTE.fullmatch(file.name)
        if note is None or file.is_symlink() or not file.is_file():
            skip(file, "it is no note of where a plugin came from")
            continue
        said = _object(file, skip)
        if said:
            yield Reference(
                owner,
                str(said.get("plugin_id") or note[1]),
                _of(str, said.get("version")),
                installed=False,
                installed_at=moment(said.get("installed_at")),
                source_url=_of(str, said.get("repo_url")),
            )


def moment(value: object) -> int | None:
    """Return a time as the old system writes it as seconds since 1970, None if it is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return max(0, int(found.replace(tzinfo=found.tzinfo or UTC).timestamp()))
    except (ValueError, OverflowError):
        return None


def plain_version(text: str) -> str:
    """Return a version without the ``v`` before it, however many there are."""
    return _VERSION.sub("", text, count=1)


def read_json(file: Path) -> object:
    """Read a file of JSON; blocks.

    Raises:
        ValueError: It is no JSON, or too large.
        OSError: It cannot be read.
    """
    with file.open("rb") as stream:
        raw = stream.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST} bytes")
    try:
        found: object = json.loads(raw)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    return found


def _object(file: Path, skip: Skip) -> dict[str, Any]:
    try:
        found = read_json(file)
    except OSError as error:
        skip(file, f"it cannot be read: {error.strerror}")
    except ValueError as error:
        skip(file, f"it is no JSON: {error}")
    else:
        if isinstance(found, dict):
            return found
        skip(file, "it is no JSON object")
    return {}


def _version(entry: dict[str, Any]) -> str | None:
    """Return what an entry says of the version, itself or by the path that it names."""
    said, path = entry.get("version"), entry.get("shared_path")
    if isinstance(said, str) and said:
        return plain_version(said)
    last = re.split(r"[/\\]", path.rstrip("/\\"))[-1] if isinstance(path, str) else ""
    return plain_version(last) if _VERSION.match(last) else None


def _of(kind: type[Any], value: object) -> Any:
    return value if isinstance(value, kind) else None
