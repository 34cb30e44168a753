"""What is wrong with the ``lifecycle_manager.py`` of a package of BrainDrive."""

import ast
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pluginhub.authoring.findings import Finding
from pluginhub.errors import BadBundleError
from pluginhub.lifecycle import judging
from pluginhub.storage import braindrive
from pluginhub.storage.braindrive import FILE_NAME
from pluginhub.storage.literals import Reader


def read(root: Path) -> tuple[Mapping[str, Any], list[Finding]]:
    """Return what a package says of itself, and what is wrong with it or could not be read.

    Args:
        root: Of its files; nothing of them is executed.
    """
    reader = Reader()
    try:
        found = braindrive.read(root, reader)
    except BadBundleError as error:
        problems = error.fields.get("problems") or [error.message]
        return {}, [_refused(str(problem), root, reader) for problem in problems]
    said = found.manifest.model_dump(exclude_unset=True)
    faults = [
        Finding(f"bundle-{it.reason}", "error", f"{it.path}: {it.message}", FILE_NAME)
        for it in judging.faults(said)
    ]
    unread = [
        Finding(
            "not-literal",
            "warning",
            f"{path}: would have to be run to be known, so it is left out",
            FILE_NAME,
            reader.lines.get(path),
        )
        for path in found.unread
    ]
    return said, [*faults, *unread]


def _refused(problem: str, root: Path, reader: Reader) -> Finding:
    path = problem.partition(":")[0]
    line = _syntax_error(root / FILE_NAME)
    while line is None and path:
        line = reader.lines.get(path)
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return Finding("bundle-bad-manifest", "error", problem, FILE_NAME, line)


def _syntax_error(file: Path) -> int | None:
    """Return the line at which a file is no Python, if it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(file.read_bytes())
    except SyntaxError as error:
        return error.lineno
    except (ValueError, RecursionError, MemoryError):
        return None
    return None
