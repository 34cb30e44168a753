import json
import os
import stat
import subprocess
import sys
from typing import Any

import pytest

from tests.managers.braindrive.running import ROOT, USER, FailedError, Stage
from tests.packages import FAILING, FAMILIES

ANN = USER["id"]
PLUGIN = f"{ANN}_Things"


def with_manager(body: str) -> dict[str, bytes]:
    """Return a package whose class has the given lines."""
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    imports = "import json\nimport os\nimport sys\nfrom pathlib import Path\n\n"
    head = f"{imports}from sqlalchemy import text\n\n"
    return {
        "lifecycle_manager.py": f"{head}class ThingsLifecycleManager:\n{lines}".encode(),
        "dist/remoteEntry.js": b"var Things;",
    }


@pytest.mark.timeout(60)  # several processes each
@pytest.mark.parametrize("family", FAMILIES)
def test_a_package_of_every_family_goes_its_way(stage: Stage, family: str) -> None:
    release = stage.release(FAMILIES[family]("Things", "1.0.0"), "Things")
    if family != "synchronous":  # it always says that it is healthy
        assert stage.call(release, "status")["status"]["status"] == "not-installed"

    stage.call(release, "install")
    assert stage.table("plugin", "id", "user_id", "version") == [(PLUGIN, ANN, "1.0.0")]
    assert stage.rows["module"]
    assert {row["plugin_id"] for row in stage.rows["module"]} == {PLUGIN}

    expected = "unhealthy" if family == "unbuilt" else "healthy"
    assert stage.call(release, "status")["status"]["status"] == expected
    stage.call(release, "export")

    assert stage.call(release, "uninstall") == {}


@pytest.mark.timeout(60)  # several processes each
@pytest.mark.parametrize("family", FAMILIES)
def test_a_package_of_every_family_is_updated(stage: Stage, family: str) -> None:
    old = stage.release(FAMILIES[family]("Things", "1.0.0"), "Things")
    new = stage.release(FAMILIES[family]("Things", "2.0.0"), "Things", "2.0.0")
    stage.call(old, "install")
    exported = stage.call(old, "export")["user_data"]
    stage.call(new, "update", user_data=exported)
    assert stage.table("plugin", "id", "version") == [(PLUGIN, "2.0.0")]
    assert stage.call(new, "uninstall") == {}


@pytest.mark.parametrize(
    ("family", "kind", "message"),
    [
        ("refusing", "HookRefusedError", "The service did not answer"),
        ("raising", "RuntimeError", "broken on purpose"),
    ],
)
def test_an_installation_that_fails_after_its_commit_answers_no_rows(
    stage: Stage, family: str, kind: str, message: str
) -> None:
    release = stage.release(FAILING[family]("Things", "1.0.0"), "Things")
    with pytest.raises(FailedError, match=f"^{message}$") as caught:
        stage.call(release, "install")
    assert caught.value.kind == kind
    assert stage.rows == {}


def test_a_second_installation_is_refused_by_the_plugin(stage: Stage) -> None:
    release = stage.release(FAMILIES["template"]("Things", "1.0.0"), "Things")
    stage.call(release, "install")
    with pytest.raises(FailedError, match=r"^Plugin already installed for user$") as caught:
        stage.call(release, "install")
    assert caught.value.kind == "HookRefusedError"


def test_an_installation_answers_rows_and_nothing_else(stage: Stage) -> None:
    release = stage.release(FAMILIES["template"]("Things", "1.0.0"), "Things")
    assert set(stage.call(release, "install")) == {"rows"}
    assert set(stage.call(release, "update")) == {"rows"}
    assert stage.call(release, "uninstall") == {}


def test_values_of_all_kinds_come_out_as_they_went_in(stage: Stage) -> None:
    release = stage.release(FAMILIES["values"]("Things", "1.0.0"), "Things")
    stage.call(release, "install")
    columns = (
        "state_key",
        "state_data",
        "state_size",
        "is_active",
        "last_accessed",
        "ttl_expires_at",
    )
    assert stage.table("plugin_states", *columns) == [
        (None, '{"deep": [1, null, true]}', 1.5, 0, "2024-05-06 07:08:09", "2024-05-06 07:08:09")
    ]
    assert stage.table("plugin", "official", "is_local", "latest_version") == [(1, 0, None)]
    assert json.loads(stage.rows["plugin"][0]["permissions"]) == ["storage.read", "api.access"]


