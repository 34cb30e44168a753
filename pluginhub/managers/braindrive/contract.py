"""Runs one hook of an existing plugin for one user: rows go in, rows come out.

It changes what Python imports and leaves it so, hence runs in a process for this one call.
"""

import inspect
import os
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pluginhub.managers.braindrive import answers, loading, session, tables
from pluginhub.managers.braindrive.session import Session

_NEW = {"install", "update"}


@dataclass(frozen=True, slots=True)
class _Plugin:
    """A plugin's lifecycle manager, and for whom it works.

    Attributes:
        manager: An object of the plugin's class, or its module.
        files: A copy of the release, the plugin's to do with as it likes.
        base: The directory that the plugin takes for that of all plugins.
    """

    manager: Any
    files: Path
    base: Path
    user_id: str
    db: Session

    async def call(self, names: tuple[str, ...], *arguments: Any) -> Any:
        """Call the first of the methods that there is, and return None if there is none."""
        for name in names:
            method = getattr(self.manager, name, None)
            if callable(method):
                return await self._call(method, *arguments)
        return None

    async def _call(self, method: Callable[..., Any], *arguments: Any) -> Any:
        more: dict[str, Any] = {}
        if inspect.ismodule(self.manager) and _accepts(method, "plugins_base_dir"):
            more["plugins_base_dir"] = str(self.base)
        result = method(self.user_id, self.db, *arguments, **more)
        return await result if isinstance(result, Awaitable) else result

    async def install(self) -> None:
        """Make the user's rows."""
        if hasattr(self.manager, "install_plugin"):
            result = await self.call(("install_plugin",))
        else:
            names = ("install_for_user", "_perform_user_installation")
            result = await self.call(names, self.files)
        answers.require_success(result)
        await self.db.commit()


async def run(request: dict[str, Any]) -> dict[str, Any]:
    """Run one hook.

    Args:
        request: ``hook``, ``slug``, ``version``, ``path`` of the release, ``hooks`` below it,
            ``scratch`` and ``data`` with the ``user``, the user's ``rows`` of the plugin, and for
            an update maybe ``user_data`` as it was exported.

    Returns:
        ``rows`` as they are to be after ``install`` and ``update``, and ``status`` or
        ``user_data`` where that was the hook.

    Raises:
        HookRefusedError: The plugin answered that it did not succeed.
        HookAnswerError: It answered, or wrote, what cannot be handed on.
        ImportError: The file has no lifecycle manager.
        Exception: Whatever the plugin raises.
    """
    hook, data = request["hook"], request["data"]
    with session.opened() as (db, raw):
        _prepare(raw, hook, data)
        plugin = _load(request, db)
        _remember(plugin, data)
        return await _HOOKS[hook](plugin, raw, data)


def _prepare(raw: sqlite3.Connection, hook: str, data: dict[str, Any]) -> None:
    user = data["user"]
    # An update installs as if for the first time; what is the user's comes back afterwards.
    rows = {} if hook == "update" else data["rows"]
    account = {"id": user["id"], "username": user["name"], "email": user.get("email")}
    tables.create(raw)
    tables.fill(raw, {**rows, "users": [account]})


def _load(request: dict[str, Any], db: Session) -> _Plugin:
    scratch, slug, version = Path(request["scratch"]), request["slug"], request["version"]
    base = scratch / "plugins"
    shared = base / "shared" / slug / f"v{version}"
    files = scratch / "package" if request["hook"] in _NEW else shared
    base.mkdir()
    _copy(Path(request["path"]), files)
    manager = loading.manager(
        loading.load(files / request["hooks"], slug),
        {
            "plugins_base_dir": str(base),
            "plugin_slug": slug,
            "version": version,
            "shared_storage_path": files,
        },
    )
    if request["hook"] not in _NEW:
        _copy_to_own_place(manager, files, base)
    return _Plugin(manager, files, base, request["data"]["user"]["id"], db)


def _copy_to_own_place(manager: Any, files: Path, base: Path) -> None:
    """Put the files where a manager looks for them that spells its slug or version otherwise."""
    place = getattr(manager, "shared_path", None)
    if isinstance(place, Path) and base in place.parents and not place.exists():
        _copy(files, place)


def _copy(source: Path, target: Path) -> None:
    """Copy files without their modes: a release is read-only, and its copy is not."""
    for folder, _, names in os.walk(source):
        here = target / Path(folder).relative_to(source)
        here.mkdir(parents=True)
        for name in names:
            shutil.copyfile(Path(folder, name), here / name)


def _remember(plugin: _Plugin, data: dict[str, Any]) -> None:
    """Tell a manager that knows its users by name that it has this one."""
    users = getattr(plugin.manager, "active_users", None)
    if isinstance(users, set) and data["rows"].get("plugin"):
        users.add(plugin.user_id)


def _accepts(function: Callable[..., Any], name: str) -> bool:
    return name in inspect.signature(function).parameters


async def _install(plugin: _Plugin, raw: sqlite3.Connection, _: dict[str, Any]) -> dict[str, Any]:
    await plugin.install()
    return {"rows": tables.dump(raw)}


async def _update(plugin: _Plugin, raw: sqlite3.Connection, data: dict[str, Any]) -> dict[str, Any]:
    await plugin.install()
    tables.take_over(raw, data["rows"])
    if exported := data.get("user_data"):
        names = ("_import_user_data", "import_user_data")
        answers.require_success(await plugin.call(names, _inner(exported)))
        await plugin.db.commit()
    return {"rows": tables.dump(raw)}


def _inner(exported: Any) -> Any:
    """Return what imports expect of what exports of the same family return."""
    inner = exported.get("user_data") if isinstance(exported, dict) else None
    return inner if isinstance(inner, dict) else exported


async def _uninstall(
    plugin: _Plugin, _raw: sqlite3.Connection, _: dict[str, Any]
) -> dict[str, Any]:
    names = ("delete_plugin", "uninstall_for_user", "_perform_user_uninstallation")
    answers.require_success(await plugin.call(names))
    return {}


async def _status(plugin: _Plugin, _raw: sqlite3.Connection, _: dict[str, Any]) -> dict[str, Any]:
    said = await plugin.call(("get_plugin_status",))
    answers.require_success(said)
    return {"status": answers.status(said)}


async def _export(plugin: _Plugin, _raw: sqlite3.Connection, _: dict[str, Any]) -> dict[str, Any]:
    exported = await plugin.call(("_export_user_data", "export_user_data"))
    answers.require_success(exported)
    return {"user_data": answers.exact(exported or {})}


_HOOKS: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
    "install": _install,
    "update": _update,
    "uninstall": _uninstall,
    "status": _status,
    "export": _export,
}
