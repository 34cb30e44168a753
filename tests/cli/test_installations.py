import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from pluginhub.cli.context import Context
from pluginhub.cli.plans import show_done
from tests import bundles
from tests.cli.conftest import Served, misused
from tests.cli.running import PLUGINHUB, PYTHON, environment, must, run, running, serving
from tests.conftest import hooked

pytestmark = pytest.mark.timeout(60)  # several processes start


def with_bundle(folder: Path, slug: str = "Clock", version: str = "1.0.0") -> Path:
    file = folder / f"{slug}-{version}.tar.gz"
    file.write_bytes(bundles.bundle(slug, version))
    return file


@pytest.fixture(name="hub_folder", scope="module")
def _hub_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub")
    must("user", "add", "ben", cwd=folder)
    must("publish", with_bundle(folder), cwd=folder)
    return folder


def installed(folder: Path, user: str) -> dict[str, str]:
    found = json.loads(must("--json", "list", "--user", user, cwd=folder))
    return {item["slug"]: item["version"] for item in found["installations"]}


def test_the_verbs_work_without_a_server(tmp_path: Path) -> None:
    must("user", "add", "ben", cwd=tmp_path)
    must("publish", with_bundle(tmp_path), with_bundle(tmp_path, version="1.1.0"), cwd=tmp_path)
    must("install", "Clock@1.0.0", "--user", "ben", cwd=tmp_path)
    assert installed(tmp_path, "ben") == {"Clock": "1.0.0"}
    said = must("update", "Clock", "--user", "ben", cwd=tmp_path)
    assert "went from 1.0.0 to 1.1.0" in said
    assert installed(tmp_path, "ben") == {"Clock": "1.1.0"}
    must("uninstall", "Clock", "--user", "ben", cwd=tmp_path)
    assert installed(tmp_path, "ben") == {}


