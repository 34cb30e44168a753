import json
from pathlib import Path

import pytest

from tests import bundles
from tests.cli.running import must, run, serving

pytestmark = pytest.mark.timeout(60)  # several processes start


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """Where a release is published, and a backup is made."""
    (tmp_path / "bundle.tar.gz").write_bytes(bundles.bundle())
    must("publish", "bundle.tar.gz", cwd=tmp_path)
    made = json.loads(must("--json", "backup", "safe", cwd=tmp_path))
    assert made["path"].startswith(str(tmp_path / "safe/2"))
    return tmp_path


def test_a_backup_is_made_of_a_running_server_and_checked(folder: Path) -> None:
    with serving(folder):
        [line] = must("backup", "safe", cwd=folder).splitlines()
        assert line.endswith(": 1 releases (0 copied, 0 bytes)")
        assert must("restore", "safe", "--check", cwd=folder).endswith(": 1 releases, all whole\n")
        refused = run("restore", "safe", "--yes", cwd=folder)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.endswith(
            "in use by another pluginhub process; stop the server first\n"
        )


def test_a_restore_asks_and_does_nothing_without_an_answer(folder: Path) -> None:
    asked = run("restore", "safe", cwd=folder)
    assert asked.returncode == 2
    assert "with --yes nothing is asked" in asked.stderr


def test_a_restore_says_where_the_rest_is(folder: Path) -> None:
    first, second = must("restore", "safe", "--yes", cwd=folder).splitlines()
    assert first.startswith("restored 1 releases from the backup of 20")
    assert f"is in {folder / 'data/replaced/2'}" in second
    assert must("--data-dir", "new", "restore", "safe", cwd=folder).splitlines()[1:] == []
    done = json.loads(must("--json", "--data-dir", "third", "restore", "safe", cwd=folder))
    assert (done["releases"], done["missing"], done["replaced"]) == (1, [], None)
    assert "Clock" in must("--data-dir", "third", "list", cwd=folder)


def test_what_is_damaged_is_named_with_exit_code_3(folder: Path) -> None:
    (folder / "data/shared/Clock/v1.0.0" / bundles.ENTRY).unlink()
    made = run("backup", "other", cwd=folder)
    assert made.returncode == 3
    assert made.stdout.splitlines()[0] == "not whole, so not in the backup: Clock@1.0.0"
    done = run("--data-dir", "new", "restore", "other", cwd=folder)
    assert done.returncode == 3
    assert "not in the backup; publish it again: Clock@1.0.0" in done.stdout


def test_what_is_no_backup_is_refused(folder: Path) -> None:
    refused = run("restore", "data", "--yes", cwd=folder)
    assert (refused.returncode, refused.stderr) == (
        1,
        f"pluginhub: {folder / 'data'} holds no backup\n",
    )
    assert run("restore", "missing", cwd=folder).returncode == 2