def test_an_update_keeps_settings_and_makes_the_rest_anew(stage: Stage) -> None:
    old = stage.release(FAMILIES["ollama"]("Things", "1.0.0"), "Things")
    new = stage.release(FAMILIES["ollama"]("Things", "2.0.0"), "Things", "2.0.0")
    stage.call(old, "install")
    stage.rows["settings_instances"][0]["value"] = '{"theme": "light"}'
    stage.rows["module"].append({"id": "gone", "plugin_id": PLUGIN, "name": "Gone"})
    stage.rows["plugin_states"].append({"id": "kept", "user_id": ANN, "plugin_id": PLUGIN})
    exported = stage.call(old, "export")["user_data"]
    assert exported == {"success": True, "data": {"Default": '{"theme": "light"}'}}

    stage.call(new, "update", user_data=exported)
    assert stage.table("plugin", "version") == [("2.0.0",)]
    assert stage.table("module", "name") == [("Main",), ("Small",)]
    assert stage.table("settings_definitions", "description") == [("Of version 2.0.0",)]
    assert stage.table("settings_instances", "id", "value") == [
        ("things_settings_1.0.0", '{"theme": "light"}')
    ]
    assert stage.table("plugin_states", "id") == [("kept",)]


def test_an_update_hands_the_inner_part_of_an_export_to_the_import(stage: Stage) -> None:
    old = stage.release(FAMILIES["template"]("Things", "1.0.0"), "Things")
    new = stage.release(FAMILIES["template"]("Things", "2.0.0"), "Things", "2.0.0")
    stage.call(old, "install")
    stage.rows["plugin"][0] |= {"config_fields": '{"refresh": 5}', "enabled": 0}
    exported = stage.call(old, "export")["user_data"]
    assert set(exported) == {"success", "user_data"}
    stage.call(new, "update", user_data=exported)
    assert stage.table("plugin", "version", "config_fields", "enabled") == [
        ("2.0.0", '{"refresh": 5}', 0)
    ]


def test_a_page_of_the_user_outlives_update_and_removal(stage: Stage) -> None:
    old = stage.release(FAMILIES["evaluator"]("Things", "1.0.0"), "Things")
    new = stage.release(FAMILIES["evaluator"]("Things", "2.0.0"), "Things", "2.0.0")
    stage.call(old, "install")
    stage.call(new, "update")
    assert stage.table("pages", "name") == [("Evaluations of 1.0.0",)]
    stage.call(new, "uninstall")
    assert stage.table("pages", "name") == [("Evaluations of 1.0.0",)]


IMPORTS = """
def install_plugin(self, user_id, db):
    return {"success": True}

async def _import_user_data(self, user_id, db, user_data):
    await db.execute(
        text("INSERT INTO pages (id, content) VALUES ('1', :it)"), {"it": repr(user_data)}
    )
"""


@pytest.mark.parametrize(
    ("exported", "expected"),
    [
        ({"user_data": {"a": 1}, "success": True}, "{'a': 1}"),
        ({"user_data": 5}, "{'user_data': 5}"),
        ({"data": {"a": 1}}, "{'data': {'a': 1}}"),
        (["a"], "['a']"),
        ({}, None),
        (None, None),
    ],
    ids=str,
)
def test_what_is_imported_follows_the_shape_of_the_export(
    stage: Stage, exported: Any, expected: str | None
) -> None:
    release = stage.release(with_manager(IMPORTS), "Things")
    stage.call(release, "update", user_data=exported)
    assert stage.table("pages", "content") == ([(expected,)] if expected else [])


def test_an_import_that_does_not_succeed_fails_the_update(stage: Stage) -> None:
    source = IMPORTS + "    return {'success': False, 'error': 'I cannot read this'}\n"
    release = stage.release(with_manager(source), "Things")
    with pytest.raises(FailedError, match=r"^I cannot read this$"):
        stage.call(release, "update", user_data={"a": 1})


@pytest.mark.parametrize("hook", ["uninstall", "export", "status"])
def test_every_hook_may_refuse(stage: Stage, hook: str) -> None:
    names = {"uninstall": "delete_plugin", "export": "_export_user_data"}
    method = names.get(hook, "get_plugin_status")
    body = f"def {method}(self, user_id, db): return {{'success': False, 'error': 'No'}}"
    release = stage.release(with_manager(body), "Things")
    with pytest.raises(FailedError, match=r"^No$"):
        stage.call(release, hook)


@pytest.mark.parametrize(
    ("hook", "body"),
    [
        ("install", "async def install_for_user(self, user_id, db, path): {}"),
        ("install", "def _perform_user_installation(self, user_id, db, path): {}"),
        ("uninstall", "def uninstall_for_user(self, user_id, db): {}"),
        ("uninstall", "def _perform_user_uninstallation(self, user_id, db): {}"),
        ("export", "def export_user_data(self, user_id, db): {}"),
    ],
)
def test_methods_may_have_other_names(stage: Stage, hook: str, body: str) -> None:
    refusal = "return {'success': False, 'error': 'called'}"
    release = stage.release(with_manager(body.format(refusal)), "Things")
    with pytest.raises(FailedError, match=r"^called$"):
        stage.call(release, hook)


def test_a_plugin_need_not_tell_anything(stage: Stage) -> None:
    release = stage.release(with_manager("pass"), "Things")
    assert stage.call(release, "export") == {"user_data": {}}
    said = {"status": "unknown", "message": "", "details": None}
    assert stage.call(release, "status") == {"status": said}


