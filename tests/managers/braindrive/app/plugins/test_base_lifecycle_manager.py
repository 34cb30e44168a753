# ruff: noqa: ARG002 - the signatures are those of the base class
import inspect
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pluginhub.managers.braindrive import session, tables
from pluginhub.managers.braindrive.app.plugins import base_lifecycle_manager as base
from pluginhub.managers.braindrive.app.plugins.base_lifecycle_manager import BaseLifecycleManager
from pluginhub.managers.braindrive.session import Session
from tests.managers.braindrive.running import done

Opened = tuple[Session, sqlite3.Connection]


class Manager(BaseLifecycleManager):
    """Does what its attributes say, and notes what is called."""

    def __init__(self, path: Path, version: str = "1.0.0") -> None:
        super().__init__("Chat", version, path)
        self.answers: dict[str, Any] = {}
        self.calls: list[Any] = []

    async def get_plugin_metadata(self) -> dict[str, Any]:
        return {"name": "Chat"}

    async def get_module_metadata(self) -> list[dict[str, Any]]:
        return [{"name": "One"}, {"name": "Two"}]

    async def _perform_user_installation(
        self, user_id: str, db: Any, shared_plugin_path: Path
    ) -> dict[str, Any]:
        self.calls.append(("install", user_id, shared_plugin_path))
        return self._answer("install")

    async def _perform_user_uninstallation(self, user_id: str, db: Any) -> dict[str, Any]:
        self.calls.append(("uninstall", user_id))
        return self._answer("uninstall")

    async def _import_user_data(self, user_id: str, db: Any, user_data: dict[str, Any]) -> None:
        self.calls.append(("import", user_id, user_data))

    def _answer(self, hook: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.answers.get(hook, {"success": True})
        if "raise" in answer:
            raise answer["raise"]
        return answer


class CheckingManager(Manager):
    async def _check_existing_plugin(self, user_id: str, db: Any) -> dict[str, Any]:
        return self._answer("check")


@pytest.fixture(name="opened")
def _opened() -> Iterator[Opened]:
    with session.opened() as opened:
        tables.create(opened[1])
        yield opened


def test_the_attributes_are_those_that_plugins_read(tmp_path: Path) -> None:
    manager = Manager(tmp_path)
    assert (manager.plugin_slug, manager.version, manager.shared_path) == (
        "Chat",
        "1.0.0",
        tmp_path,
    )
    assert (manager.instance_id, manager.active_users) == ("Chat_1.0.0", set())
    assert manager.created_at.tzinfo is None
    assert manager.last_used >= manager.created_at


@pytest.mark.parametrize(
    "name",
    [
        "get_plugin_metadata",
        "get_module_metadata",
        "_perform_user_installation",
        "_perform_user_uninstallation",
    ],
)
def test_what_a_plugin_must_write_is_abstract(name: str) -> None:
    assert inspect.isabstract(BaseLifecycleManager)
    assert name in BaseLifecycleManager.__abstractmethods__
    assert len(BaseLifecycleManager.__abstractmethods__) == 4


def test_a_user_is_active_from_installation_to_removal(tmp_path: Path, opened: Opened) -> None:
    manager = Manager(tmp_path)
    used = manager.last_used
    assert done(manager.install_for_user("ann", opened[0], tmp_path)) == {"success": True}
    assert manager.active_users == {"ann"}
    assert not manager.can_be_unloaded()
    assert done(manager.uninstall_for_user("ann", opened[0])) == {"success": True}
    assert manager.calls == [("install", "ann", tmp_path), ("uninstall", "ann")]
    assert manager.can_be_unloaded()
    assert manager.last_used > used


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"success": False, "error": "no"}, {"success": False, "error": "no"}),
        ({}, {}),
        ({"raise": ValueError("broken")}, {"success": False, "error": "broken"}),
    ],
    ids=["denied", "empty", "raised"],
)
def test_what_did_not_succeed_changes_no_user(
    tmp_path: Path, opened: Opened, answer: dict[str, Any], expected: dict[str, Any]
) -> None:
    manager = Manager(tmp_path)
    manager.answers = {"install": answer, "uninstall": answer}
    assert done(manager.install_for_user("ann", opened[0], tmp_path)) == expected
    assert manager.active_users == set()
    manager.active_users = {"ann"}
    assert done(manager.uninstall_for_user("ann", opened[0])) == expected
    assert manager.active_users == {"ann"}


def test_an_update_moves_the_user_and_the_data(tmp_path: Path, opened: Opened) -> None:
    old, new = Manager(tmp_path / "old"), Manager(tmp_path / "new", "2.0.0")
    old.active_users = {"ann"}
    exported = {
        "shared_plugin_path": str(tmp_path / "old"),
        "user_id": "ann",
        "plugin_slug": "Chat",
        "version": "1.0.0",
    }
    answer = done(old.update_for_user("ann", opened[0], new))
    assert answer == {"success": True, "migrated_data": exported}
    assert old.calls == [("uninstall", "ann")]
    assert new.calls == [("install", "ann", tmp_path / "new"), ("import", "ann", exported)]
    assert (old.active_users, new.active_users) == (set(), {"ann"})


