"""Plugins that keep settings: two families with shapes of answers of their own."""

from tests.packages.files import Files, package
from tests.packages.template import source

_DEFINITION = """
definition = "@SLUG@_settings".lower()
found = await db.execute(
    text("SELECT COUNT(*) AS count FROM settings_definitions WHERE id = :id"), {"id": definition}
)
if found.fetchone().count == 0:
    await db.execute(
        text(
            "INSERT INTO settings_definitions (id, name, description, category, type, "
            "default_value, allowed_scopes, validation, is_multiple, tags, created_at, updated_at) "
            "VALUES (:id, :name, :description, 'plugins', 'object', :default_value, :scopes, NULL, "
            ":is_multiple, :tags, :now, :now)"
        ),
        {
            "id": definition,
            "name": "@SLUG@ settings",
            "description": "Of version @VERSION@",
            "default_value": json.dumps({"theme": "dark"}),
            "scopes": json.dumps(["user"]),
            "is_multiple": False,
            "tags": json.dumps([]),
            "now": now,
        },
    )
await db.execute(
    text(
        "INSERT INTO settings_instances (id, definition_id, name, value, scope, user_id, page_id, "
        "created_at, updated_at) "
        "VALUES (:id, :definition, 'Default', :value, 'user', :user_id, NULL, :now, :now)"
    ),
    {
        "id": f"{definition}_@VERSION@",
        "definition": definition,
        "value": json.dumps({"theme": "dark", "made_by": "@VERSION@"}),
        "user_id": user_id,
        "now": now,
    },
)
"""
_DELETION = """
await db.execute(
    text("DELETE FROM settings_instances WHERE user_id = :user_id"), {"user_id": user_id}
)
"""
_STATUS = """
    async def get_plugin_status(self, user_id, db):
        result = await db.execute(
            text("SELECT * FROM plugin WHERE user_id = :user_id AND plugin_slug = '@SLUG@'"),
            {"user_id": user_id},
        )
        row = result.first()
        if row is None:
            return {"installed": False, "message": "Plugin not installed"}
        return {
            "installed": True,
            "plugin_id": row.id,
            "plugin_slug": row.plugin_slug,
            "plugin_name": row.name,
            "version": row.version,
        }
"""
_DATA = """
    async def _export_user_data(self, user_id, db):
        instances = await db.execute(
            text("SELECT name, value FROM settings_instances WHERE user_id = :user_id"),
            {"user_id": user_id},
        )
        return {"success": True, "data": {row[0]: row[1] for row in instances.fetchall()}}

    async def _import_user_data(self, user_id, db, user_data):
        for name, value in user_data["data"].items():
            changed = await db.execute(
                text("UPDATE settings_instances SET value = :value WHERE name = :name"),
                {"name": name, "value": value},
            )
            if changed.rowcount != 1:
                return {"success": False, "error": f"{changed.rowcount} settings {name}"}
        await db.commit()
        return {"success": True}
"""
_END_OF_CLASS = "\n\nasync def install"


def _source(*methods: str) -> str:
    whole = source(records=_DEFINITION, deletions=_DELETION)
    return whole.replace(_END_OF_CLASS, "".join(methods) + _END_OF_CLASS)


def settings(slug: str, version: str) -> Files:
    """Answers ``installed`` when asked for its status."""
    return package(slug, version, _source(_STATUS))


def ollama(slug: str, version: str) -> Files:
    """Exports ``data`` where others export ``user_data``, and imports it so."""
    return package(slug, version, _source(_STATUS, _DATA))
