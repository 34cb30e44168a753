"""Check: everything that there is to say of a bundle before it is published."""

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pluginhub import manifest
from pluginhub.authoring import described, package
from pluginhub.authoring.contents import Contents, opened
from pluginhub.authoring.findings import Finding, Severity
from pluginhub.storage import braindrive, bundle, media_types

_ENTRY = "dist/remoteEntry.js"
_IMAGES = (".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".ico")
_MOST_NAMES = 8  # in one line
_READ_BY_US = {manifest.FILE_NAME, braindrive.FILE_NAME}


def check(source: Path) -> list[Finding]:
    """Return what there is to say of a bundle, what matters most first; blocks.

    It is read as publishing reads it, but to its end; nothing in it is executed.

    Args:
        source: A zip, tar or tar.gz file, or a directory.

    Raises:
        OSError: It cannot be read.
    """
    with opened(source) as contents:
        found = [*contents.found, *_of_description(contents), *_of_files(contents)]
    return sorted(dict.fromkeys(found), key=lambda each: each.order)


def _of_description(contents: Contents) -> Iterator[Finding]:
    if manifest.FILE_NAME in contents.files:
        yield from _of_manifest(contents)
    elif braindrive.FILE_NAME in contents.files:
        said, found = package.read(contents.root)
        yield from found
        yield from _of_entry(said, contents, braindrive.FILE_NAME)
    else:
        yield Finding(
            "bundle-no-manifest",
            "error",
            f"there is neither {manifest.FILE_NAME} nor {braindrive.FILE_NAME}"
            " at the top of the bundle",
        )


def _of_manifest(contents: Contents) -> Iterator[Finding]:
    name = manifest.FILE_NAME
    if contents.files[name] > bundle.MAX_MANIFEST:
        message = f"is larger than {bundle.MAX_MANIFEST} bytes"
        yield Finding("bundle-bad-manifest", "error", message, name)
        return
    raw = (contents.root / name).read_bytes()
    said, found = described.read(raw)
    yield from found
    if said:
        for code, path, message in _of_references(said, contents):
            severity: Severity = "error" if code == "bundle-bad-manifest" else "warning"
            place = described.place_of(raw, path)
            yield Finding(code, severity, f"{path}: {message}", name, *place)
        yield from _of_hooks(said, contents)
        yield from _of_entry(said, contents, name)


def _of_references(said: Mapping[str, Any], contents: Contents) -> Iterator[tuple[str, str, str]]:
    """Yield code, path and message of every file that a manifest names and that is not there."""
    hooks = said.get("hooks")
    if isinstance(hooks, str) and hooks not in contents.files:
        yield "bundle-bad-manifest", "hooks", f"the bundle has no {hooks!r}"
    icons = {"icon": said.get("icon")}
    for number, module in enumerate(_modules(said)):
        icons[f"modules[{number}].icon"] = module.get("icon")
    for path, icon in icons.items():
        if (
            isinstance(icon, str)
            and _is_file(icon)
            and icon.removeprefix("./") not in contents.files
        ):
            yield "icon-missing", path, f"the bundle has no {icon!r}"


def _is_file(icon: str) -> bool:
    """Return whether an icon is a file of the bundle, and neither a name nor an address."""
    return icon.lower().endswith(_IMAGES) and ":" not in icon and not icon.startswith("/")


def _of_hooks(said: Mapping[str, Any], contents: Contents) -> Iterator[Finding]:
    hooks = said.get("hooks")
    if not isinstance(hooks, str) or hooks not in contents.files:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse((contents.root / hooks).read_bytes())
    except SyntaxError as error:
        yield Finding("hooks-syntax", "error", f"{error.msg}", hooks, error.lineno, error.offset)
    except (ValueError, RecursionError, MemoryError) as error:
        yield Finding("hooks-syntax", "error", f"is no Python: {error}", hooks)


def _of_entry(said: Mapping[str, Any], contents: Contents, told_by: str) -> Iterator[Finding]:
    entry = said.get("entry", _ENTRY)
    if not isinstance(entry, str):
        return
    if entry not in contents.files:
        message = f"entry: the bundle has no {entry!r}, so no page can load it; was it built?"
        yield Finding("entry-missing", "error", message, told_by)
        return
    if media_types.of(entry) is None:
        message = f"entry: {entry!r} is not served: files of its kind never are"
        yield Finding("entry-not-served", "error", message, told_by)
    code = (contents.root / entry).read_text(encoding="utf-8", errors="replace")
    for module in _modules(said):
        name = module.get("name")
        if isinstance(name, str) and not _names_module(code, name):
            message = f"does not seem to expose the module {name}"
            yield Finding("module-not-exposed", "warning", message, entry)


def _names_module(code: str, name: str) -> bool:
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", code) is not None


def _modules(said: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    modules = said.get("modules")
    return [it for it in modules if isinstance(it, dict)] if isinstance(modules, list) else []


def _of_files(contents: Contents) -> Iterator[Finding]:
    hidden = [
        path
        for path in contents.files
        if media_types.of(path) is None
        and path not in _READ_BY_US
        and PurePosixPath(path).suffix != ".py"
    ]
    if hidden:
        message = f"kept and never served, by their kind: {_names(hidden)}"
        yield Finding("not-served", "note", message)
    if contents.left_out:
        message = f"no part of the release, by their names: {_names(contents.left_out)}"
        yield Finding("left-out", "note", message)
    size = sum(contents.files.values())
    yield Finding("size", "note", f"{len(contents.files)} files, {size} bytes")


def _names(found: list[str] | set[str]) -> str:
    shown = sorted(found)
    more = len(shown) - _MOST_NAMES
    return ", ".join(shown[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
