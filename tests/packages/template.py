"""The family that most plugins belong to: written from one template, with small differences."""

from tests.packages.files import Files, package

_HEAD = '''
#!/usr/bin/env python3
"""@SLUG@ lifecycle manager."""

import datetime
import json
import os
import shutil
from pathlib import Path
from typing import Any, Dict, List, Optional

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

logger = structlog.get_logger()

try:
    from app.plugins.base_lifecycle_manager import BaseLifecycleManager
except ImportError:
    from datetime import datetime

    class BaseLifecycleManager:
        def __init__(self, plugin_slug, version, shared_storage_path):
            self.plugin_slug = plugin_slug
            self.version = version
            self.shared_path = shared_storage_path
            self.active_users = set()


class PluginLifecycleManager(BaseLifecycleManager):
    """Install, update and delete the plugin."""

    def __init__(self, plugins_base_dir: Optional[str] = None):
        self.plugin_data = {
            "name": "@SLUG@",
            "description": "A plugin of the template family",
            "version": "@VERSION@",
            "type": "frontend",
            "icon": "Puzzle",
            "category": "utilities",
            "official": True,
            "author": "BrainDrive Team",
            "compatibility": "1.0.0",
            "scope": "@SCOPE@",
            "bundle_method": "webpack",
            "bundle_location": "dist/remoteEntry.js",
            "is_local": False,
            "long_description": "A plugin that shows what plugins of the template do.",
            "plugin_slug": "@SLUG@",
            "source_type": "github",
            "source_url": "https://example.org/@SLUG@",
            "update_check_url": "https://example.org/@SLUG@/releases/latest",
            "last_update_check": None,
            "update_available": False,
            "latest_version": None,
            "installation_type": "remote",
            "permissions": ["storage.read", "api.access"],  # more data
        }
        self.module_data = [
            {
                "name": "Main",
                "display_name": "Main view",
                "description": "Shows things",
                "icon": "Layout",
                "category": "utilities",
                "priority": 1,
                "props": {"title": "Things"},
                "config_fields": {
                    "refresh": {"type": "number", "description": "Seconds", "default": 30}
                },
                "messages": {"sends": [], "receives": []},
                "required_services": {"api": {"methods": ["get"], "version": "1.0.0"}},
                "dependencies": [],
                "layout": {"minWidth": 2, "minHeight": 2, "defaultWidth": 6, "defaultHeight": 4},
                "tags": ["things"],
            },
            {
                "name": "Small",
                "display_name": "Small view",
                "description": "Shows fewer things",
                "icon": "Square",
                "category": "utilities",
                "priority": 2,
                "props": {},
                "config_fields": {},
                "messages": {},
                "required_services": {},
                "dependencies": [],
                "layout": {},
                "tags": [],
            },
        ]
        if plugins_base_dir:
            shared_path = (
                Path(plugins_base_dir)
                / "shared"
                / self.plugin_data["plugin_slug"]
                / f"v{self.plugin_data['version']}"
            )
        else:
            shared_path = Path(__file__).parent.parent.parent / "backend" / "plugins" / "shared"
        super().__init__(
            plugin_slug=self.plugin_data["plugin_slug"],
            version=self.plugin_data["version"],
            shared_storage_path=shared_path,
        )

    @property
    def PLUGIN_DATA(self):
        return self.plugin_data

    @property
    def MODULE_DATA(self):
        return self.module_data
'''

