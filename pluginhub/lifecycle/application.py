"""Installations as the application knows them: rows of its tables ``plugin`` and ``module``.

The existing frontend and the hooks of existing plugins read them (plugin-packages section 6).
"""

import contextlib
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from pluginhub.lifecycle import columns
from pluginhub.manifest import Module
from pluginhub.models import Installation, ModuleSettings

Row = dict[str, Any]

# Facts of the server that no plugin changes by writing to its row.
_OURS = frozenset(
    {
        "id",
        "user_id",
        "plugin_id",
        "plugin_slug",
        "version",
        "enabled",
        "last_updated",
        "created_at",
        "updated_at",
    }
)


def plugin_id(user_id: str, slug: str) -> str:
    """Return the id of a plugin's row."""
    return f"{user_id}_{slug}"


def module_id(user_id: str, slug: str, name: str) -> str:
    """Return the id of a module's row."""
    return f"{user_id}_{slug}_{name}"


def id_of(installation: Installation) -> str:
    """Return the id of an installation's row: as an older system gave it, or ours."""
    known = installation.attributes.get("id")
    return known or plugin_id(installation.user_id, installation.release.slug)


def module_id_of(installation: Installation, name: str) -> str:
    """Return the id of a module's row: as an older system gave it, or ours."""
    known = installation.modules.get(name, ModuleSettings()).attributes.get("id")
    return known or module_id(installation.user_id, installation.release.slug, name)


def names_of(installation: Installation) -> tuple[str, ...]:
    """Return the names by which frontends speak of a plugin when they store its states."""
    ours = plugin_id(installation.user_id, installation.release.slug)
    return tuple(dict.fromkeys((id_of(installation), ours, installation.release.slug)))


def plugin_row(installation: Installation) -> Row:
    """Return the row of an installation; JSON columns hold values, not text."""
    release, manifest = installation.release, installation.release.manifest
    known = {name: value for name, value in release.application.items() if name in columns.DEFAULTS}
    row = {
        **columns.DEFAULTS,
        "source_type": release.source_type,
        "source_url": release.source_url,
        **({"compatibility": manifest.requires.host} if manifest.requires.host else {}),
        **{name: value for name, value in known.items() if value is not None},
        "name": manifest.name,
        "description": manifest.description,
        "icon": manifest.icon,
        "category": manifest.category,
        "author": manifest.author,
        "scope": manifest.scope,
        "bundle_location": manifest.entry,
        "permissions": manifest.permissions,
        **installation.attributes,
        "id": id_of(installation),
        "user_id": installation.user_id,
        "plugin_slug": release.slug,
        "version": release.version,
        "enabled": installation.enabled,
        "last_updated": _text(installation.updated_at),
        "created_at": _text(installation.installed_at),
        "updated_at": _text(installation.updated_at),
    }
    # Without one, frontends offer neither update nor removal.
    return {**row, "source_url": row["source_url"] or release.source_url}


def declared(package: Mapping[str, Any]) -> Row:
    """Return the columns that a package declares of itself and that frontends can read."""
    return {
        name: value
        for name, value in package.items()
        if name in columns.DEFAULTS and value is not None and columns.fits(name, value)
    }


def module_rows(installation: Installation) -> list[Row]:
    """Return the rows of an installation's modules, in the order of the manifest."""
    return [_module_row(installation, module) for module in installation.release.manifest.modules]


def to_text(row: Row, json_columns: Iterable[str]) -> Row:
    """Return a row as the application's database holds it, with JSON as text."""
    return {**row, **{name: json.dumps(row[name]) for name in json_columns}}


def changed(
    row: Mapping[str, Any], expected: Mapping[str, Any], json_columns: Iterable[str]
) -> Row:
    """Return what differs in a row that a hook wrote from the row that was expected.

    Args:
        row: As it stands in the database, with JSON as text.
        expected: With JSON as values.
        json_columns: Names of columns that hold JSON.
    """
    json_names = frozenset(json_columns)
    values = {
        name: _decoded(row[name], is_json=name in json_names, is_boolean=name in columns.BOOLEANS)
        for name in expected.keys() & row.keys() - _OURS
        if row[name] is not None  # which says nothing
    }
    # Empty text, an empty list and NULL say the same.
    return {
        name: value
        for name, value in values.items()
        if (value or None) != (expected[name] or None) and columns.fits(name, value)
    }


def _module_row(installation: Installation, module: Module) -> Row:
    settings = installation.modules.get(module.name, ModuleSettings())
    return {
        **module.model_dump(),
        **settings.attributes,
        "id": module_id_of(installation, module.name),
        "plugin_id": id_of(installation),
        "user_id": installation.user_id,
        "name": module.name,
        "enabled": settings.enabled,
        "created_at": _text(installation.installed_at),
        "updated_at": _text(installation.updated_at),
    }


def _decoded(value: Any, *, is_json: bool, is_boolean: bool) -> Any:
    if is_boolean:
        return bool(value)
    if is_json and isinstance(value, str):
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(value)
    return value


def _text(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
