import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.managers.braindrive import running
from tests.managers.braindrive.running import Stage


@pytest.fixture(name="process", scope="module")
def _process() -> Iterator[subprocess.Popen[str]]:
    with running.process() as started:
        yield started


@pytest.fixture(name="stage")
def _stage(process: subprocess.Popen[str], tmp_path: Path) -> Stage:
    return Stage(process, tmp_path)