def test_the_verbs_go_to_the_server_that_runs(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        must("user", "add", "ben", cwd=tmp_path)
        must("publish", with_bundle(tmp_path), cwd=tmp_path)
        must("install", "Clock", "--user", "ben", cwd=tmp_path)
        assert installed(tmp_path, "ben") == {"Clock": "1.0.0"}
        assert server.log().count("POST") == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("install", "Nope", "--user", "ben"), "there is no plugin 'Nope'"),
        (("install", "Clock@9.9.9", "--user", "ben"), "Clock has no release 9.9.9"),
        (("install", "Clock", "--user", "eve"), "there is no user 'eve'"),
        (("update", "Clock", "--user", "ben"), "Clock is not installed"),
        (("uninstall", "Clock", "--user", "ben"), "Clock is not installed"),
        (("show", "Nope"), "there is no plugin 'Nope'"),
        (("show", "a/../b?c"), "there is no plugin 'a/../b?c'"),
    ],
)
def test_what_does_not_exist_is_said_in_one_line(
    hub_folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = run(*arguments, cwd=hub_folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"pluginhub: {message}\n"


def test_a_command_waits_for_one_that_is_at_work(hub_folder: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path;"
        "from pluginhub.storage.data_directory import DataDirectory;"
        "DataDirectory.at(Path('data')).lock(); print('locked', flush=True); time.sleep(1.5)"
    )
    with running(cwd=hub_folder, program=("-c", program)) as other:
        assert other.first_line == "locked"
        must("list", cwd=hub_folder)


HOOKS = """
def on_install(self, context):
    context.config["for"] = context.user_name
"""
# Processes that lose their parent get this one as their new parent.
KEEPER = """
import ctypes, subprocess, sys, psutil
assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0
code = subprocess.run(sys.argv[1:]).returncode
left = psutil.Process().children(recursive=True)
print([child.cmdline() for child in left if child.status() != psutil.STATUS_ZOMBIE])
sys.exit(code)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")
def test_hooks_run_without_a_server_and_leave_no_process_behind(tmp_path: Path) -> None:
    (tmp_path / "clock.tar.gz").write_bytes(hooked(HOOKS))
    must("user", "add", "ben", cwd=tmp_path)
    must("publish", "clock.tar.gz", cwd=tmp_path)
    command = [*PYTHON, *PLUGINHUB, "--json", "install", "Clock", "--user", "ben"]
    done = subprocess.run(
        [sys.executable, "-c", KEEPER, *command],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    answer, _, processes = done.stdout.strip().rpartition("\n")
    assert json.loads(answer)["config"] == {"for": "ben"}
    assert processes == "[]"
    assert list((tmp_path / "data/staging").iterdir()) == []


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_a_server_that_ends_leaves_no_process_of_hooks_behind(tmp_path: Path, ending: str) -> None:
    with serving(tmp_path) as server:
        hub = Served(tmp_path, json.loads((tmp_path / "data/server.json").read_bytes()))
        hub.publish(hooked(HOOKS))
        hub.user(Clock=None)
        family = psutil.Process(server.process.pid).children(recursive=True)
        assert family
        getattr(server, ending)()
        _, alive = psutil.wait_procs(family, timeout=10)
        assert alive == []


def test_a_range_and_pre_releases_are_chosen_and_what_comes_along_is_told(served: Served) -> None:
    for version in ("1.0.0", "1.2.0", "2.0.0", "3.0.0-rc.1"):
        served.publish(bundles.bundle("Hand", version))
    served.publish(bundles.bundle("Dial", dependencies={"Hand": "^1"}))
    one, two, three = served.user(), served.user(), served.user()
    assert served.say("install", "hand@<2", "--user", one) == f"installed Hand 1.2.0 for {one}\n"
    answer = served.json("install", "Hand", "--pre", "--user", two)
    assert (answer["version"], answer["channel"]) == ("3.0.0-rc.1", "prerelease")
    said = served.say("install", "Dial", "--user", three)
    assert said == f"installed Dial 1.0.0 for {three}, with Hand\n"


def test_a_plan_is_shown_and_carried_out_until_it_is_stale(served: Served) -> None:
    files = bundles.files("Bell", "1.1.0", permissions=["audio"])
    changelog = b"# Changes\n\n## 1.1.0\n\n- louder\n"
    served.publish(bundles.bundle("Bell"), bundles.tar_gz({**files, "CHANGELOG.md": changelog}))
    user = served.user(Bell="1.0.0")
    shown = served.say("update", "Bell", "--user", user, "--dry-run")
    assert shown.startswith("update Bell 1.0.0 to 1.1.0: Bell was asked for\n")
    assert "  new permission: audio\n" in shown
    assert "  | - louder\n" in shown
    plan = shown.splitlines()[-1].removeprefix("plan ")
    as_json = served.json("update", "Bell", "--user", user, "--dry-run")
    assert as_json["plan"]["id"] == plan
    assert served.installed(user)["Bell"]["version"] == "1.0.0"
    served.ask("PATCH", f"plugins/Bell/config?user={user}", {"config": {"a": 1}})
    line = served.refused("update", "Bell", "--user", user, "--plan", plan)
    assert line == "pluginhub: the plan is no longer what was shown; look at it again"
    fresh = served.json("update", "Bell", "--user", user, "--dry-run")["plan"]["id"]
    said = served.say("update", "Bell", "--user", user, "--plan", fresh)
    assert said == f"Bell of {user} went from 1.0.0 to 1.1.0\n"
    assert served.say("update", "Bell", "--user", user, "--dry-run").startswith(
        "note: 1.1.0 is the highest release\nnothing to do\nplan "
    )


def test_a_plan_that_is_blocked_says_why(served: Served) -> None:
    served.publish(bundles.bundle("Chime"))
    user = served.user(Chime=None)
    said = served.say("install", "Chime", "--user", user, "--dry-run")
    assert said.startswith("blocked: Chime is already installed in version 1.0.0\nplan ")


REFUSING = """
def on_update(self, context, from_version):
    raise HookRefusedError("wind it up first")
"""


def test_everything_is_updated_and_what_is_blocked_is_told_by_the_exit_code(
    served: Served,
) -> None:
    served.publish(bundles.bundle("Gong"), bundles.bundle("Gong", "2.0.0"))
    served.publish(hooked(REFUSING, "Spring"), hooked(REFUSING, "Spring", "2.0.0"))
    user = served.user(Gong="1.0.0", Spring="1.0.0")
    said = served.say("update", "--all", "--user", user, code=3)
    assert "Gong: 1.0.0 to 2.0.0\n" in said
    assert "Spring: the update hook of Spring 2.0.0 refused: wind it up first\n" in said
    versions = {slug: item["version"] for slug, item in served.installed(user).items()}
    assert versions == {"Gong": "2.0.0", "Spring": "1.0.0"}
    answer = served.json("update", "--all", "--user", user, code=3)
    assert [bool(plan["blocked"]) for plan in answer["plans"]] == [False, True]
    served.ask("DELETE", f"plugins/Gong?user={user}")
    assert served.json("update", "--all", "--user", user, code=1)["plans"][0]["blocked"]
    answer = served.json("update", "--all", "--user", user, "--skip-hooks")
    assert answer["plans"][0]["steps"][0]["to"] == "2.0.0"


@pytest.mark.parametrize(
    "arguments",
    [(), ("Clock", "--all"), ("--all", "--plan", "x"), ("--all", "--plan", "")],
    ids=["nothing", "one and all", "a plan for all", "an empty plan for all"],
)
def test_an_update_is_of_one_plugin_or_of_all(arguments: tuple[str, ...]) -> None:
    assert "Error: " in misused("update", *arguments, "--user", "ben")


def test_a_rollback_returns(served: Served) -> None:
    served.publish(bundles.bundle("Cuckoo"), bundles.bundle("Cuckoo", "1.1.0"))
    user = served.user(Cuckoo="1.0.0")
    served.ask("PUT", f"plugins/Cuckoo/update?user={user}")
    said = served.say("rollback", "cuckoo", "--reset-config", "--user", user)
    assert said == f"Cuckoo of {user} went from 1.1.0 to 1.0.0\n"
    line = served.refused("rollback", "Cuckoo", "--user", user)
    assert line.endswith("there is no release to return to")


def test_a_plugin_and_its_modules_are_switched(served: Served) -> None:
    served.publish(bundles.bundle("Watch", modules=[{"name": "Face"}, {"name": "Alarm"}]))
    user = served.user(Watch=None)
    said = served.say("disable", "watch", "--module", "Alarm", "--user", user)
    assert said == f"disabled Alarm of Watch for {user}\n"
    assert [item["enabled"] for item in modules(served, user)] == [True, False]
    done = served.json("enable", "Watch", "--module", "Alarm", "--module", "Face", "--user", user)
    assert [item["enabled"] for item in done["modules"]] == [True, True]
    again = served.say("enable", "Watch", "--module", "Face", "--user", user)
    assert again == "Watch: it is on already\n"
    assert served.say("disable", "Watch", "--user", user) == f"disabled Watch for {user}\n"
    assert served.say("disable", "Watch", "--user", user) == "Watch: it is off already\n"
    assert served.installed(user)["Watch"]["enabled"] is False


def modules(served: Served, user: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.installed(user)["Watch"]["modules"]
    return found


def test_a_note_replaces_only_what_was_not_done(capsys: pytest.CaptureFixture[str]) -> None:
    context = Context(None, {}, as_json=False, quiet=False)
    note = {"slug": "Clock", "text": "it is so"}
    for plan, said in [
        ({"steps": [], "notes": [note]}, "Clock: it is so\n"),
        ({"steps": [{}], "notes": [note]}, "done\n"),
        ({"steps": [], "notes": []}, "done\n"),
    ]:
        show_done(context, {"plan": plan}, "done")
        assert capsys.readouterr().out == said


def test_of_plugins_that_need_each_other_the_others_come_along(served: Served) -> None:
    served.publish(bundles.bundle("Tick", dependencies={"Tock": "*"}))
    served.publish(bundles.bundle("Tock", dependencies={"Tick": "*"}))
    for slug, other in [("Tick", "Tock"), ("Tock", "Tick")]:
        user = served.user()
        said = served.say("install", slug.upper(), "--user", user)
        assert said == f"installed {slug} 1.0.0 for {user}, with {other}\n"


def test_what_is_needed_no_longer_is_told(served: Served) -> None:
    served.publish(bundles.bundle("Wheel"), bundles.bundle("Tower", dependencies={"Wheel": "*"}))
    user = served.user(Tower=None)
    line = served.refused("uninstall", "Wheel", "--user", user)
    assert line == "pluginhub: Wheel is needed by Tower@1.0.0; uninstall that first"
    said = served.say("uninstall", "Tower", "--user", user)
    assert said == (
        f"uninstalled Tower 1.0.0 from {user}\nWheel came along and is needed no longer\n"
    )


def test_hooks_that_stand_in_the_way_are_left_out(served: Served) -> None:
    served.publish(hooked("def on_uninstall(self, context): raise ValueError('never')", "Rust"))
    user = served.user(Rust=None)
    line = served.refused("uninstall", "Rust", "--user", user)
    assert line.startswith("pluginhub: the uninstall hook of Rust 1.0.0 failed: ValueError: never")
    served.say("uninstall", "Rust", "--skip-hooks", "--user", user)
    assert served.installed(user) == {}


def test_quiet_prints_nothing(served: Served) -> None:
    served.publish(bundles.bundle("Hush"))
    user = served.user()
    assert served.say("--quiet", "install", "Hush", "--user", user) == ""
    assert [*served.installed(user)] == ["Hush"]
