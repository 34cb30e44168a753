"""The tables that existing plugins expect, in a database that holds one user's rows.

Columns are those of BrainDrive; those for JSON, times and flags have no type, so that values
come out as plugins put them in.
"""

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

from pluginhub.errors import HookAnswerError

Rows = dict[str, list[dict[str, Any]]]

# The rows of a plugin that an installation makes anew, and the rows that outlive it.
OF_A_RELEASE = ("plugin", "module", "plugin_service_runtime")
OF_THE_USER = ("settings_definitions", "settings_instances", "pages", "plugin_states")
KEPT = (*OF_A_RELEASE, *OF_THE_USER)

_SCHEMA = """
CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY, username TEXT, email TEXT, full_name TEXT,
    is_active DEFAULT 1, is_verified DEFAULT 1, created_at, updated_at);

CREATE TABLE plugin (
    id TEXT NOT NULL PRIMARY KEY, plugin_slug TEXT, name TEXT, description TEXT, version TEXT,
    type TEXT DEFAULT 'frontend', plugin_type TEXT DEFAULT 'frontend', enabled DEFAULT 1,
    icon TEXT, category TEXT, status TEXT DEFAULT 'activated', official,
    author TEXT, last_updated, compatibility TEXT DEFAULT '1.0.0',
    downloads DEFAULT 0, scope TEXT, bundle_method TEXT, bundle_location TEXT,
    is_local DEFAULT 0, long_description TEXT, source_type TEXT, source_url TEXT,
    update_check_url TEXT, last_update_check, update_available DEFAULT 0, latest_version TEXT,
    installation_type TEXT DEFAULT 'local', permissions, config_fields, messages, dependencies,
    required_services_runtime, endpoints_file TEXT, route_prefix TEXT, backend_dependencies,
    created_at, updated_at, user_id TEXT, UNIQUE (user_id, plugin_slug));

CREATE TABLE module (
    id TEXT NOT NULL, plugin_id TEXT NOT NULL, name TEXT, display_name TEXT, description TEXT,
    icon TEXT, category TEXT, enabled DEFAULT 1, priority DEFAULT 0, props, config_fields,
    messages, required_services, dependencies, layout, tags, created_at, updated_at,
    user_id TEXT, PRIMARY KEY (id, plugin_id));

CREATE TABLE plugin_service_runtime (
    id TEXT NOT NULL PRIMARY KEY, plugin_id TEXT, plugin_slug TEXT, name TEXT, source_url TEXT,
    type TEXT, install_command TEXT, start_command TEXT, stop_command TEXT,
    restart_command TEXT, healthcheck_url TEXT, definition_id TEXT, required_env_vars,
    runtime_dir_key TEXT, env_inherit, env_overrides, status TEXT DEFAULT 'pending',
    created_at, updated_at, user_id TEXT);

CREATE TABLE settings_definitions (
    id TEXT NOT NULL PRIMARY KEY, name TEXT, description TEXT, category TEXT, type TEXT,
    default_value, allowed_scopes, validation, is_multiple DEFAULT 0, tags, created_at,
    updated_at);

CREATE TABLE settings_instances (
    id TEXT NOT NULL PRIMARY KEY, definition_id TEXT, name TEXT, value, scope TEXT,
    user_id TEXT, page_id TEXT, created_at, updated_at);

CREATE TABLE pages (
    id TEXT NOT NULL PRIMARY KEY, name TEXT, route TEXT, parent_route TEXT, parent_type TEXT,
    is_parent_page DEFAULT 0, content, creator_id TEXT, is_published DEFAULT 0, publish_date,
    backup_date, description TEXT, icon TEXT, navigation_route_id TEXT, created_at, updated_at,
    UNIQUE (route, creator_id));

CREATE TABLE plugin_states (
    id TEXT NOT NULL PRIMARY KEY, user_id TEXT, plugin_id TEXT, page_id TEXT, state_key TEXT,
    state_data, state_schema_version, state_strategy, compression_type, state_size,
    last_accessed, access_count, ttl_expires_at, is_active DEFAULT 1, version, device_id,
    sync_status, created_at, updated_at);
"""
_MOST_ROWS = 1000  # of a table
# By what else than its id a row of the user is the same row.
_NATURAL_KEYS = {
    "settings_instances": ("definition_id", "name", "page_id", "user_id"),
    "pages": ("route", "creator_id"),
    "plugin_states": ("user_id", "plugin_id", "page_id", "state_key", "device_id"),
}


