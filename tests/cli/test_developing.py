import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests import bundles
from tests.cli.conftest import Served, misused
from tests.cli.running import Running, run, running

pytestmark = pytest.mark.timeout(60)  # processes start


def write(folder: Path, **more: Any) -> Path:
    """Write a plugin into a directory."""
    for name, content in bundles.files("Trial", **more).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def next_after(served: Served, user: str, version: str) -> str:
    """Wait until a user has another version of the plugin, and return it."""
    end = time.monotonic() + 20
    while (found := str(served.installed(user)["Trial"]["version"])) == version:
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def interrupted(command: Running) -> int:
    """Press Ctrl-C, and return the exit code."""
    command.process.send_signal(signal.SIGINT)
    return command.process.wait(15)


def test_each_save_reaches_the_user_and_at_the_end_they_have_nothing(
    served: Served, tmp_path: Path
) -> None:
    user = served.user()
    arguments = ("--data-dir", served.folder / "data", "--json", "dev", tmp_path)
    write(tmp_path)
    with running(*arguments, "--user", user, cwd=tmp_path) as command:
        first = json.loads(command.first_line)
        assert (first["slug"], first["created"]) == ("Trial", True)
        write(tmp_path, description="another")
        second = next_after(served, user, first["version"])
        (tmp_path / "pluginhub.json").write_text("{")
        end = time.monotonic() + 20
        while "the last good one stays" not in command.log():
            assert time.monotonic() < end
            time.sleep(0.05)
        assert served.installed(user)["Trial"]["version"] == second
        assert "pluginhub.json:1:" in command.log()
        assert interrupted(command) == 0
    assert "Trial" not in served.installed(user)


def test_what_is_kept_goes_with_the_next_run(served: Served, tmp_path: Path) -> None:
    user = served.user()
    arguments = ("--data-dir", served.folder / "data", "dev", tmp_path, "--user", user)
    write(tmp_path)
    with running(*arguments, "--keep", cwd=tmp_path) as command:
        assert interrupted(command) == 0
    kept = served.installed(user)["Trial"]["version"]
    assert kept.startswith("1.0.0+dev.")
    write(tmp_path, description="another")
    with running(*arguments, cwd=tmp_path) as command:
        assert kept not in command.first_line
        assert interrupted(command) == 0
    assert "Trial" not in served.installed(user)


def test_without_a_server_and_without_the_user_it_says_so(served: Served, tmp_path: Path) -> None:
    done = run("dev", write(tmp_path), "--user", "ann", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "start it with: pluginhub serve" in done.stderr
    there = served.refused("dev", str(tmp_path), "--user", "nobody-there")
    assert "nobody-there" in there


def test_a_file_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "is a file" in misused("dev", str(tmp_path / "file"), "--user", "ann")
