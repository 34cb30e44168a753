import json
import shlex
import subprocess
from pathlib import Path

from tests import bundles
from tests.cli.conftest import Served, misused
from tests.cli.running import PLUGINHUB, PYTHON, environment, must, run


def test_a_user_goes_out_and_comes_in(served: Served) -> None:
    served.publish(bundles.bundle("Exported"))
    name = served.user(Exported="1.0.0")
    file = served.folder / f"{name}.json"
    assert served.say("user", "export", name, str(file)) == f"wrote {file}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    before = json.loads(file.read_bytes())
    assert [it["slug"] for it in before["installations"]] == ["Exported"]
    served.say("user", "remove", name, "--yes")
    said = served.say("user", "import", str(file))
    assert said == f"added user {name}; installations: 1, states: 0\n"
    after = json.loads(served.say("user", "export", name))
    assert after["installations"] == before["installations"]
    assert after["user"] == before["user"]
    assert served.refused("user", "import", str(file)).endswith(f"is taken by {name}")


def test_a_file_that_exists_is_not_overwritten_and_nothing_is_handed_out(served: Served) -> None:
    name = served.user()
    file, link = served.folder / "mine.txt", served.folder / "link.txt"
    file.write_text("mine")
    link.symlink_to(served.folder / "nowhere")
    for path in (file, link, served.folder):
        done = served.run("user", "export", name, str(path))
        assert (done.returncode, done.stdout) == (2, "")
    assert "mine.txt exists already" in served.run("user", "export", name, str(file)).stderr
    assert file.read_text() == "mine"
    assert not (served.folder / "nowhere").exists()
    history = json.loads(served.say("user", "export", name))["history"]
    assert [it["action"] for it in history] == ["add-user"]


def test_a_file_that_cannot_be_made_is_named(served: Served) -> None:
    name = served.user()
    done = served.run("user", "export", name, "missing/file.json")
    assert done.returncode == 2
    assert "missing/file.json: No such file or directory" in done.stderr


def test_a_file_that_the_disk_has_no_room_for_does_not_stay(served: Served) -> None:
    name = served.user()
    limited = f"ulimit -f 0; trap '' XFSZ; {shlex.join([*PYTHON, *PLUGINHUB])} user export"
    done = subprocess.run(
        ["/bin/sh", "-c", f"{limited} {name} cut.json"],
        cwd=served.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "File too large" in done.stderr
    assert not (served.folder / "cut.json").exists()


def test_what_is_missing_is_named_and_in_the_exit_code(served: Served) -> None:
    served.publish(bundles.bundle("Moved"))
    name = served.user(Moved="1.0.0")
    file = served.folder / "missing.json"
    document = json.loads(served.say("user", "export", name))
    [moved] = document["installations"]
    document["installations"].append({**moved, "slug": "Gone"})
    document["user"] |= {"id": "a" * 32, "name": "moved"}
    file.write_text(json.dumps(document))
    said = served.say("user", "import", str(file), code=3).splitlines()
    assert said == [
        "Gone 1.0.0: it is not published here",
        "added user moved; installations: 1, states: 0",
    ]
    document["user"] |= {"id": "b" * 32, "name": "again"}
    file.write_text(json.dumps(document))
    found = served.json("user", "import", str(file), code=3)
    assert (found["user"]["name"], found["installations"]) == ("again", 1)
    assert [it["slug"] for it in found["missing"]] == ["Gone"]


def test_nothing_in_an_export_has_an_effect_on_the_terminal(served: Served) -> None:
    served.publish(bundles.bundle("Colors"))
    name = served.user(Colors="1.0.0")
    odd = {"config": {"\u202e": "\x9b31m\x1b[31m\u2028"}}
    served.ask("PUT", f"plugins/Colors/config?user={name}", odd)
    said = served.say("user", "export", name)
    assert said.isascii()
    assert "\x1b" not in said
    assert json.loads(said)["installations"][0]["config"] == odd["config"]


def test_what_is_no_document_is_refused_in_one_line(served: Served) -> None:
    file = served.folder / "bad.json"
    for content, words in [
        ("{", "the body is not JSON"),
        ('{"format": 1}', "user: required"),
        ("[]", "the document: "),
    ]:
        file.write_text(content)
        assert words in served.refused("user", "import", str(file))
    assert "does not exist" in misused("user", "import", "missing.json")
    assert served.refused("user", "export", "ghost").endswith("there is no user 'ghost'")


def test_without_a_server_it_is_the_same(tmp_path: Path) -> None:
    must("user", "add", "ann", cwd=tmp_path)
    must("--quiet", "user", "export", "ann", "ann.json", cwd=tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    said = must("user", "import", "../ann.json", cwd=other)
    assert said == "added user ann; installations: 0, states: 0\n"
    assert run("user", "import", "../ann.json", cwd=other).returncode == 1