_HOOKS = """
    async def get_plugin_metadata(self) -> Dict[str, Any]:
        return self.plugin_data

    async def get_module_metadata(self) -> List[Dict[str, Any]]:
        return self.module_data

    async def install_plugin(self, user_id: str, db: AsyncSession) -> Dict[str, Any]:
        try:
            existing = await self._check_existing_plugin(user_id, db)
            if existing["exists"]:
                return {
                    "success": False,
                    "error": "Plugin already installed for user",
                    "plugin_id": existing["plugin_id"],
                }
            self.shared_path.mkdir(parents=True, exist_ok=True)
            copied = await self._copy_plugin_files_impl(user_id, self.shared_path)
            if not copied["success"]:
                return copied
            result = await self.install_for_user(user_id, db, self.shared_path)
            if not result.get("success"):
                return result
            verify = await self._check_existing_plugin(user_id, db)
            if not verify["exists"]:
                return {"success": False, "error": "Verification failed"}
            result.update(
                {
                    "plugin_directory": str(self.shared_path),
                    "files_copied": copied["copied_files"],
                    "installed_at": datetime.datetime.now(),
                }
            )
            return result
        except Exception as e:
            await db.rollback()
            return {"success": False, "error": f"Installation failed: {e}"}

    async def delete_plugin(self, user_id: str, db: AsyncSession) -> Dict[str, Any]:
        existing = await self._check_existing_plugin(user_id, db)
        if not existing["exists"]:
            return {"success": False, "error": "Plugin not found for user"}
        return await self.uninstall_for_user(user_id, db)

    async def _perform_user_installation(self, user_id, db, shared_plugin_path):
        return await self._create_database_records(user_id, db)

    async def _perform_user_uninstallation(self, user_id, db):
        existing = await self._check_existing_plugin(user_id, db)
        return await self._delete_database_records(user_id, existing["plugin_id"], db)

    async def get_plugin_status(self, user_id: str, db: AsyncSession) -> Dict[str, Any]:
        existing = await self._check_existing_plugin(user_id, db)
        if not existing["exists"]:
            return {"exists": False, "status": "not_installed"}
        entry = self.shared_path / self.plugin_data["bundle_location"]
        healthy = entry.is_file()
        return {
            "exists": True,
            "status": "healthy" if healthy else "unhealthy",
            "plugin_id": existing["plugin_id"],
            "plugin_info": existing["plugin_info"],
            "health_details": {"bundle_exists": healthy},
        }

    async def _check_existing_plugin(self, user_id, db):
        query = text(
            "SELECT id, name, version, enabled, created_at, updated_at FROM plugin "
            "WHERE user_id = :user_id AND plugin_slug = :plugin_slug"
        )
        result = await db.execute(
            query, {"user_id": user_id, "plugin_slug": self.plugin_data["plugin_slug"]}
        )
        row = result.fetchone()
        if row is None:
            return {"exists": False}
        return {
            "exists": True,
            "plugin_id": row.id,
            "plugin_info": {"id": row.id, "name": row.name, "version": row.version},
        }

    async def _copy_plugin_files_impl(self, user_id, target_dir, update=False):
        source = Path(__file__).parent
        left_out = {"node_modules", ".git", "__pycache__", "package-lock.json"}
        copied = []
        for item in source.iterdir():
            if item.name in left_out:
                continue
            if item.is_dir():
                shutil.copytree(item, target_dir / item.name, dirs_exist_ok=True)
            else:
                shutil.copy2(item, target_dir / item.name)
            copied.append(item.name)
        return {"success": True, "copied_files": copied}
"""