def test_an_update_that_cannot_remove_stops(tmp_path: Path, opened: Opened) -> None:
    old, new = Manager(tmp_path), Manager(tmp_path, "2.0.0")
    old.answers = {"uninstall": {"success": False, "error": "no"}}
    answer = done(old.update_for_user("ann", opened[0], new))
    assert answer == {"success": False, "error": "no"}
    assert new.calls == []


def test_an_update_that_cannot_install_goes_back(tmp_path: Path, opened: Opened) -> None:
    old, new = Manager(tmp_path / "old"), Manager(tmp_path / "new", "2.0.0")
    new.answers = {"install": {"success": False, "error": "no"}}
    answer = done(old.update_for_user("ann", opened[0], new))
    assert answer == {"success": False, "error": "no"}
    assert old.calls == [("uninstall", "ann"), ("install", "ann", tmp_path / "old")]
    assert len(new.calls) == 1


def test_a_plugin_nobody_installed_does_not_exist(tmp_path: Path, opened: Opened) -> None:
    answer = done(Manager(tmp_path).get_plugin_status("ann", opened[0]))
    assert answer == {"exists": False, "status": "not_installed"}


@pytest.mark.parametrize(
    ("stored", "path", "status"),
    [
        ([("ann_Chat", "One"), ("ann_Chat", "Two")], "", "healthy"),
        ([("ann_Chat", "One")], "", "modules_corrupted"),
        ([("ann_Chat", "One"), ("ann_ChatWithDocs", "Two")], "", "modules_corrupted"),
        ([("ann_Chat", "One"), ("annXChat", "Two")], "", "modules_corrupted"),
        ([("ann_Chat", "One"), ("ann_Chat", "Two")], "missing", "files_missing"),
    ],
    ids=["all", "one is missing", "one of another plugin", "underscore", "no files"],
)
def test_a_status_tells_of_files_and_modules(
    tmp_path: Path, opened: Opened, stored: list[tuple[str, str]], path: str, status: str
) -> None:
    for plugin, module in stored:
        row = {"id": f"{plugin}_{module}", "plugin_id": plugin}
        tables.fill(opened[1], {"module": [row]})
    manager = Manager(tmp_path / path)
    manager.active_users = {"ann"}
    loaded = [plugin for plugin, _ in stored].count("ann_Chat")
    assert done(manager.get_plugin_status("ann", opened[0])) == {
        "exists": True,
        "status": status,
        "plugin_info": None,
        "files_exist": not path,
        "modules_status": {
            "all_loaded": loaded == 2,
            "loaded_count": loaded,
            "expected_count": 2,
        },
        "shared_path": str(tmp_path / path),
    }


def test_a_plugin_may_check_itself_whether_it_exists(tmp_path: Path, opened: Opened) -> None:
    manager = CheckingManager(tmp_path)
    manager.answers = {"check": {"exists": True, "plugin_info": {"name": "Chat"}}}
    answer = done(manager.get_plugin_status("ann", opened[0]))
    assert (answer["exists"], answer["plugin_info"]) == (True, {"name": "Chat"})
    manager.answers = {"check": {"exists": False}}
    assert not done(manager.get_plugin_status("ann", opened[0]))["exists"]
    manager.answers = {"check": {"raise": KeyError("table")}}
    answer = done(manager.get_plugin_status("ann", opened[0]))
    assert answer == {"exists": False, "status": "error", "error": "'table'"}


def test_what_is_optional_does_nothing_by_itself(tmp_path: Path, opened: Opened) -> None:
    manager = Manager(tmp_path)
    done(manager._initialize_active_users(opened[0]))
    done(BaseLifecycleManager._import_user_data(manager, "ann", opened[0], {}))
    assert (manager.active_users, manager.calls) == (set(), [])


def test_the_use_of_a_manager_can_be_told_and_forgotten(tmp_path: Path) -> None:
    manager = Manager(tmp_path)
    manager.active_users = {"ben", "ann"}
    stats = manager.get_usage_stats()
    assert stats.pop("uptime_seconds") >= 0
    assert stats == {
        "plugin_slug": "Chat",
        "version": "1.0.0",
        "active_users": 2,
        "user_list": ["ann", "ben"],
        "created_at": manager.created_at.isoformat(),
        "last_used": manager.last_used.isoformat(),
        "shared_path": str(tmp_path),
    }
    done(manager.cleanup())
    assert manager.can_be_unloaded()


PLUGIN = {"name": "", "version": "", "description": "", "plugin_slug": ""}
MODULE = {"name": "", "display_name": "", "description": ""}


@pytest.mark.parametrize("key", PLUGIN)
def test_data_of_a_plugin_need_their_keys(key: str) -> None:
    assert base.validate_plugin_metadata({**PLUGIN, "more": 1})
    assert not base.validate_plugin_metadata({name: "" for name in PLUGIN if name != key})


@pytest.mark.parametrize("key", MODULE)
def test_data_of_modules_need_their_keys(key: str) -> None:
    assert base.validate_module_metadata([{**MODULE, "more": 1}])
    broken = {name: "" for name in MODULE if name != key}
    assert not base.validate_module_metadata([MODULE, broken])
    assert not base.validate_module_metadata(["text"])
    assert not base.validate_module_metadata({})
