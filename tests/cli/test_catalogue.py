import json
import re
from pathlib import Path

import pytest

from tests import bundles
from tests.cli.conftest import Served
from tests.cli.running import must, run

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


def test_a_directory_and_its_archive_are_the_same_release(tmp_path: Path) -> None:
    said = must("publish", unpacked(tmp_path), with_bundle(tmp_path), cwd=tmp_path)
    assert said.splitlines() == ["published Clock 1.0.0", "was published before: Clock 1.0.0"]


def test_a_dry_run_judges_bundles_and_publishes_nothing(tmp_path: Path) -> None:
    good = with_bundle(tmp_path)
    must("publish", with_bundle(tmp_path, "Map"), cwd=tmp_path)
    (tmp_path / "bad.tar.gz").write_bytes(b"not an archive")
    done = run("publish", "--dry-run", good, "Map-1.0.0.tar.gz", "bad.tar.gz", cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()) == (
        3,
        ["would publish Clock 1.0.0", "was published before: Map 1.0.0"],
    )
    assert done.stderr.startswith("bad.tar.gz: ")
    assert "Clock" not in must("list", cwd=tmp_path)
    [shown] = json.loads(must("--json", "publish", "--dry-run", good, cwd=tmp_path))["published"]
    assert (shown["slug"], shown["created"], shown["dry_run"]) == ("Clock", True, True)


def test_a_refused_bundle_is_named_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "bad.tar.gz").write_bytes(bundles.tar_gz({"x.js": b""}))
    done = run("publish", "bad.tar.gz", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "bad.tar.gz: there is neither pluginhub.json nor lifecycle_manager.py"
        " at the top of the bundle\n"
        "pluginhub check bad.tar.gz tells everything at once\n"
    )


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


def test_list_and_show_print_tables(served: Served) -> None:
    served.publish(bundles.bundle())
    assert re.search(r"^ Clock +1\.0\.0 +0 ", served.say("list"), re.MULTILINE)
    shown = served.say("show", "clock")
    assert shown.startswith("The Clock (Clock)\n")
    assert "Face" in shown
    assert served.json("show", "Clock")["slug"] == "Clock"


def test_words_of_people_are_printed_as_they_are(served: Served) -> None:
    reason = "[beta] x [/foo] :smile: [bold]y"
    served.publish(bundles.bundle("Wordy", description="[/it] [red]ticks"))
    served.say("yank", "Wordy@1.0.0", "--reason", reason)
    shown = served.say("show", "Wordy")
    assert reason in shown
    assert "[/it] [red]ticks" in shown