_RECORDS = '''
    async def _create_database_records(self, user_id, db):
        try:
            now = datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S")
            plugin_id = f"{user_id}_{self.plugin_data['plugin_slug']}"
            await db.execute(
                text(
                    """INSERT INTO plugin
                    (id, name, description, version, type, enabled, icon, category, status,
                     official, author, last_updated, compatibility, downloads, scope,
                     bundle_method, bundle_location, is_local, long_description, plugin_slug,
                     source_type, source_url, update_check_url, last_update_check,
                     update_available, latest_version, installation_type, permissions,
                     config_fields, created_at, updated_at, user_id)
                    VALUES
                    (:id, :name, :description, :version, :type, :enabled, :icon, :category,
                     :status, :official, :author, :last_updated, :compatibility, :downloads,
                     :scope, :bundle_method, :bundle_location, :is_local, :long_description,
                     :plugin_slug, :source_type, :source_url, :update_check_url,
                     :last_update_check, :update_available, :latest_version,
                     :installation_type, :permissions, :config_fields, :created_at,
                     :updated_at, :user_id)"""
                ),
                {
                    **self.plugin_data,
                    "id": plugin_id,
                    "enabled": True,
                    "status": "activated",
                    "downloads": 0,
                    "permissions": json.dumps(self.plugin_data["permissions"]),
                    "config_fields": json.dumps({}),
                    "last_updated": now,
                    "created_at": now,
                    "updated_at": now,
                    "user_id": user_id,
                },
            )
            modules = []
            for module in self.module_data:
                module_id = f"{user_id}_{self.plugin_data['plugin_slug']}_{module['name']}"
                await db.execute(
                    text(
                        """INSERT INTO module
                        (id, plugin_id, name, display_name, description, icon, category,
                         enabled, priority, props, config_fields, messages,
                         required_services, dependencies, layout, tags, created_at,
                         updated_at, user_id)
                        VALUES
                        (:id, :plugin_id, :name, :display_name, :description, :icon,
                         :category, :enabled, :priority, :props, :config_fields, :messages,
                         :required_services, :dependencies, :layout, :tags, :created_at,
                         :updated_at, :user_id)"""
                    ),
                    {
                        "id": module_id,
                        "plugin_id": plugin_id,
                        "name": module["name"],
                        "display_name": module["display_name"],
                        "description": module["description"],
                        "icon": module["icon"],
                        "category": module["category"],
                        "enabled": True,
                        "priority": module["priority"],
                        "props": json.dumps(module["props"]),
                        "config_fields": json.dumps(module["config_fields"]),
                        "messages": json.dumps(module["messages"]),
                        "required_services": json.dumps(module["required_services"]),
                        "dependencies": json.dumps(module["dependencies"]),
                        "layout": json.dumps(module["layout"]),
                        "tags": json.dumps(module["tags"]),
                        "created_at": now,
                        "updated_at": now,
                        "user_id": user_id,
                    },
                )
                modules.append(module_id)
            # more records
            await db.commit()
            # after the commit
            return {
                "success": True,
                "plugin_id": plugin_id,
                "plugin_slug": self.plugin_data["plugin_slug"],
                "plugin_name": self.plugin_data["name"],
                "modules_created": modules,
            }
        except Exception as e:
            await db.rollback()
            return {"success": False, "error": str(e)}

    async def _delete_database_records(self, user_id, plugin_id, db):
        try:
            deleted = await db.execute(
                text("DELETE FROM module WHERE plugin_id = :plugin_id AND user_id = :user_id"),
                {"plugin_id": plugin_id, "user_id": user_id},
            )
            removed = await db.execute(
                text("DELETE FROM plugin WHERE id = :plugin_id AND user_id = :user_id"),
                {"plugin_id": plugin_id, "user_id": user_id},
            )
            if removed.rowcount == 0:
                await db.rollback()
                return {"success": False, "error": "No plugin found to delete"}
            # more deletions
            await db.commit()
            return {
                "success": True,
                "plugin_id": plugin_id,
                "deleted_modules": deleted.rowcount,
            }
        except Exception as e:
            await db.rollback()
            return {"success": False, "error": str(e)}
'''

_MOVE = """
    async def _export_user_data(self, user_id, db):
        plugin_id = f"{user_id}_{self.plugin_data['plugin_slug']}"
        plugin = await db.execute(
            text("SELECT config_fields, enabled FROM plugin WHERE id = :id"), {"id": plugin_id}
        )
        row = plugin.fetchone()
        modules = await db.execute(
            text("SELECT name, config_fields, enabled FROM module WHERE plugin_id LIKE :pattern"),
            {"pattern": f"{plugin_id}_%"},
        )
        return {
            "success": True,
            "user_data": {
                "plugin_config": dict(row._mapping) if row else {},
                "modules_config": [dict(found._mapping) for found in modules.fetchall()],
                "export_timestamp": datetime.datetime.now().isoformat(),
            },
        }

    async def _import_user_data(self, user_id, db, user_data):
        plugin_config = user_data.get("plugin_config", {})
        if plugin_config:
            await db.execute(
                text(
                    "UPDATE plugin SET config_fields = :config_fields, enabled = :enabled "
                    "WHERE id = :id"
                ),
                {**plugin_config, "id": f"{user_id}_{self.plugin_data['plugin_slug']}"},
            )
        await db.commit()
        return {"success": True}


async def install_plugin(user_id, db, plugins_base_dir=None):
    return await PluginLifecycleManager(plugins_base_dir).install_plugin(user_id, db)


async def delete_plugin(user_id, db, plugins_base_dir=None):
    return await PluginLifecycleManager(plugins_base_dir).delete_plugin(user_id, db)
"""

SOURCE = _HEAD + _HOOKS + _RECORDS + _MOVE


