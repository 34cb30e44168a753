"""One server for all commands, and short ways to prepare what they work on and to read them."""

import io
import itertools
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner

from pluginhub.cli.main import cli
from tests.cli.running import run, serving


@dataclass
class Served:
    """A server that runs in a process of its own."""

    folder: Path
    _note: dict[str, Any]
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def ask(self, method: str, path: str, body: Any = None, **more: str) -> Any:
        """Do over HTTP what is not the matter of the test."""
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        kind = "octet-stream" if isinstance(body, bytes) else "json"
        headers = {
            "Authorization": f"Bearer {self._note['token']}",
            "Content-Type": f"application/{kind}",
            **more,
        }
        url = f"{self._note['url']}/api/{path}"
        with urlopen(Request(url, content, headers, method=method)) as answer:
            return json.load(answer)

    def publish(self, *bundles: bytes) -> None:
        for bundle in bundles:
            self.ask("POST", "plugins", bundle)

    def user(self, **plugins: str | None) -> str:
        """Return the name of a new user who has these versions of plugins."""
        name = f"user{next(self._numbers)}"
        self.ask("POST", "users", {"name": name})
        for slug, version in plugins.items():
            self.ask("POST", f"plugins/{slug}/install?user={name}", {"version": version})
        return name

    def installed(self, user: str) -> dict[str, Any]:
        """Return what a user has, by slug."""
        found = self.ask("GET", f"plugins/installed?user={user}")["installations"]
        return {item["slug"]: item for item in found}

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return run(*arguments, cwd=self.folder, stdin=stdin)

    def say(self, *arguments: str, code: int = 0) -> str:
        """Return what a command prints that ends with this exit code."""
        done = self.run(*arguments)
        assert (done.returncode, done.stderr) == (code, "")
        return done.stdout

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Return what a command prints as JSON, and nothing else."""
        return json.load(io.StringIO(self.say("--json", *arguments, code=code)))

    def refused(self, *arguments: str) -> str:
        """Return the line that says why a command failed."""
        done = self.run(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        [line] = done.stderr.splitlines()
        return line


def misused(*arguments: str, stdin: str = "") -> str:
    """Return what a command says to wrong usage, for which it needs no process of its own."""
    done = CliRunner().invoke(cli, arguments, input=stdin)
    assert (done.exit_code, done.stdout) == (2, "")
    return done.stderr


@pytest.fixture(name="served", scope="package")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with serving(folder):
        yield served_in(folder)


def served_in(folder: Path) -> Served:
    """Return the server that runs with ``folder/data``."""
    return Served(folder, json.loads((folder / "data/server.json").read_bytes()))
