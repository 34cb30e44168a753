import json
from pathlib import Path

import pytest

from tests.care.migration.old_system import ANN, BEN, application, content, oldest, plugin_row, put
from tests.cli.conftest import misused
from tests.cli.running import must, run, serving

pytestmark = pytest.mark.timeout(60)  # several processes start


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """Where there is a directory of the old system, with two users of one plugin."""
    for user in (ANN, BEN):
        put(tmp_path / f"old/{user}/Chat", oldest())
    return tmp_path


def test_it_is_said_what_would_be_done_and_then_done_and_taken_back(folder: Path) -> None:
    before = content(folder)
    said = must("migrate", "old", cwd=folder).splitlines()
    assert said[0] == "users: 2, copies: 2, plugins: 1"
    assert said[-1].endswith("; --apply does it")
    assert content(folder) == before
    done = must("migrate", "old", "--apply", cwd=folder).splitlines()
    assert done[-3].startswith("published: 1, accounts made: 2, plugins installed: 2, ")
    assert done[-2] == "every plugin of every user was looked at: as before"
    back = done[-1].removeprefix("to take it back: pluginhub ").split()
    assert "Chat" in must("list", "--user", BEN, cwd=folder)
    assert must(*back, cwd=folder) == f"{back[-1]} was taken back\n"
    assert content(folder) == before


def test_programs_get_all_of_it(folder: Path) -> None:
    database = application(folder / "app.db", plugin=[plugin_row(ANN, "Chat", enabled=0)])
    names = folder / "names.json"
    names.write_text(json.dumps({ANN: {"name": "ann"}, BEN: {"name": "ben", "email": "b@e.org"}}))
    options = ("--database", database, "--user-map", names, "--report", folder / "report.json")
    said = json.loads(must("--json", "migrate", "old", *options, "--apply", cwd=folder))
    assert said == json.loads((folder / "report.json").read_text())
    assert said["validation"] == {"ok": True, "problems": []}
    assert {it["name"]: it["plugins"] for it in said["users"]} == {
        "ann": {"Chat": "1.0.0"},
        "ben": {"Chat": "1.0.0"},
    }
    assert (said["copies"], said["bytes_saved"]) == (2, said["bytes_once"])


def test_what_could_not_be_taken_is_in_the_exit_code(folder: Path) -> None:
    put(folder / f"old/{ANN}/Broken", {"plugin.json": "{"})
    done = run("migrate", "old", "--apply", cwd=folder)
    assert done.returncode == 3
    assert f"  {ANN}/Broken: plugin.json: is no JSON: " in done.stdout
    (folder / "empty").mkdir()
    assert run("migrate", "empty", cwd=folder).returncode == 1
    gone = run("migrate", "missing", cwd=folder)
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "missing cannot be read: No such file or directory" in gone.stderr


def test_a_server_that_runs_is_in_the_way(folder: Path) -> None:
    with serving(folder):
        assert must("migrate", "old", cwd=folder)
        refused = run("migrate", "old", "--apply", cwd=folder)
        assert refused.returncode == 1
        assert refused.stderr.endswith(
            "in use by another pluginhub process; stop the server first\n"
        )


def test_wrong_usage_is_explained(tmp_path: Path) -> None:
    assert "give a SOURCE, or --rollback ID" in misused("migrate")
    assert "give a SOURCE, or --rollback ID" in misused("migrate", "x", "--rollback", "y")
    (tmp_path / "names.json").write_text('{"x": {"name": ""}}')
    (tmp_path / "old").mkdir()
    refused = run("migrate", "old", "--user-map", "names.json", cwd=tmp_path)
    assert refused.returncode == 1
    assert "names.json: x.name: " in refused.stderr
