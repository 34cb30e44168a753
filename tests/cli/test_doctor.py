import json
from pathlib import Path

import pytest

from tests.cli.running import must, run, serving

pytestmark = pytest.mark.timeout(60)  # several processes start


def test_the_exit_code_says_how_bad_it_is(tmp_path: Path) -> None:
    found = run("doctor", cwd=tmp_path)
    assert found.returncode == 3
    assert "warning: no-admin: none of 0 accounts" in found.stdout
    must("user", "add", "--admin", "ann", "--password-stdin", cwd=tmp_path, stdin="x" * 20)
    found = run("--json", "doctor", cwd=tmp_path)
    findings = json.loads(found.stdout)["findings"]
    assert {it["code"] for it in findings} >= {"backup-none"}
    worst = {it["severity"] for it in findings}
    assert found.returncode == (3 if "warning" in worst else 0)
    (tmp_path / "data/pluginhub.db").write_bytes(b"not a database" * 1000)
    found = run("doctor", cwd=tmp_path)
    assert found.returncode == 1
    assert found.stdout.startswith("error: cannot-start: ")


def test_a_server_that_runs_is_asked_itself(tmp_path: Path) -> None:
    with serving(tmp_path, ["--data-dir", "data"]):
        found = json.loads(run("--json", "doctor", cwd=tmp_path).stdout)["findings"]
        assert "no-admin" in {it["code"] for it in found}
