import json
from pathlib import Path

import pytest

from tests import bundles
from tests.cli.running import must, run, running, serving

pytestmark = pytest.mark.timeout(60)  # several processes start


def with_bundle(folder: Path, slug: str = "Clock", version: str = "1.0.0") -> Path:
    file = folder / f"{slug}-{version}.tar.gz"
    file.write_bytes(bundles.bundle(slug, version))
    return file


def unpacked(folder: Path) -> Path:
    for path, content in bundles.files().items():
        file = folder / "clock" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder / "clock"


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


def test_a_directory_and_its_archive_are_the_same_release(tmp_path: Path) -> None:
    said = must("publish", unpacked(tmp_path), with_bundle(tmp_path), cwd=tmp_path)
    assert said.splitlines() == ["published Clock 1.0.0", "was published before: Clock 1.0.0"]


def test_a_refused_bundle_is_named_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "bad.tar.gz").write_bytes(bundles.tar_gz({"x.js": b""}))
    done = run("publish", "bad.tar.gz", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "bad.tar.gz: there is no pluginhub.json at the top of the bundle\n"


def test_publishing_some_of_several_bundles_is_told_by_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "bad.tar.gz").write_bytes(b"not an archive")
    done = run("--json", "publish", "bad.tar.gz", with_bundle(tmp_path), cwd=tmp_path)
    assert done.returncode == 3
    published = json.loads(done.stdout)["published"]
    assert [item.get("error") for item in published] == ["bundle-not-an-archive", None]


def test_a_path_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    done = run("publish", "nothing.zip", cwd=tmp_path)
    assert done.returncode == 2
    assert "nothing.zip" in done.stderr


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


@pytest.fixture(name="hub_folder", scope="module")
def _hub_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub")
    must("user", "add", "ben", cwd=folder)
    must("publish", with_bundle(folder), cwd=folder)
    return folder


def test_list_and_show_print_tables(hub_folder: Path) -> None:
    assert "Clock    1.0.0     0" in must("list", cwd=hub_folder)
    shown = must("show", "clock", cwd=hub_folder)
    assert shown.startswith("The Clock (Clock)\n")
    assert "Face" in shown


def test_a_command_waits_for_one_that_is_at_work(hub_folder: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path;"
        "from pluginhub.storage.data_directory import DataDirectory;"
        "DataDirectory.at(Path('data')).lock(); print('locked', flush=True); time.sleep(1.5)"
    )
    with running(cwd=hub_folder, program=("-c", program)) as other:
        assert other.first_line == "locked"
        must("list", cwd=hub_folder)