def source(*, data: str = "", records: str = "", deletions: str = "", end: str = "") -> str:
    """Return a lifecycle manager of the template.

    Args:
        data: More lines of ``plugin_data``.
        records: Statements before the commit of an installation, with ``db`` and ``user_id``.
        deletions: Statements before the commit of a removal.
        end: Statements after the commit of an installation.
    """
    return (
        SOURCE.replace("  # more data", f"\n{_indented(data)}")
        .replace("            # more records\n", _indented(records))
        .replace("            # more deletions\n", _indented(deletions))
        .replace("            # after the commit\n", _indented(end))
    )


def _indented(lines: str) -> str:
    return "".join(f"{' ' * 12}{line}\n" for line in lines.strip("\n").splitlines())


def template(slug: str, version: str) -> Files:
    """As it comes from the template."""
    return package(slug, version, source())


def values(slug: str, version: str) -> Files:
    """Writes all kinds of values that a database takes."""
    records = """
await db.execute(
    text(
        "INSERT INTO plugin_states (id, user_id, plugin_id, state_key, state_data, state_size, "
        "is_active, last_accessed, ttl_expires_at) VALUES "
        "(:id, :user_id, :plugin_id, :key, :data, :size, :active, :accessed, :expires)"
    ),
    {
        "id": f"{plugin_id}_state",
        "user_id": user_id,
        "plugin_id": plugin_id,
        "key": None,
        "data": json.dumps({"deep": [1, None, True]}),
        "size": 1.5,
        "active": False,
        "accessed": datetime.datetime(2024, 5, 6, 7, 8, 9),
        "expires": "2024-05-06 07:08:09",
    },
)
"""
    return package(slug, version, source(records=records))


def non_literal(slug: str, version: str) -> Files:
    """One value in its data is computed."""
    data = '"config_fields": {"home": {"default": os.environ.get("HOME", "")}, "kept": 1},'
    return package(slug, version, source(data=data))


def synchronous(slug: str, version: str) -> Files:
    """Some methods are plain ones."""
    more = """
    def get_plugin_status(self, user_id, db, verbose=False):
        return {"exists": True, "status": "healthy", "plugin_id": f"{user_id}_@SLUG@"}

    def _export_user_data(self, user_id, db):
        return {"success": True, "user_data": {"plugin_config": {}, "who": user_id}}

    def delete_plugin(self, user_id, db):
        return self.uninstall_for_user(user_id, db)
"""
    return package(
        slug, version, SOURCE.replace("\n\nasync def install", f"{more}\n\nasync def install")
    )


def disagreeing(slug: str, version: str) -> Files:
    """``package.json`` has another version."""
    return package(slug, version, source(), package_version="9.9.9")


def writing(slug: str, version: str) -> Files:
    """Writes beside its own source."""
    end = """
own = Path(__file__)
own.with_name("installed.json").write_text(json.dumps({"user": user_id}))
own.write_text("# overwritten")
(own.parent / "dist" / "remoteEntry.js").unlink()
"""
    return package(slug, version, source(end=end))


def unbuilt(slug: str, version: str) -> Files:
    """Has no file that a frontend could load."""
    return package(slug, version, source(), entry=False)


def odd_names(slug: str, version: str) -> Files:
    """Has files with names that make trouble."""
    return {
        **template(slug, version),
        "docs/User guide (draft) #2.md": b"# Guide\n",
        "src/Ünïcode view.tsx": "export const größe = 1;\n".encode(),
        "__pycache__/lifecycle_manager.cpython-311.pyc": b"\x00old bytecode",
        ".gitignore": b"node_modules\n",
        "@SLUG@-v0.9.0.tar.gz".replace("@SLUG@", slug): b"\x1f\x8b an older archive",
    }


def refusing(slug: str, version: str) -> Files:
    """Says after its own commit that it did not succeed."""
    end = 'return {"success": False, "error": "The service did not answer"}'
    return package(slug, version, source(end=end))


def raising(slug: str, version: str) -> Files:
    """Raises after its own commit, past all that catches exceptions."""
    more = """
    async def install_plugin(self, user_id, db):
        await self._create_database_records(user_id, db)
        raise RuntimeError("broken on purpose")
"""
    return package(
        slug, version, SOURCE.replace("\n\nasync def install", f"{more}\n\nasync def install")
    )
