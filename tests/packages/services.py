"""Plugins that bring services or pages, or look into the database itself."""

from tests.packages.files import Files, fill_in, package
from tests.packages.template import source

_RAG = '''
"""The manager itself is in community_lifecycle_manager.py."""

from pathlib import Path

import structlog
from sqlalchemy import text

from community_lifecycle_manager import CommunityRAGLifecycleManager

logger = structlog.get_logger()

try:
    from app.core.job_manager_provider import get_job_manager
except ImportError:
    get_job_manager = None


class RAGLifecycleManager(CommunityRAGLifecycleManager):
    def __init__(self, plugins_base_dir=None):
        self.plugin_data = {
            "name": "@SLUG@",
            "description": "Brings a service",
            "version": "@VERSION@",
            "scope": "@SCOPE@",
            "plugin_slug": "@SLUG@",
            "type": "fullstack",
            "required_services_runtime": ["search"],
        }
        self.module_data = [
            {"name": "Search", "display_name": "Search", "description": "Finds things"},
        ]
        self.services = [{"name": "search", "type": "venv_process", "start_command": "run"}]
        base = Path(plugins_base_dir) if plugins_base_dir else Path(__file__).parent
        super().__init__("@SLUG@", "@VERSION@", base / "shared" / "@SLUG@" / "v@VERSION@")

    async def _create_services(self, user_id, db):
        for service in self.services:
            await db.execute(
                text(
                    "INSERT INTO plugin_service_runtime (id, plugin_id, plugin_slug, name, type, "
                    "start_command, required_env_vars, env_inherit, status, user_id) VALUES "
                    "(:id, :plugin_id, '@SLUG@', :name, :type, :start_command, '[]', 'minimal', "
                    "'pending', :user_id)"
                ),
                {
                    **service,
                    "id": f"{user_id}_@SLUG@_{service['name']}",
                    "plugin_id": f"{user_id}_@SLUG@",
                    "user_id": user_id,
                },
            )
'''

_COMMUNITY = """
import shutil
from pathlib import Path

from sqlalchemy import text

from app.plugins.base_lifecycle_manager import BaseLifecycleManager


class CommunityRAGLifecycleManager(BaseLifecycleManager):
    async def get_plugin_metadata(self):
        return self.plugin_data

    async def get_module_metadata(self):
        return self.module_data

    async def install_plugin(self, user_id, db):
        shutil.copytree(
            Path(__file__).parent,
            self.shared_path,
            ignore=shutil.ignore_patterns("__pycache__", "node_modules"),
        )
        result = await self.install_for_user(user_id, db, self.shared_path)
        result["validation"] = self._validate()
        return result

    async def _perform_user_installation(self, user_id, db, shared_plugin_path):
        plugin_id = f"{user_id}_{self.plugin_slug}"
        await db.execute(
            text(
                "INSERT INTO plugin (id, plugin_slug, name, version, user_id) "
                "VALUES (:id, :slug, :slug, :version, :user_id)"
            ),
            {
                "id": plugin_id,
                "slug": self.plugin_slug,
                "version": self.version,
                "user_id": user_id,
            },
        )
        for module in self.module_data:
            await db.execute(
                text(
                    "INSERT INTO module (id, plugin_id, name, user_id) "
                    "VALUES (:id, :plugin_id, :name, :user_id)"
                ),
                {
                    "id": f"{plugin_id}_{module['name']}",
                    "plugin_id": plugin_id,
                    "name": module["name"],
                    "user_id": user_id,
                },
            )
        await self._create_services(user_id, db)
        await db.commit()
        return {"success": True, "plugin_id": plugin_id, "services_created": ["search"]}

    async def delete_plugin(self, user_id, db):
        result = await self.uninstall_for_user(user_id, db)
        shutil.rmtree(self.shared_path)
        return result

    async def _perform_user_uninstallation(self, user_id, db):
        plugin_id = f"{user_id}_{self.plugin_slug}"
        for table in ("module", "plugin_service_runtime"):
            await db.execute(text(f"DELETE FROM {table} WHERE plugin_id = :id"), {"id": plugin_id})
        await db.execute(text("DELETE FROM plugin WHERE id = :id"), {"id": plugin_id})
        await db.commit()
        return {"success": True, "plugin_id": plugin_id}

    async def _check_existing_plugin(self, user_id, db):
        found = await db.execute(
            text("SELECT * FROM plugin WHERE id = :id"), {"id": f"{user_id}_{self.plugin_slug}"}
        )
        row = found.mappings().first()
        return {"exists": row is not None, "plugin_info": dict(row) if row else None}

    async def get_plugin_status(self, user_id, db):
        status = await super().get_plugin_status(user_id, db)
        if status["exists"]:
            status["validation"] = self._validate()
            status["health"] = {"healthy": True, "details": {}}
        return status

    def _validate(self):
        if not (self.shared_path / "dist" / "remoteEntry.js").is_file():
            return {"valid": False, "error": "dist/remoteEntry.js is missing"}
        return {"valid": True}
"""

_PAGE = """
await db.execute(
    text(
        "INSERT INTO pages (id, name, route, content, creator_id, is_published, created_at) "
        "VALUES (:id, :name, :route, :content, :creator_id, :is_published, :now)"
    ),
    {
        "id": f"page-@VERSION@-{user_id}",
        "name": "Evaluations of @VERSION@",
        "route": "@SLUG@-evaluations",
        "content": json.dumps({"layouts": {"desktop": []}}),
        "creator_id": user_id,
        "is_published": True,
        "now": now,
    },
)
"""
_LOOK = """
tables = await db.execute(
    text("SELECT name FROM sqlite_master WHERE type = 'table' AND name = :name"),
    {"name": "plugin_service_runtime"},
)
if tables.fetchone() is None:
    raise RuntimeError("there is no table of services")
await db.execute(
    text(
        "CREATE TABLE IF NOT EXISTS plugin_service_runtime "
        "(id VARCHAR PRIMARY KEY, plugin_id VARCHAR, name VARCHAR)"
    )
)
await db.execute(text("CREATE TABLE IF NOT EXISTS documents (id VARCHAR, name VARCHAR)"))
await db.execute(text("INSERT INTO documents VALUES ('1', 'one')"))
await db.execute(
    text(
        "INSERT OR REPLACE INTO plugin_service_runtime (id, plugin_id, plugin_slug, name, user_id) "
        "VALUES (:id, :plugin_id, '@SLUG@', 'documents', :user_id)"
    ),
    {"id": f"{plugin_id}_documents", "plugin_id": plugin_id, "user_id": user_id},
)
"""
_FORGET = """
await db.execute(
    text("DELETE FROM plugin_service_runtime WHERE plugin_id = :id"), {"id": plugin_id}
)
"""


def rag(slug: str, version: str) -> Files:
    """Derives from a class in a second file, brings a service, and removes shared files."""
    community = {"community_lifecycle_manager.py": fill_in(_COMMUNITY, slug, version)}
    return {**package(slug, version, _RAG), **community}


def evaluator(slug: str, version: str) -> Files:
    """Makes a page for the user, which stays when the plugin goes."""
    return package(slug, version, source(records=_PAGE))


def documents(slug: str, version: str) -> Files:
    """Asks the database for its tables, and makes some."""
    return package(slug, version, source(records=_LOOK, deletions=_FORGET))
