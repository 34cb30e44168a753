"""Asks the process that forks for every point, from within a test."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Self

from tests.crash import points
from tests.crash.points import Mode
from tests.crash.power_cut import Policy

_ROOT = Path(__file__).parent.parent.parent
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - only where it is there, and below a name of our own


@dataclass
class Crashes:
    """The process."""

    _process: subprocess.Popen[str]
    _log: Path

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Self]:
        """Start the process, and end it after the block."""
        memory = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None
        with tempfile.TemporaryDirectory(dir=memory) as name:
            folder = Path(name).resolve()
            library = points.built(folder)
            with subprocess.Popen(
                [sys.executable, "-m", "tests.crash.process", folder],
                cwd=_ROOT,
                env={**os.environ, "LD_PRELOAD": str(library)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            ) as process:
                yield cls(process, folder / "log")

    def points(
        self, scenario: str, mode: Mode, *, first: int = 1, every: int = 1, fault: str = ""
    ) -> Iterator[list[str]]:
        """Let changes end badly, one after another, as long as there are some; yield complaints."""
        for number in count(first, every):
            answer = self._ask(
                "point", scenario=scenario, mode=mode.name, number=number, fault=fault
            )
            if not answer["came"]:
                assert not answer["complaints"], "without a crash"
                return
            yield [f"{scenario}, {mode.name} {number}: {it}" for it in answer["complaints"]]

    def cuts(
        self, scenario: str, policy: Policy, *, every: int = 1, fault: str = ""
    ) -> Iterator[list[str]]:
        """Cut the power at one moment after another, the last one first; yield complaints."""
        found = self._ask("cuts", scenario=scenario, policy=policy, fault=fault)
        assert not found["complaints"], "without a power cut"
        for number in range(found["number"] - 1, -1, -every):
            answer = self._ask("cut", scenario=scenario, number=number, fault=fault)
            yield [f"{scenario}, {policy} {number}: {it}" for it in answer["complaints"]]

    def _ask(self, do: str, **request: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"do": do, **request}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        assert line, self._log.read_text()
        return json.loads(line)
