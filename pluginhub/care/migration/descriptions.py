"""What a copy of the old system says of itself, as the manifest that it never had.

Its version is what ``plugin_data`` says (in ``lifecycle_manager.py`` or ``plugin_metadata.json``),
else ``plugin.json``, else ``package.json``, else its directory; where these disagree, that is kept.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pluginhub import manifest
from pluginhub.care.migration import metadata
from pluginhub.errors import BadBundleError
from pluginhub.manifest import Manifest
from pluginhub.storage import braindrive
from pluginhub.storage.bundle import Description

_UNKNOWN = "0.0.0"  # of a plugin that says no version at all
_ENTRY = "dist/remoteEntry.js"
_SNAKE = re.compile(r"(?<=[a-z])[A-Z]")
_NO_IDENTIFIER = re.compile(r"[^A-Za-z0-9_$]")
_LOWERCASE = {
    "bundlemethod": "bundle_method",
    "bundlelocation": "bundle_location",
    "islocal": "is_local",
}
_SCOPE = re.compile(rb"\bvar ([A-Za-z_$][A-Za-z0-9_$]{0,127})\s*[;=]")
_EXPOSED = re.compile(rb"[\"']\./([A-Za-z0-9_.$-]{1,128})[\"']\s*:")
_NEEDED = {"slug", "name", "version", "scope", "entry", "modules"}
_IN_MODULE = 2  # where in the place of a value its key in a module stands
_LOOKED_AT = 1024 * 1024  # bytes of an entry file

Data = dict[str, Any]


def describe(folder: Path, slug: str | None, version: str | None) -> Description:
    """Return what a copy says of itself; nothing in it is executed. Blocks.

    Args:
        folder: The copy, in which there are no links.
        slug: What its directory is called; counts where the copy does not say its slug.
        version: What its directory says of its version; counts where the copy says none.

    Raises:
        BadBundleError: It says nothing that could be a plugin.
    """
    if (folder / manifest.FILE_NAME).is_file():
        found = manifest.parse((folder / manifest.FILE_NAME).read_bytes())
        return Description(found, "pluginhub" if found.hooks else None)
    unread: list[str] = []
    if (folder / braindrive.FILE_NAME).is_file():
        try:
            package = braindrive.read(folder)
        except BadBundleError as error:
            unread.append(error.message)  # the other files may say enough
        else:
            more = _others(folder, package.manifest.version, version)
            return Description(
                package.manifest, "braindrive", package.application, more, tuple(package.unread)
            )
    return _from_notes(folder, slug, version, unread)


def _from_notes(
    folder: Path, slug: str | None, version: str | None, unread: list[str]
) -> Description:
    package = _package(folder)
    plugin, modules = next(_notes(folder), (dict[str, Any](), list[Any]()))
    plugin = {**_of_package(package), **{key: it for key, it in plugin.items() if it is not None}}
    plugin["plugin_slug"] = plugin.get("plugin_slug") or slug
    plugin["version"] = plugin.get("version") or version or _UNKNOWN
    named = str(plugin["plugin_slug"] or plugin.get("name") or "plugin")
    plugin["name"] = plugin.get("name") or named
    entry = _entry(plugin)
    plugin["bundle_location"] = entry
    plugin["scope"] = _scope_of(plugin, folder / entry, named)
    modules = [it for it in modules if isinstance(it, dict)] or _exposed(folder / entry, named)
    described = braindrive.described(plugin, [_module(it) for it in modules], {})
    for key in ("hooks", "dependencies"):  # of these files neither means what it does here
        described.pop(key, None)
    found = _validated(described, unread)
    application = braindrive.application(plugin)
    more = _others(folder, found.version, version)
    return Description(found, None, application, more, tuple(unread))


def _validated(described: Data, unread: list[str]) -> Manifest:
    """Return the manifest without what cannot stand in one and is not needed."""
    while True:
        try:
            return Manifest.model_validate(described)
        except ValidationError as error:
            problems = [f"{path}: {text}" for path, text in manifest.explain(error)]
            if not any(_without(described, item["loc"]) for item in error.errors()):
                told = "; ".join(problems[:5])
                raise BadBundleError("bad-manifest", told, problems=problems[:20]) from error
            unread += problems


def _without(described: Data, place: tuple[int | str, ...]) -> bool:
    """Leave out what stands in a place, if that is not needed; return whether it was there."""
    if place[0] not in _NEEDED:
        return described.pop(str(place[0]), None) is not None
    if place[0] == "modules" and len(place) > _IN_MODULE and place[_IN_MODULE] != "name":
        module: Data = described["modules"][place[1]]
        return module.pop(str(place[_IN_MODULE]), None) is not None
    return False


def _notes(folder: Path) -> Iterator[tuple[Data, list[Any]]]:
    """Yield what the files say that describe a plugin, the best first, in snake case."""
    noted = _read(folder / "plugin_metadata.json")
    if isinstance(noted.get("plugin_data"), dict):
        modules = noted.get("module_data")
        yield _snake(noted["plugin_data"]), modules if isinstance(modules, list) else []
    told = _read(folder / "plugin.json")
    if told:
        modules = told.get("modules")
        yield _snake(told), modules if isinstance(modules, list) else []


def _read(file: Path) -> Data:
    if not file.is_file():
        return {}
    try:
        found = metadata.read_json(file)
    except ValueError as error:
        raise BadBundleError("bad-manifest", f"{file.name}: is no JSON: {error}") from error
    return found if isinstance(found, dict) else {}


def _package(folder: Path) -> Data:
    try:
        return _read(folder / "package.json")
    except BadBundleError:
        return {}  # it only adds to what the others say


def _of_package(package: Data) -> Data:
    author = package.get("author")
    found = {key: package.get(key) for key in ("version", "description", "license", "homepage")}
    found["author"] = author.get("name") if isinstance(author, dict) else author
    return {key: value for key, value in found.items() if isinstance(value, str)}


def _snake(data: Mapping[str, Any]) -> Data:
    return {_snake_name(key): value for key, value in data.items()}


def _snake_name(key: str) -> str:
    return _LOWERCASE.get(key, _SNAKE.sub(lambda match: f"_{match[0]}", key).lower())


def _module(data: Mapping[str, Any]) -> Data:
    """Return a module with a name; older ones have an id only."""
    found = _snake(data)
    name = found.get("name") or found.get("id")
    if isinstance(name, str):
        found["name"] = re.sub(r"[^A-Za-z0-9_.$-]", "", name)
    return found


def _entry(plugin: Data) -> str:
    said = plugin.get("bundle_location")
    entry = said.removeprefix("./").lstrip("/") if isinstance(said, str) else ""
    return entry if entry and ".." not in entry.split("/") else _ENTRY


def _scope_of(plugin: Data, entry: Path, named: str) -> str:
    said = plugin.get("scope")
    if isinstance(said, str) and said:
        return said
    return _scope(entry) or _identifier(named)


def _scope(entry: Path) -> str | None:
    match = _SCOPE.search(_head(entry))
    return match[1].decode() if match else None


def _exposed(entry: Path, named: str) -> list[Data]:
    """Return the modules that a bundle exposes, or one of the plugin's name."""
    names = dict.fromkeys(match.decode() for match in _EXPOSED.findall(_head(entry)))
    return [{"name": name} for name in names] or [{"name": _identifier(named)}]


def _head(file: Path) -> bytes:
    if not file.is_file():
        return b""
    with file.open("rb") as stream:
        return stream.read(_LOOKED_AT)


def _identifier(name: str) -> str:
    text = _NO_IDENTIFIER.sub("_", name)[:128]
    return text if text[:1].isalpha() or text[:1] in {"_", "$"} else f"_{text}"[:128]


def _others(folder: Path, version: str, directory: str | None) -> dict[str, str]:
    """Return where a copy calls itself another version."""
    said: dict[str, Callable[[], object]] = {
        "plugin.json": lambda: _read(folder / "plugin.json").get("version"),
        "package.json": lambda: _package(folder).get("version"),
        "directory": lambda: directory,
    }
    found: dict[str, str] = {}
    for place, read in said.items():
        try:
            other = read()
        except BadBundleError:
            continue
        if isinstance(other, str) and other and metadata.plain_version(other) != version:
            found[place] = other[:64]
    return found
