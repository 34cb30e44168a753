"""Plugins that leave everything to the base class, and those that do without any class."""

from tests.packages.files import Files, package

_BASE_CLASS = """
import json
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from app.plugins.base_lifecycle_manager import BaseLifecycleManager

SLUG = "@SLUG@"


class NotesLifecycleManager(BaseLifecycleManager):
    def __init__(self, plugin_slug: str, version: str, shared_storage_path: Path):
        super().__init__(plugin_slug, version, shared_storage_path)
        self.plugin_data = {
            "name": f"The {SLUG}",
            "description": "Derives from the base class",
            "version": "@VERSION@",
            "scope": "@SCOPE@",
            "plugin_slug": SLUG,
            "type": "frontend",
        }
        self.module_data = [
            {"name": "Notes", "display_name": "Notes", "description": "Shows notes"},
        ]

    async def get_plugin_metadata(self):
        return self.plugin_data

    async def get_module_metadata(self):
        return self.module_data

    async def _perform_user_installation(self, user_id, db, shared_plugin_path):
        if not (Path(shared_plugin_path) / "dist" / "remoteEntry.js").is_file():
            return {"success": False, "error": f"no bundle in {shared_plugin_path}"}
        plugin_id = f"{user_id}_{self.plugin_slug}"
        now = datetime.now().isoformat()
        async with db.begin():
            await db.execute(
                text(
                    "INSERT INTO plugin (id, plugin_slug, name, version, scope, created_at, "
                    "user_id) VALUES (:id, :slug, :name, :version, :scope, :now, :user_id)"
                ),
                {
                    "id": plugin_id,
                    "slug": self.plugin_slug,
                    "name": self.plugin_data["name"],
                    "version": self.version,
                    "scope": self.plugin_data["scope"],
                    "now": now,
                    "user_id": user_id,
                },
            )
            for module in self.module_data:
                await db.execute(
                    text(
                        "INSERT INTO module (id, plugin_id, name, tags, user_id) "
                        "VALUES (:id, :plugin_id, :name, :tags, :user_id)"
                    ),
                    {
                        "id": f"{plugin_id}_{module['name']}",
                        "plugin_id": plugin_id,
                        "name": module["name"],
                        "tags": json.dumps([]),
                        "user_id": user_id,
                    },
                )
        return {"success": True, "plugin_id": plugin_id, "modules_created": ["Notes"]}

    async def _perform_user_uninstallation(self, user_id, db):
        plugin_id = f"{user_id}_{self.plugin_slug}"
        await db.execute(text("DELETE FROM module WHERE plugin_id = :id"), {"id": plugin_id})
        await db.execute(text("DELETE FROM plugin WHERE id = :id"), {"id": plugin_id})
        return {"success": True, "plugin_id": plugin_id}
"""

_FUNCTIONS = """
import datetime
from pathlib import Path

from sqlalchemy import text

plugin_data = {
    "name": "@SLUG@",
    "description": "Has functions only",
    "version": "@VERSION@",
    "scope": "@SCOPE@",
    "plugin_slug": "@SLUG@",
}
module_data = [{"name": "Main"}]


async def install_plugin(user_id, db, plugins_base_dir=None):
    target = Path(plugins_base_dir) / "shared" / "@SLUG@" / "v@VERSION@"
    target.mkdir(parents=True)
    (target / "installed").write_text("yes")
    now = datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S")
    plugin_id = f"{user_id}_@SLUG@"
    await db.execute(
        text(
            "INSERT INTO plugin (id, plugin_slug, name, version, created_at, user_id) "
            "VALUES (:id, '@SLUG@', '@SLUG@', '@VERSION@', :now, :user_id)"
        ),
        {"id": plugin_id, "now": now, "user_id": user_id},
    )
    await db.execute(
        text(
            "INSERT INTO module (id, plugin_id, name, user_id) "
            "VALUES (:id, :plugin_id, 'Main', :user_id)"
        ),
        {"id": f"{plugin_id}_Main", "plugin_id": plugin_id, "user_id": user_id},
    )
    return {"success": True, "plugin_id": plugin_id}


async def delete_plugin(user_id, db, plugins_base_dir=None):
    for table in ("module", "plugin"):
        await db.execute(
            text(f"DELETE FROM {table} WHERE user_id = :user_id"), {"user_id": user_id}
        )
    await db.commit()
    return {"success": True}


async def get_plugin_status(user_id, db, plugins_base_dir=None):
    found = await db.execute(
        text("SELECT id FROM plugin WHERE user_id = :user_id"), {"user_id": user_id}
    )
    if found.scalar_one_or_none() is None:
        return {"exists": False, "status": "not_installed"}
    there = (Path(plugins_base_dir) / "shared" / "@SLUG@" / "v@VERSION@" / "dist").is_dir()
    return {"exists": True, "status": "healthy" if there else "unhealthy"}


async def update_plugin(user_id, db, new_version_manager, plugins_base_dir=None):
    return {"success": True}
"""


def base_class(slug: str, version: str) -> Files:
    """Is made with slug, version and path, and has only what the base class demands."""
    return package(slug, version, _BASE_CLASS)


def functions(slug: str, version: str) -> Files:
    """Has functions in its module, and no class."""
    return package(slug, version, _FUNCTIONS)
