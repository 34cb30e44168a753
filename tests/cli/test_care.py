import json
from pathlib import Path

import pytest

from tests import bundles
from tests.cli.running import must, run

pytestmark = pytest.mark.timeout(60)  # several processes start


def test_cleanup_says_what_goes_and_what_stays(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[cleanup]\nversion_retention_days = 0\n")
    for version in ("1.0.0", "2.0.0"):
        (tmp_path / "bundle.tar.gz").write_bytes(bundles.bundle(version=version))
        must("publish", "bundle.tar.gz", cwd=tmp_path)
    stays = "Clock 2.0.0 stays: it is the highest version of its plugin"
    first, second, last = must("cleanup", "--dry-run", cwd=tmp_path).splitlines()
    assert (first, second) == ("Clock 1.0.0 would be removed", stays)
    assert last.startswith("would be removed: releases 1")
    report = json.loads(must("--json", "cleanup", cwd=tmp_path))
    assert [it["version"] for it in report["releases"]] == ["1.0.0"]
    assert must("cleanup", cwd=tmp_path).splitlines() == [
        stays,
        "removed: nothing; 0 bytes of files",
    ]


def test_verify_finds_damage_and_quarantines_it(tmp_path: Path) -> None:
    (tmp_path / "bundle.tar.gz").write_bytes(bundles.bundle())
    must("publish", "bundle.tar.gz", cwd=tmp_path)
    whole = f"1 releases with {len(bundles.files())} files: nothing wrong\n"
    assert must("verify", cwd=tmp_path) == whole
    (tmp_path / "data/shared/Clock/v1.0.0/dist/more.js").write_bytes(b"x")
    found = run("--json", "verify", cwd=tmp_path)
    [fault] = json.loads(found.stdout)["faults"]
    assert (found.returncode, fault["code"], fault["repair"]) == (1, "extra-file", None)
    repaired = run("verify", "--repair", cwd=tmp_path)
    assert repaired.returncode == 3
    assert "publish the same bundle again" in repaired.stdout
    must("publish", "bundle.tar.gz", cwd=tmp_path)
    assert must("verify", cwd=tmp_path) == whole
