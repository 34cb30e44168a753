import json
from pathlib import Path

from tests import bundles
from tests.cli.conftest import misused
from tests.cli.running import run


def test_a_new_plugin_is_written_and_what_comes_next_is_said(tmp_path: Path) -> None:
    done = run("new", "hello-world", "--without-build", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    first, *following = done.stdout.splitlines()
    assert first == "wrote hello-world into hello-world; next:"
    assert following == [
        "  cd hello-world",
        "  pluginhub check .",
        "  pluginhub dev . --user YOU",
    ]
    done = run("--json", "new", "Other", "--directory", "place", cwd=tmp_path)
    shown = json.loads(done.stdout)
    assert shown["directory"] == "place"
    assert "bundle/pluginhub.json" in shown["files"]
    assert all((tmp_path / "place" / name).is_file() for name in shown["files"])


def test_a_place_that_is_taken_is_refused_in_one_line(tmp_path: Path) -> None:
    run("new", "Clock", "--without-build", cwd=tmp_path)
    done = run("new", "Clock", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "pluginhub: Clock is there and not empty; choose another place\n"


def test_a_bundle_is_checked_without_a_data_directory(tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(bundles.bundle())
    done = run("check", "good", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "dist/remoteEntry.js: warning: does not seem to expose the module Face",
        "note: 4 files, 191 bytes",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["good"]


def test_errors_are_told_with_their_place_and_by_the_exit_code(tmp_path: Path) -> None:
    bad = {**bundles.files(), "pluginhub.json": b'{\n  "slug": 3\n}'}
    (tmp_path / "bad").write_bytes(bundles.tar_gz(bad))
    done = run("--quiet", "check", "bad", cwd=tmp_path)
    assert done.returncode == 1
    assert "pluginhub.json:2:11: slug: Input should be a valid string" in done.stdout.splitlines()
    assert "note" not in done.stdout
    done = run("--json", "check", "bad", cwd=tmp_path)
    assert done.returncode == 1
    [found] = [it for it in json.loads(done.stdout) if it["line"] == 2]
    assert found == {
        "code": "bundle-bad-manifest",
        "severity": "error",
        "message": "slug: Input should be a valid string",
        "file": "pluginhub.json",
        "line": 2,
        "column": 11,
    }


def test_what_is_not_there_is_wrong_usage() -> None:
    assert "does not exist" in misused("check", "/no/such/bundle")
