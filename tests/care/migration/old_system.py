"""Makes directories and databases of the old system."""

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ANN, BEN, CLEO = "a" * 32, "b" * 32, "c" * 32
DASHED = "cccccccc-cccc-cccc-cccc-cccccccccccc"  # CLEO as well

LIFECYCLE = """
class {name}LifecycleManager:
    def __init__(self, plugins_base_dir=None):
        raise SystemExit("nobody may run this")

    plugin_data = {{"name": "{name}", "version": "{version}", "plugin_slug": "{name}",
                   "scope": "{name}", "description": "d", "bundle_location": "dist/remoteEntry.js"}}
    module_data = [{{"name": "Face", "display_name": "Face"}}]
"""


def plugin_json(slug: str, version: str = "1.0.0", **more: Any) -> dict[str, Any]:
    """Return a ``plugin.json`` as the oldest plugins have it."""
    return {
        "id": slug,
        "name": f"The {slug}",
        "version": version,
        "description": "d",
        "scope": slug.replace("-", ""),
        "type": "frontend",
        "bundlemethod": "webpack",
        "bundlelocation": "frontend/dist/remoteEntry.js",
        "islocal": True,
        "icon": None,
        "modules": [
            {
                "id": "face",
                "name": "Face",
                "displayName": "Face",
                "requiredServices": {"theme": {"methods": ["x"], "version": "1"}},
                "configFields": {},
                "enabled": True,
            }
        ],
        **more,
    }


def oldest(slug: str = "Chat", version: str = "1.0.0", **more: Any) -> dict[str, str]:
    """Return the files of a plugin with a ``plugin.json``."""
    return {
        "plugin.json": json.dumps(plugin_json(slug, version, **more)),
        "frontend/dist/remoteEntry.js": f"var {slug.replace('-', '')}; // {version}",
    }


def template(slug: str = "Chat", version: str = "1.0.0", note: str = "") -> dict[str, str]:
    """Return the files of a plugin as the template's manager copied them."""
    data = {"name": slug, "version": version, "plugin_slug": slug, "scope": slug}
    noted = {"plugin_data": data, "module_data": [{"name": "Face"}]}
    return {
        "package.json": json.dumps({"name": slug.lower(), "version": version}),
        "plugin_metadata.json": json.dumps(noted),
        "dist/remoteEntry.js": f"var {slug}; // {version} {note}",
        "dist/lazy.js": "lazy();",
    }


def managed(slug: str = "Chat", version: str = "1.0.0") -> dict[str, str]:
    """Return the files of a package with a lifecycle manager."""
    return {
        "lifecycle_manager.py": LIFECYCLE.format(name=slug, version=version),
        "package.json": json.dumps({"name": slug.lower(), "version": version}),
        "dist/remoteEntry.js": f"var {slug}; // {version}",
    }


def put(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files below a directory, and return it."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    return folder


def content(root: Path) -> dict[str, bytes | str]:
    """Return everything below a directory: files with their bytes, the rest by its kind."""
    found: dict[str, bytes | str] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        else:
            found[name] = path.read_bytes() if path.is_file() else "directory"
    return found


def application(file: Path, **tables: list[dict[str, Any]]) -> Path:
    """Make a database of the old application with these rows."""
    connection = sqlite3.connect(file)
    for table, rows in tables.items():
        columns = list(dict.fromkeys(name for row in rows for name in row))
        connection.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
        for row in rows:
            marks = ", ".join("?" * len(row))
            names = ", ".join(row)
            connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", [*row.values()])
    connection.commit()
    connection.close()
    return file


def plugin_row(user: str, slug: str, version: str = "1.0.0", **more: Any) -> dict[str, Any]:
    """Return a row of the table ``plugin``."""
    return {
        "id": f"{user}_{slug.replace('-', '')}",
        "plugin_slug": slug,
        "user_id": user,
        "version": version,
        "enabled": 1,
        "created_at": "2025-03-01 10:00:00",
        "name": slug,
        "source_url": f"https://github.com/owner/{slug}",
        **more,
    }
