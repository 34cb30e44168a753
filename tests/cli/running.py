"""Runs pluginhub as a user does: as a process of its own."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PYTHON = (sys.executable, "-W", "error")
PLUGINHUB = ("-m", "pluginhub")


def environment(**more: str) -> dict[str, str]:
    """Return the environment without settings of the machine that runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLUGIN")}
    return {**kept, **more}


def run(
    *arguments: str | Path,
    cwd: Path,
    stdin: str = "",
    environ: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*PYTHON, *PLUGINHUB, *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        env=environ or environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def must(*arguments: str | Path, cwd: Path, stdin: str = "") -> str:
    """Run a command that has to succeed, and return what it printed."""
    done = run(*arguments, cwd=cwd, stdin=stdin)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass
class Running:
    """A process that goes on."""

    process: subprocess.Popen[str]
    first_line: str
    _log: IO[str] = field(repr=False)

    def stop(self) -> int:
        """End it as an init system does, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait(5)

    def log(self) -> str:
        """Return what it wrote to standard error."""
        self._log.seek(0)
        return self._log.read()


@contextmanager
def running(
    *arguments: str | Path, cwd: Path, program: Sequence[str] = PLUGINHUB
) -> Iterator[Running]:
    """Start a program that prints a line and goes on; it is ended after the block."""
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            [*PYTHON, *program, *map(str, arguments)],
            cwd=cwd,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        first_line = process.stdout.readline().strip()
        found = Running(process, first_line, log)
        try:
            assert first_line, found.log()
            yield found
        finally:
            if process.poll() is None:
                found.stop()


@contextmanager
def serving(cwd: Path, arguments: Sequence[str | Path] = ()) -> Iterator[Running]:
    """Run a server on a free port, with ``cwd/data`` as its data directory."""
    with running(*arguments, "serve", "--port", "0", cwd=cwd) as server:
        yield server
