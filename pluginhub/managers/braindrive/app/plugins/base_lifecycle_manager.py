"""The class that lifecycle managers of existing plugins derive from."""

from abc import ABC, abstractmethod
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

Answer = dict[str, Any]


class BaseLifecycleManager(ABC):
    """Installs and removes a plugin for users, with what subclasses say of it.

    Args:
        plugin_slug: The plugin's name.
        version: The release.
        shared_storage_path: Where the files of the release lie.
    """

    def __init__(self, plugin_slug: str, version: str, shared_storage_path: Path) -> None:
        self.plugin_slug = plugin_slug
        self.version = version
        self.shared_path = shared_storage_path
        self.active_users: set[str] = set()
        self.instance_id = f"{plugin_slug}_{version}"
        self.created_at = _now()
        self.last_used = _now()

    @abstractmethod
    async def get_plugin_metadata(self) -> Answer:
        """Return what the plugin says of itself."""

    @abstractmethod
    async def get_module_metadata(self) -> list[Answer]:
        """Return what the plugin says of its modules."""

    @abstractmethod
    async def _perform_user_installation(
        self, user_id: str, db: Any, shared_plugin_path: Path
    ) -> Answer:
        """Make the user's rows; return ``success`` and maybe ``error``."""

    @abstractmethod
    async def _perform_user_uninstallation(self, user_id: str, db: Any) -> Answer:
        """Remove the user's rows; return ``success`` and maybe ``error``."""

    async def install_for_user(self, user_id: str, db: Any, shared_plugin_path: Path) -> Answer:
        """Install for one user; an exception becomes ``success: False`` with its ``error``."""
        self.last_used = _now()
        try:
            result = await self._perform_user_installation(user_id, db, shared_plugin_path)
        except Exception as error:  # noqa: BLE001 - so it is agreed with the plugins
            return _failed(error)
        if result.get("success"):
            self.active_users.add(user_id)
        return result

    async def uninstall_for_user(self, user_id: str, db: Any) -> Answer:
        """Remove for one user; an exception becomes ``success: False`` with its ``error``."""
        self.last_used = _now()
        try:
            result = await self._perform_user_uninstallation(user_id, db)
        except Exception as error:  # noqa: BLE001 - so it is agreed with the plugins
            return _failed(error)
        if result.get("success"):
            self.active_users.discard(user_id)
        return result

    async def update_for_user(
        self, user_id: str, db: Any, new_version_manager: "BaseLifecycleManager"
    ) -> Answer:
        """Move one user to the release of another manager, with what was exported here."""
        exported = await self._export_user_data(user_id, db)
        removed = await self.uninstall_for_user(user_id, db)
        if not removed.get("success"):
            return removed
        installed = await new_version_manager.install_for_user(
            user_id, db, new_version_manager.shared_path
        )
        if not installed.get("success"):
            await self.install_for_user(user_id, db, self.shared_path)
            return installed
        await new_version_manager._import_user_data(user_id, db, exported)  # noqa: SLF001
        return {"success": True, "migrated_data": exported}

    async def get_plugin_status(self, user_id: str, db: Any) -> Answer:
        """Return whether the plugin exists for a user, and how its files and modules are."""
        self.last_used = _now()
        try:
            existing = await self._existing(user_id, db)
            if not existing["exists"]:
                return {"exists": False, "status": "not_installed"}
            modules = await self._check_modules_status(user_id, db)
        except Exception as error:  # noqa: BLE001 - so it is agreed with the plugins
            return {"exists": False, "status": "error", "error": str(error)}
        files_exist = self._has_files()
        return {
            "exists": True,
            "status": _word(files_exist=files_exist, modules=modules),
            "plugin_info": existing.get("plugin_info"),
            "files_exist": files_exist,
            "modules_status": modules,
            "shared_path": str(self.shared_path),
        }

    async def _existing(self, user_id: str, db: Any) -> Answer:
        check = getattr(self, "_check_existing_plugin", None)
        if check is None:
            return {"exists": user_id in self.active_users}
        found: Answer = await check(user_id, db)
        return found

    def _has_files(self) -> bool:
        return Path(self.shared_path).exists()

    async def _export_user_data(self, user_id: str, db: Any) -> Answer:  # noqa: ARG002
        """Return what another release is to take over."""
        return {
            "shared_plugin_path": str(self.shared_path),
            "user_id": user_id,
            "plugin_slug": self.plugin_slug,
            "version": self.version,
        }

    async def _import_user_data(self, user_id: str, db: Any, user_data: Answer) -> None:  # noqa: B027 - optional
        """Take over what another release exported."""

    async def _check_modules_status(self, user_id: str, db: Any) -> Answer:
        """Compare the user's modules with those that the plugin has."""
        # Not by LIKE: the slug of one plugin can begin with that of another.
        found = await db.execute(
            text("SELECT COUNT(*) FROM module WHERE plugin_id = :plugin_id"),
            {"plugin_id": f"{user_id}_{self.plugin_slug}"},
        )
        loaded, expected = found.fetchone()[0], len(await self.get_module_metadata())
        return {
            "all_loaded": loaded == expected,
            "loaded_count": loaded,
            "expected_count": expected,
        }

    async def _initialize_active_users(self, db: Any) -> None:  # noqa: B027 - optional
        """Find out who uses the plugin; nothing here."""

    def can_be_unloaded(self) -> bool:
        """Return whether nobody uses the manager."""
        return not self.active_users

    def get_usage_stats(self) -> Answer:
        """Return who uses the manager, and since when."""
        return {
            "plugin_slug": self.plugin_slug,
            "version": self.version,
            "active_users": len(self.active_users),
            "user_list": sorted(self.active_users),
            "created_at": self.created_at.isoformat(),
            "last_used": self.last_used.isoformat(),
            "uptime_seconds": (_now() - self.created_at).total_seconds(),
            "shared_path": str(self.shared_path),
        }

    async def cleanup(self) -> None:
        """Forget all users."""
        self.active_users.clear()


def validate_plugin_metadata(metadata: Answer) -> bool:
    """Return whether the keys are there without which a plugin cannot be shown."""
    return all(key in metadata for key in ("name", "version", "description", "plugin_slug"))


def validate_module_metadata(metadata: Any) -> bool:
    """Return whether every module has the keys without which it cannot be shown."""
    return isinstance(metadata, list) and all(
        isinstance(module, dict) and {"name", "display_name", "description"} <= module.keys()
        for module in metadata
    )


def _now() -> datetime:
    """Return the time without a zone, as plugins compare it with their own."""
    return datetime.now(UTC).replace(tzinfo=None)


def _failed(error: Exception) -> Answer:
    return {"success": False, "error": str(error)}


def _word(*, files_exist: bool, modules: Answer) -> str:
    if not files_exist:
        return "files_missing"
    return "healthy" if modules.get("all_loaded") else "modules_corrupted"
