import json
import os
import subprocess
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.cli.running import PLUGINHUB, PYTHON, environment, must, run, serving

pytestmark = pytest.mark.timeout(60)  # several processes start


def users(folder: Path) -> dict[str, tuple[str, bool]]:
    found = json.loads(must("--json", "user", "list", cwd=folder))
    return {item["name"]: (item["role"], item["enabled"]) for item in found["users"]}


def test_accounts_are_added_disabled_enabled_and_removed(tmp_path: Path) -> None:
    must("user", "add", "--admin", "ann", "--email", "ann@example.org", cwd=tmp_path)
    must("user", "add", "ben", cwd=tmp_path)
    must("user", "disable", "ben", cwd=tmp_path)
    assert users(tmp_path) == {"ann": ("admin", True), "ben": ("user", False)}
    must("user", "enable", "ben", cwd=tmp_path)
    assert users(tmp_path)["ben"] == ("user", True)
    must("user", "remove", "ben", "--yes", cwd=tmp_path)
    assert users(tmp_path) == {"ann": ("admin", True)}
    assert "ann@example.org" in must("user", "list", cwd=tmp_path)


def test_without_a_terminal_a_password_is_made_up_and_printed(tmp_path: Path) -> None:
    said = must("user", "add", "ben", cwd=tmp_path)
    assert said.startswith("added user ben, password ")
    assert len(said.split()[-1]) == 16


def test_a_password_that_was_made_up_is_printed_even_if_quiet(tmp_path: Path) -> None:
    assert ", password " in must("--quiet", "user", "add", "ben", cwd=tmp_path)
    assert must("--quiet", "user", "list", cwd=tmp_path) == ""


def test_a_password_is_read_from_standard_input_and_not_printed(tmp_path: Path) -> None:
    said = must("user", "add", "ben", "--password-stdin", cwd=tmp_path, stdin="correct horse\n")
    assert said == "added user ben\n"


def test_a_password_is_asked_for_on_a_terminal(tmp_path: Path) -> None:
    terminal, inside = os.openpty()
    with subprocess.Popen(
        [*PYTHON, *PLUGINHUB, "user", "add", "ben"],
        cwd=tmp_path,
        env=environment(),
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
    ) as process:
        said = b""
        for prompt in (b"Password:", b"confirmation:"):
            while prompt not in said:
                said += os.read(terminal, 1024)
            os.write(terminal, b"correct horse\n")
        while b"added user ben" not in said:
            said += os.read(terminal, 1024)
        assert process.wait(9) == 0
    os.close(terminal)
    os.close(inside)
    assert b"correct horse" not in said


def test_a_short_password_is_refused(tmp_path: Path) -> None:
    done = run("user", "add", "ben", "--password-stdin", cwd=tmp_path, stdin="short\n")
    assert (done.returncode, done.stderr) == (
        1,
        "pluginhub: password: a password has at least 8 characters\n",
    )


def test_removing_asks_first(tmp_path: Path) -> None:
    must("user", "add", "ben", cwd=tmp_path)
    done = run("user", "remove", "ben", cwd=tmp_path, stdin="n\n")
    assert done.returncode == 1
    assert "ben" in users(tmp_path)


def test_a_name_with_odd_characters_is_refused_in_one_line(tmp_path: Path) -> None:
    done = run("user", "add", "a/b", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("pluginhub: name: 'a/b' is no user name")


def test_the_password_that_was_set_signs_in(tmp_path: Path) -> None:
    must("user", "add", "ben", cwd=tmp_path)
    with serving(tmp_path) as server:
        must("user", "password", "ben", "--password-stdin", cwd=tmp_path, stdin="correct horse\n")
        assert sign_in(server.first_line, "ben", "correct horse") == 200
        assert sign_in(server.first_line, "ben", "wrong horse") == 401


def sign_in(url: str, name: str, password: str) -> int:
    body = json.dumps({"email": name, "password": password}).encode()
    kind = {"Content-Type": "application/json"}
    try:
        with urlopen(Request(f"{url}/api/v1/auth/login", body, kind)) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code
