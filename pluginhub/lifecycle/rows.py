"""The rows that go into a hook of an existing plugin, and the difference that comes out.

A hook gets this user's rows of this plugin and nothing else. What it answers is not trusted:
rows of other users or plugins refuse the whole, and what the server knows better (versions,
switches) is not taken from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pluginhub.database import plugin_rows, states
from pluginhub.database.connection import Connection
from pluginhub.errors import HookAnswerError
from pluginhub.lifecycle import application, columns
from pluginhub.models import Installation, ModuleSettings, User

Rows = dict[str, list[dict[str, Any]]]

# Settings of a module that are the user's, so they outlive an update.
_USERS_OWN = ("props", "config_fields", "layout", "priority")
_OWNERS = ("user_id", "creator_id")
_LONGEST_ID = 255


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an installation becomes by its hooks.

    Attributes:
        installation: As it is to be written.
        kept: Rows in tables of the application, by table; None leaves them as they are.
        states_removed: Ids of states that are gone.
        states_written: States that are new or changed.
    """

    installation: Installation
    kept: Rows | None = None
    states_removed: tuple[str, ...] = ()
    states_written: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class RowsIn:
    """What a hook gets.

    Attributes:
        tables: This user's rows of this plugin, by table.
    """

    user: User
    tables: Rows = field(default_factory=dict)


async def collect(connection: Connection, user: User, installation: Installation) -> RowsIn:
    """Return the rows that a hook of this installation gets."""
    stored = await states.of_plugin(connection, user.id, application.names_of(installation))
    kept = await plugin_rows.of_installation(connection, installation.id)
    return RowsIn(
        user,
        {
            **kept,
            "plugin_states": stored,
            "plugin": [
                application.to_text(application.plugin_row(installation), columns.PLUGIN_JSON)
            ],
            "module": [
                application.to_text(row, columns.MODULE_JSON)
                for row in application.module_rows(installation)
            ],
        },
    )


def difference(before: RowsIn, after: Installation, answer: Rows) -> Outcome:
    """Return what a hook's answer makes of an installation.

    Args:
        before: What the hook got.
        after: The installation as it would be without the hook.
        answer: Rows by table, as the hook left them.

    Raises:
        HookAnswerError: It wrote rows of another user or plugin.
    """
    _check_owner(answer, before.user, after)
    installation = replace(
        after,
        attributes=_attributes(after, answer.get("plugin", [])),
        modules=_modules(after, answer.get("module", [])),
    )
    stored = {row["id"]: row for row in before.tables.get("plugin_states", [])}
    left = {row["id"]: row for row in answer.get("plugin_states", [])}
    return Outcome(
        installation,
        kept={table: _one_each(answer.get(table, [])) for table in plugin_rows.TABLES},
        states_removed=tuple(sorted(stored.keys() - left.keys())),
        states_written=tuple(row for key, row in left.items() if row != stored.get(key)),
    )


def _one_each(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows without all but the last of those that share an id: the key is the plugin's."""
    return list({str(row["id"]): row for row in rows}.values())


def _attributes(after: Installation, rows: list[dict[str, Any]]) -> dict[str, Any]:
    kept = {key: value for key, value in after.attributes.items() if key == "id"}
    if not rows:
        return kept
    expected = application.plugin_row(replace(after, attributes={}))
    return {**kept, **application.changed(rows[0], expected, columns.PLUGIN_JSON)}


def _modules(after: Installation, rows: list[dict[str, Any]]) -> dict[str, ModuleSettings]:
    written = {str(row.get("name")): row for row in rows}
    found: dict[str, ModuleSettings] = {}
    for row in application.module_rows(replace(after, modules={})):
        name = row["name"]
        mine = after.modules.get(name, ModuleSettings())
        own = {
            key: value
            for key, value in mine.attributes.items()
            if key == "id" or (key in _USERS_OWN and value != mine.written.get(key))
        }
        news = application.changed(written.get(name, {}), row, columns.MODULE_JSON)
        settings = ModuleSettings(mine.enabled, {**news, **own}, news)
        if settings != ModuleSettings():
            found[name] = settings
    return found


def _check_owner(answer: Rows, user: User, installation: Installation) -> None:
    for table, rows in answer.items():
        if any(_is_foreign(table, row, user, installation) for row in rows):
            raise HookAnswerError(
                f"a hook of {installation.release} wrote a row of somebody else"
                f" into the table {table}",
                slug=installation.slug,
                version=installation.release.version,
                table=table,
            )


def _is_foreign(table: str, row: Mapping[str, Any], user: User, installation: Installation) -> bool:
    if table == "users":
        return False  # nothing of it is kept
    plugin = application.id_of(installation)
    if {row.get(name) for name in _OWNERS} - {None, "", user.id}:
        return True
    if table == "plugin":
        return row.get("id") != plugin or row.get("plugin_slug") != installation.slug
    if table == "module":
        return row.get("plugin_id") != plugin
    if table == "plugin_states":
        return row.get("plugin_id") not in application.names_of(installation) or not _named(row)
    return table in plugin_rows.TABLES and not _named(row)


def _named(row: Mapping[str, Any]) -> bool:
    name = row.get("id")
    return isinstance(name, str) and 0 < len(name) <= _LONGEST_ID