PLACES = """
def __init__(self, plugins_base_dir=None):
    self.base = plugins_base_dir

async def {method}(self, user_id, db):
    here = Path(__file__)
    found = await db.execute(text("SELECT id, username, email FROM users"))
    raise LookupError(json.dumps({{
        "here": here.parent.relative_to(Path.cwd()).as_posix(),
        "base": [str(Path(self.base).relative_to(Path.cwd())), os.listdir(self.base)],
        "mode": here.stat().st_mode,
        "entry": (here.parent / "dist" / "remoteEntry.js").read_text(),
        "user": [user_id, *(list(row) for row in found.fetchall())],
    }}))
"""


@pytest.mark.parametrize(
    ("hook", "method", "here", "below"),
    [
        ("install", "install_plugin", "package", []),
        ("update", "install_plugin", "package", []),
        ("uninstall", "delete_plugin", "plugins/shared/Things/v1.0.0", ["shared"]),
        ("status", "get_plugin_status", "plugins/shared/Things/v1.0.0", ["shared"]),
        ("export", "_export_user_data", "plugins/shared/Things/v1.0.0", ["shared"]),
    ],
)
def test_a_hook_finds_a_copy_of_its_files_that_it_may_change(
    stage: Stage, hook: str, method: str, here: str, below: list[str]
) -> None:
    release = stage.release(with_manager(PLACES.format(method=method)), "Things")
    with pytest.raises(FailedError) as caught:
        stage.call(release, hook)
    details = json.loads(str(caught.value))
    assert details["mode"] & stat.S_IWUSR
    assert details | {"mode": None} == {
        "here": here,
        "base": ["plugins", below],
        "mode": None,
        "entry": "var Things;",
        "user": [ANN, [ANN, "ann", "ann@example.org"]],
    }


def test_a_manager_that_spells_its_version_otherwise_finds_its_files(stage: Stage) -> None:
    package = FAMILIES["rag"]("Things", "v1.0.0")
    release = stage.release(package, "Things", "1.0.0")
    stage.call(release, "install")
    assert stage.call(release, "status")["status"]["status"] == "healthy"
    assert stage.call(release, "uninstall") == {}


def test_what_was_not_committed_is_kept_if_the_hook_succeeds(stage: Stage) -> None:
    body = """
async def install_plugin(self, user_id, db):
    await db.execute(text("INSERT INTO pages (id, name) VALUES ('1', 'open')"))
"""
    release = stage.release(with_manager(body), "Things")
    stage.call(release, "install")
    assert stage.table("pages", "name") == [("open",)]


def test_a_hook_that_only_looks_changes_no_rows(stage: Stage) -> None:
    body = """
async def get_plugin_status(self, user_id, db):
    await db.execute(text("DELETE FROM pages"))
    await db.commit()
    return {"exists": True, "status": "healthy"}
"""
    release = stage.release(with_manager(body), "Things")
    stage.rows = {"pages": [{"id": "1", "name": "kept"}]}
    assert set(stage.call(release, "status")) == {"status"}
    assert stage.table("pages", "name") == [("kept",)]


def test_an_export_that_is_no_json_is_refused(stage: Stage) -> None:
    body = "def _export_user_data(self, user_id, db): return {'a': b'bytes'}"
    release = stage.release(with_manager(body), "Things")
    with pytest.raises(FailedError, match="a bytes cannot be written as JSON") as caught:
        stage.call(release, "export")
    assert caught.value.kind == "HookAnswerError"


@pytest.mark.parametrize("rows", [[], [{"id": PLUGIN}]], ids=["none", "installed"])
def test_a_manager_knows_its_user_by_the_rows(stage: Stage, rows: list[dict[str, Any]]) -> None:
    body = """
def __init__(self):
    self.active_users = set()

def get_plugin_status(self, user_id, db):
    return {"exists": user_id in self.active_users}
"""
    release = stage.release(with_manager(body), "Things")
    stage.rows = {"plugin": rows}
    assert stage.call(release, "status")["status"]["details"] == {"exists": bool(rows)}


def python(code: str) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.timeout(60)  # starts Python
def test_without_sqlalchemy_the_import_fails_by_its_name() -> None:
    code = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "try:\n    import pluginhub.managers.braindrive.contract\n"
        "except ImportError as error:\n    print(error.name)"
    )
    assert python(code) == "sqlalchemy"


@pytest.mark.timeout(60)  # starts Python
def test_the_server_never_imports_sqlalchemy() -> None:
    code = (
        "import sys; import pluginhub.app, pluginhub.cli.main; print('sqlalchemy' in sys.modules)"
    )
    assert python(code) == "False"


@pytest.mark.skipif(os.name == "nt", reason="forks")
def test_a_release_is_left_as_it_is(stage: Stage) -> None:
    release = stage.release(FAMILIES["writing"]("Things", "1.0.0"), "Things")
    before = {path: path.stat().st_mtime_ns for path in release.path.rglob("*")}
    stage.call(release, "install")
    assert {path: path.stat().st_mtime_ns for path in release.path.rglob("*")} == before
