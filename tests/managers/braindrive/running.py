"""Runs hooks as the server does: each in a process of its own, forked from a prepared one."""

import asyncio
import gc
import importlib
import json
import os
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.storage.forms import listing

ROOT = Path(__file__).parents[3]
USER = {"id": "0123456789abcdef0123456789abcdef", "name": "ann", "email": "ann@example.org"}

T = TypeVar("T")
Rows = dict[str, list[dict[str, Any]]]


class FailedError(Exception):
    """A hook raised; ``kind`` is the name of the class."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Release:
    slug: str
    version: str
    path: Path


@dataclass
class Stage:
    """A user and the releases of plugins, and nothing else that hooks could change."""

    process: subprocess.Popen[str]
    folder: Path
    rows: Rows = field(default_factory=dict)
    seconds: float = 0.0
    calls: int = 0

    def release(self, files: dict[str, bytes], slug: str, version: str = "1.0.0") -> Release:
        path = self.folder / "shared" / slug / f"v{version}"
        for name, content in files.items():
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            file.chmod(0o444)
        return Release(slug, version, path)

    def call(self, release: Release, hook: str, **data: Any) -> dict[str, Any]:
        """Run a hook, and see that it leaves nothing but what it answers."""
        self.calls += 1
        scratch = self.folder / f"scratch-{self.calls}"
        scratch.mkdir()
        request = {
            "hook": hook,
            "slug": release.slug,
            "version": release.version,
            "path": str(release.path),
            "hooks": "lifecycle_manager.py",
            "scratch": str(scratch),
            "data": {"user": USER, "rows": self.rows, **data},
        }
        before = listing(self.folder / "shared")
        answer = self._ask(request)
        assert listing(self.folder / "shared") == before
        shutil.rmtree(scratch)
        assert [path.name for path in self.folder.iterdir()] == ["shared"]
        if "error" in answer:
            raise FailedError(*answer["error"])
        self.seconds = answer["seconds"]
        result: dict[str, Any] = answer["result"]
        self.rows = result.get("rows", self.rows)
        return result

    def table(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        return [tuple(row[column] for column in columns) for row in self.rows[name]]

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@contextmanager
def process() -> Iterator[subprocess.Popen[str]]:
    """Start the process that all hooks of the block are forked from."""
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        yield started


def done(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run what never waits, without an event loop that it could block."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waits")


def main() -> None:
    contract = importlib.import_module("pluginhub.managers.braindrive.contract")
    for name in ("structlog", "sqlalchemy.ext.asyncio", "asyncio.runners"):
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        reading, writing = os.pipe()
        if child := os.fork():
            os.close(writing)
            with os.fdopen(reading) as pipe:
                sys.stdout.write(f"{pipe.read()}\n")
            sys.stdout.flush()
            os.waitpid(child, 0)
            continue
        os.dup2(2, 1)
        answer = _respond(contract, json.loads(line))
        with os.fdopen(writing, "w") as pipe:
            pipe.write(json.dumps(answer, allow_nan=False))
        os._exit(0)


def _respond(contract: Any, request: dict[str, Any]) -> dict[str, Any]:
    os.chdir(request["scratch"])
    begin = time.perf_counter()
    try:
        result = asyncio.run(contract.run(request))
    except Exception as error:  # noqa: BLE001 - the test judges
        traceback.print_exc()
        return {"error": [type(error).__name__, str(error)]}
    return {"result": result, "seconds": time.perf_counter() - begin}


if __name__ == "__main__":
    main()
