"""Plugin packages of BrainDrive: what their lifecycle manager says of them, read but not run."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pluginhub import manifest
from pluginhub.errors import BadBundleError
from pluginhub.manifest import Manifest, Module
from pluginhub.storage import bindings
from pluginhub.storage.literals import NotLiteralError, Reader

FILE_NAME = "lifecycle_manager.py"

_PACKAGE_JSON = "package.json"
_MAX_SIZE = 256 * 1024  # bytes
_MAX_PROBLEMS = 20
_NOT_LITERAL = "is not a literal; add a pluginhub.json, or write the value out"
_PLUGIN, _MODULES, _SLUG = "plugin_data", "module_data", "plugin_slug"
# Where they are named otherwise than in pluginhub.json.
_KEYS = {"slug": _SLUG, "entry": "bundle_location"}
_SAME_KEYS = (
    "name",
    "version",
    "description",
    "author",
    "license",
    "homepage",
    "icon",
    "category",
    "tags",
    "scope",
    "permissions",
    "dependencies",
)


@dataclass(frozen=True, slots=True)
class Package:
    """What a package says of itself.

    Attributes:
        application: What ``plugin_data`` says beyond the manifest; JSON values.
        other_versions: Versions that other files give, where they differ, by file.
        unread: Paths of values that are no literals and were left out.
    """

    manifest: Manifest
    application: dict[str, Any]
    other_versions: dict[str, str]
    unread: list[str]


def read(root: Path, reader: Reader | None = None) -> Package:
    """Read a package that has a ``lifecycle_manager.py``; nothing of it is executed. Blocks.

    Args:
        root: A tree of plain files.
        reader: Remembers what was read where, for those who want to know.

    Raises:
        BadBundleError: ``bad-manifest``; the message names the value, for example
            ``plugin_data.scope: is not a literal``.
    """
    reader = reader or Reader()
    plugin, modules = _data(root / FILE_NAME, reader)
    package_json = _package_json(root)
    if f"{_PLUGIN}.{_SLUG}" in reader.unread:
        raise _refused([f"{_PLUGIN}.{_SLUG}: {_NOT_LITERAL}"])
    wanted = described(plugin, modules, package_json)
    try:
        found = Manifest.model_validate(wanted)
    except ValidationError as error:
        raise _refused(_problems(error, reader.unread, nothing=not modules)) from error
    other_versions = _other_versions(found, package_json)
    return Package(found, application(plugin), other_versions, reader.unread)


def _data(path: Path, reader: Reader) -> tuple[dict[str, Any], list[Any]]:
    with path.open("rb") as stream:
        source = stream.read(_MAX_SIZE + 1)
    if len(source) > _MAX_SIZE:
        raise _refused([f"is larger than {_MAX_SIZE} bytes"])
    try:
        module = bindings.parse(source)
        plugin = _first(module, _PLUGIN, dict, reader, wanted=_SLUG)
        modules = _first(module, _MODULES, list, reader)
    except ValueError as error:
        raise _refused([str(error)]) from error
    return plugin, modules


def _first(
    module: bindings.Scope, name: str, kind: type[Any], reader: Reader, wanted: str = ""
) -> Any:
    """Return the first value bound to a name that has what is wanted, else the first one."""
    first: tuple[Any, list[str]] | None = None
    for expression in bindings.candidates(module, (name, name.upper())):
        before = len(reader.unread)
        try:
            value = reader.read(expression, name)
        except NotLiteralError:
            continue
        if isinstance(value, kind):
            if not wanted or wanted in value:
                return value
            first = first or (value, reader.unread[before:])
        del reader.unread[before:]
    if first is None:
        raise ValueError(f"{name}: there is no literal of this name; add a pluginhub.json")
    reader.unread += first[1]
    return first[0]


def described(
    plugin: dict[str, Any], modules: list[Any], package_json: dict[str, Any]
) -> dict[str, Any]:
    """Return the manifest as it is to be validated."""
    found = {key: plugin[key] for key in _SAME_KEYS if plugin.get(key) is not None}
    if isinstance(found.get("dependencies"), list):
        del found["dependencies"]  # names without ranges: the application's own
    found["version"] = _version(found.get("version"))
    found["slug"] = plugin.get(_SLUG) or _slug_of(package_json)
    entry = plugin.get("bundle_location")
    if isinstance(entry, str):
        entry = entry.removeprefix("./").lstrip("/")
    found["entry"] = entry or None
    found["modules"] = [_module(module) for module in modules]
    present = {key: value for key, value in found.items() if value is not None}
    return {**present, "hooks": FILE_NAME}


def _version(value: object) -> object:
    return value if isinstance(value, bool) or not isinstance(value, int | float) else str(value)


def application(plugin: dict[str, Any]) -> dict[str, Any]:
    """Return what ``plugin_data`` says that has no place in a manifest."""
    read_above = {*_SAME_KEYS, *_KEYS.values()}
    if isinstance(plugin.get("dependencies"), list):
        read_above.remove("dependencies")
    return {key: value for key, value in plugin.items() if key not in read_above}


def _module(data: object) -> object:
    """Return a module with the keys that a manifest knows, without values that say nothing."""
    if not isinstance(data, dict):
        return data
    known = {key: data[key] for key in Module.model_fields if data.get(key) is not None}
    if not isinstance(known.get("messages", {}), dict):
        del known["messages"]
    empty: tuple[object, ...] = ("", [], {})
    return {
        key: value
        for key, value in known.items()
        if value not in empty or key in {"name", "display_name", "description", "icon", "category"}
    }


def _slug_of(package_json: dict[str, Any]) -> str | None:
    name = package_json.get("name")
    if not isinstance(name, str):
        return None
    return name.lower().replace(" ", "-") if {" ", "-"} & set(name) else name


def _package_json(root: Path) -> dict[str, Any]:
    try:
        with (root / _PACKAGE_JSON).open("rb") as stream:
            content = json.loads(stream.read(_MAX_SIZE))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _other_versions(found: Manifest, package_json: dict[str, Any]) -> dict[str, str]:
    version = package_json.get("version")
    if not isinstance(version, str) or version.removeprefix("v") == found.version:
        return {}
    return {_PACKAGE_JSON: version[:64]}


def _problems(error: ValidationError, unread: list[str], *, nothing: bool) -> list[str]:
    problems = []
    for place, reason in manifest.explain(error)[:_MAX_PROBLEMS]:
        path = _path(place)
        if path in unread or (nothing and path == _MODULES and f"{_MODULES}[0]" in unread):
            reason = _NOT_LITERAL  # noqa: PLW2901 - what it came from says more
        problems.append(f"{path}: {reason}")
    return problems


def _path(path: str) -> str:
    if path.startswith("modules"):
        return path.replace("modules", _MODULES, 1)
    return f"{_PLUGIN}.{_KEYS.get(path, path)}"


def _refused(problems: list[str]) -> BadBundleError:
    return BadBundleError("bad-manifest", f"{FILE_NAME}: {'; '.join(problems)}", problems=problems)
