"""What is in a data directory, read without any code of pluginhub."""

import contextlib
import hashlib
import json
import re
import sqlite3
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pluginhub

State = Counter[str]  # everything that lasts, one line each

_OPERATING = Path(pluginhub.__file__).parent.parent.joinpath("docs/operating.md")
# Jobs are judged by what they publish, and the notes of sweeps do not matter to anybody.
_TABLES = """
    SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
    AND name NOT IN ('jobs', 'sweeps', 'unused_releases')
"""
_OF_CARE = {"sweep", "backup"}  # written down after what they tell of is done
# What another run of the same steps makes anew: times, and what nobody can guess.
_VARYING = re.compile(r"at|.*_at|seconds|hash|password_hash|session|last_accessed|answer|address")
_RANDOM = re.compile(r"[0-9a-f]{32}")
_NAMES = """
    SELECT id, name FROM users UNION ALL
    SELECT installations.id, users.name || ' has ' || slug
    FROM installations JOIN users ON users.id = user_id
"""
_MODES = {
    "shared": ({0o444}, {0o755}),
    "quarantine": ({0o444, 0o644}, {0o755}),
    "jobs": ({0o644}, {0o700}),
    "backups": ({0o444, 0o600}, {0o755, 0o700}),
    "replaced": ({0o444, 0o600, 0o644}, {0o755, 0o700}),
}
_PRIVATE = ({0o600}, {0o700})


def state(data: Path) -> State:
    """Return everything that lasts: every row, and whether the files of every release are whole.

    Strays are lines as well. Of the audit, what stands there twice counts once: a job that is
    interrupted is carried out again.
    """
    with closing(_connect(data)) as connection:
        names = dict(connection.execute(_NAMES).fetchall())
        found = Counter(
            f"{table}: {json.dumps(row)}"
            for [table] in connection.execute(_TABLES).fetchall()
            for row in _rows(connection, table, names)
            if table != "audit" or row["action"] not in _OF_CARE
        )
        known = _releases(connection)
    for place, files in known.items():
        found[f"files: {place}: {_condition(data / 'shared' / place, files)}"] += 1
    found.update(f"stray: {place}" for place in _places(data) - known.keys())
    for moved in data.glob("quarantine/*"):
        found[f"quarantine: {moved.name.rpartition('-')[0]}: {len(_below(moved))} paths"] += 1
    return Counter({line: 1 if line.startswith("audit: ") else n for line, n in found.items()})


def faults(data: Path) -> Iterator[str]:
    """Yield what is wrong with a data directory whose server has just started."""
    with closing(_connect(data)) as connection:
        [[damage]] = connection.execute("PRAGMA integrity_check(1)").fetchall()
        if damage != "ok":
            yield f"the database is damaged: {damage}"
        for row in connection.execute("PRAGMA foreign_key_check"):
            yield f"a row refers to nothing: {row}"
    for folder in ("staging", "trash"):
        yield from (f"{path} is left" for path in (data / folder).iterdir())
    for path in _below(data):
        with contextlib.suppress(FileNotFoundError):  # what a job had, which has just ended
            yield from _wrong(data, path)


def _wrong(data: Path, path: Path) -> Iterator[str]:
    name, status = path.relative_to(data).as_posix(), path.lstat()
    top = name.partition("/")[0]
    if top not in _named():
        yield f"{name} is not what the documentation names"
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        yield f"{name} is neither a file nor a directory"
    if stat.S_ISREG(status.st_mode) and status.st_nlink != 1:
        yield f"{name} has {status.st_nlink} names"
    modes = _MODES[top] if top in _MODES and "/" in name else _PRIVATE
    if stat.S_IMODE(status.st_mode) not in modes[stat.S_ISDIR(status.st_mode)]:
        yield f"{name} has the mode {stat.S_IMODE(status.st_mode):o}"


@cache
def _named() -> set[str]:
    """Return what the documentation says is in a data directory, and what is there beside it."""
    text = _OPERATING.read_text(encoding="utf-8").partition("## The data directory")[2]
    block = text.partition("```text\n")[2].partition("```")[0]
    paths = [line.rpartition("  ")[0] for line in block.splitlines()[1:]]
    named = {path.partition("/")[0] for line in paths for path in line.split()}
    assert {"pluginhub.db", "shared"} <= named
    return named | {".lock", "pluginhub.db-wal", "pluginhub.db-shm"}


def _connect(data: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{(data / 'pluginhub.db').as_uri()}?mode=ro", uri=True)


def _rows(connection: sqlite3.Connection, table: str, names: dict[str, str]) -> Iterator[Any]:
    cursor = connection.execute(f"SELECT * FROM {table}")
    columns = [column[0] for column in cursor.description]
    for row in cursor:
        yield {
            column: names.get(value, "random" if _RANDOM.fullmatch(str(value)) else value)
            for column, value in zip(columns, row, strict=True)
            if not _VARYING.fullmatch(column) and not (table == "audit" and column == "id")
        }


def _releases(connection: sqlite3.Connection) -> dict[str, dict[str, tuple[int, str]]]:
    """Return size and digest of all files of all releases, by the place of the release."""
    known: dict[str, dict[str, tuple[int, str]]] = {}
    for slug, version, path, size, sha256 in connection.execute(
        "SELECT slug, version, path, release_files.size, sha256"
        " FROM releases LEFT JOIN release_files ON release_id = releases.id"
    ):
        known.setdefault(f"{slug}/v{version}", {})[path] = (size, sha256)
    return known


def _condition(place: Path, files: dict[str, tuple[int, str]]) -> str:
    if not place.is_dir():
        return "missing"
    there = {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in _below(place)
        if not path.is_dir()
    }
    found = {path: (len(it), hashlib.sha256(it).hexdigest()) for path, it in there.items()}
    return "whole" if found == files else "damaged"


def _places(data: Path) -> set[str]:
    return {it.relative_to(data / "shared").as_posix() for it in data.glob("shared/*/*")}


def _below(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))
