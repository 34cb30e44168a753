"""Every command of the README is run, as it stands there."""

import re
import shlex
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

import pluginhub
from pluginhub.manifest import parse
from tests.cli.running import must, serving

pytestmark = pytest.mark.timeout(60)  # several processes start

ROOT = Path(pluginhub.__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]


def test_the_commands_for_use_work_in_their_order(tmp_path: Path) -> None:
    sample = Path(pluginhub.__file__).parent / "demo/bundles/Dashboard-1.0.0.tar.gz"
    shutil.copy(sample, tmp_path / "bundle.tar.gz")
    commands = [shlex.split(line) for line in COMMANDS if line.startswith("pluginhub ")]
    assert len(commands) == 6
    with ExitStack() as stack:
        for _, *arguments in commands:
            if arguments == ["serve"]:
                stack.enter_context(serving(tmp_path))
            else:
                said = must(*arguments, cwd=tmp_path)
                assert said
        assert "Dashboard   1.0.0     1" in must("list", cwd=tmp_path)


def test_all_other_commands_are_run_by_ci() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    others = [line for line in COMMANDS if not line.startswith("pluginhub ")]
    assert len(others) == 2
    for line in others:
        last = line.rpartition("/")[2]
        assert f"readme_command '{last}'" in script


def test_the_manifest_in_the_readme_is_valid() -> None:

    (example,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    assert parse(example.encode()).slug == "Weather_Panel"