def create(connection: sqlite3.Connection) -> None:
    """Create the tables, empty."""
    connection.executescript(_SCHEMA)


def fill(connection: sqlite3.Connection, rows: Mapping[str, Iterable[dict[str, Any]]]) -> None:
    """Insert rows and commit; tables and columns that are not there are left out.

    Args:
        connection: A database with the tables.
        rows: By table; values of JSON are stored as their text.
    """
    for table in (*KEPT, "users"):
        columns = _columns(connection, table)
        for row in rows.get(table, ()) if columns else ():
            _insert(connection, table, {name: row[name] for name in columns if name in row})
    connection.commit()


def dump(connection: sqlite3.Connection) -> Rows:
    """Return all rows by table, in the order in which they were made.

    The table ``users`` is there to be read, and is not among them.

    Raises:
        HookAnswerError: A value is no text, number or null, or a table has too many rows.
    """
    return {table: _dump(connection, table) for table in KEPT}


def take_over(connection: sqlite3.Connection, rows: Mapping[str, Iterable[dict[str, Any]]]) -> None:
    """Put the rows that a user had back in, in place of those that an installation made.

    What a setting is stays as the new release defines it; what it is set to is the user's.

    Args:
        connection: A database in which a plugin was installed anew.
        rows: What the user had; only tables whose rows outlive an installation are read.
    """
    kept = {table: rows.get(table, ()) for table in OF_THE_USER if _columns(connection, table)}
    for table, natural in _NATURAL_KEYS.items():
        for row in kept.get(table, ()):
            _delete(connection, table, row, ("id",))
            _delete(connection, table, row, natural)
    if definitions := kept.get("settings_definitions"):
        kept["settings_definitions"] = _without_fresh(connection, definitions)
    fill(connection, kept)


def _without_fresh(
    connection: sqlite3.Connection, definitions: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the definitions of settings that the installation did not make anew."""
    found = connection.execute("SELECT id FROM settings_definitions").fetchall()
    fresh = {key for (key,) in found}
    return [row for row in definitions if row.get("id") not in fresh]


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns that a table should have and has: a plugin may have changed it."""
    return [name for name in _names(connection, table) if name in _KNOWN[table]]


def _names(connection: sqlite3.Connection, table: str) -> list[str]:
    found = connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
    return [name for (name,) in found]


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    values = [
        json.dumps(value) if isinstance(value, dict | list) else value for value in row.values()
    ]
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)  # noqa: S608


def _delete(
    connection: sqlite3.Connection, table: str, row: dict[str, Any], key: tuple[str, ...]
) -> None:
    same = " AND ".join(f"{name} IS ?" for name in key)
    values = [row.get(name) for name in key]
    connection.execute(f"DELETE FROM {table} WHERE {same}", values)  # noqa: S608


def _dump(connection: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    columns = _columns(connection, table)
    if not columns:
        return []
    found = connection.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608
    rows = [dict(zip(columns, values, strict=True)) for values in found.fetchmany(_MOST_ROWS + 1)]
    if len(rows) > _MOST_ROWS:
        raise HookAnswerError(f"{table} holds more than {_MOST_ROWS} rows")
    for name, value in (item for row in rows for item in row.items()):
        if isinstance(value, bytes) or (isinstance(value, float) and not math.isfinite(value)):
            raise HookAnswerError(f"{table}.{name} holds a value that is not JSON")
    return rows


def _schema() -> dict[str, frozenset[str]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        create(connection)
        return {table: frozenset(_names(connection, table)) for table in (*KEPT, "users")}


_KNOWN = _schema()
