"""A database that was filled under schema 1 is opened by this pluginhub."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pluginhub.database import audit, connection, installations, releases
from pluginhub.database.connection import Database, fetch_all
from pluginhub.models import Actor, ModuleSettings

ANN = "a" * 32
GONE = "9" * 32
MINE = "c" * 32
BIG = 2**70
MANIFEST: dict[str, Any] = {
    "name": "The Clock",
    "scope": "Clock",
    "description": 'ä\u2028"',
    "config_schema": {"type": "object", "properties": {"x": {"maximum": BIG}}},
}
NEEDS = {
    "dependencies": {"Charts": "^3", "Zones": ">=1 <2"},
    "conflicts": {"Sundial": "*"},
    "requires": {"host": ">=1"},
    "hooks": "hooks.py",
}
MANIFESTS = {
    1: {**MANIFEST, **NEEDS},
    2: MANIFEST,
    3: {**MANIFEST, "hooks": "missing.py", "requires": {"host": "<2"}},
    4: {**MANIFEST, "dependencies": {"Charts": "^3", "charts": "^4"}},
}
AUDIT: list[tuple[str, str, dict[str, Any]]] = [
    ("add-user", "ann", {"role": "user"}),
    ("publish", "Clock@1.0.0", {"digest": "d" * 64}),
    ("install", "Clock@1.0.0", {"user_id": ANN}),
    ("update", "Clock@2.0.0", {"user_id": ANN, "previous": "1.0.0"}),
    ("disable", "Clock", {"user_id": ANN}),
    ("uninstall", "Other@1.0.0", {"user_id": ANN}),
    ("install", "Other@1.0.0", {"user_id": GONE}),
]


def fill(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.executescript(
            f"{connection._scripts()[0]};"
            f"PRAGMA application_id = {connection._APPLICATION_ID}; PRAGMA user_version = 1;"
        )
        old.execute("PRAGMA foreign_keys = ON")
        old.execute(
            "INSERT INTO users (id, name, role, created_at, updated_at)"
            f" VALUES ('{ANN}', 'ann', 'user', 1, 2)"
        )
        old.execute("INSERT INTO plugins VALUES ('Clock', NULL, 1)")
        for number in MANIFESTS:
            fill_release(old, number)
        old.execute(
            "INSERT INTO installations (id, user_id, slug, release_id, previous_release_id,"
            " enabled, config, installed_at, updated_at)"
            f" VALUES ('{MINE}', '{ANN}', 'Clock', 2, 1, 0, '{{\"zone\": 1}}', 7, 9)"
        )
        old.execute(f"INSERT INTO installation_modules VALUES ('{MINE}', 'Face', 0, '{{}}')")
        old.execute(f"INSERT INTO former_releases VALUES ('{MINE}', 1, 9)")
        old.executemany(
            "INSERT INTO audit (at, actor_id, actor_name, action, target, details)"
            f" VALUES (5, '{ANN}', 'ann', ?, ?, ?)",
            [(action, target, json.dumps(details)) for action, target, details in AUDIT],
        )


def fill_release(old: sqlite3.Connection, number: int) -> None:
    old.execute(
        "INSERT INTO releases (slug, version, digest, size, manifest, source_type, source_url,"
        " published_at) VALUES ('Clock', ?, ?, 3, ?, 'local-file', 'local://Clock', 5)",
        (f"{number}.0.0", "d" * 64, json.dumps(MANIFESTS[number])),
    )
    old.execute(f"INSERT INTO release_files VALUES ({number}, 'hooks.py', 3, '{'e' * 64}', NULL)")
    old.execute(
        "INSERT INTO modules VALUES"
        f" ({number}, 'Face', 0, NULL, NULL, NULL, NULL, 0, '[]', '{{}}', '{{}}', '{{}}', '{{}}',"
        " '{}', '[]')"
    )


@pytest.fixture(name="migrated")
async def _migrated(tmp_path: Path) -> AsyncIterator[Database]:
    await asyncio.to_thread(fill, tmp_path / "pluginhub.db")
    async with Database.open(tmp_path / "pluginhub.db") as database:
        yield database


async def test_every_release_says_what_it_said_before(migrated: Database) -> None:
    async with migrated.snapshot() as reader:
        found = {one.id: one for one in await releases.list_of(reader, "Clock")}
    for number in (1, 2, 3):
        manifest = found[number].manifest.model_dump(mode="json", exclude_defaults=True)
        del manifest["slug"], manifest["version"], manifest["modules"]
        assert manifest == MANIFESTS[number]
        assert (found[number].yanked_at, found[number].yank_reason) == (None, None)
        assert (found[number].application, found[number].other_versions) == ({}, {})
    assert [module.name for module in found[1].manifest.modules] == ["Face"]


async def test_a_release_has_hooks_if_their_file_is_there(migrated: Database) -> None:
    async with migrated.snapshot() as reader:
        found = [one.contract for one in await releases.list_of(reader, "Clock")]
    assert found == ["pluginhub", None, None, None]


async def test_no_fact_stays_in_the_manifest_that_has_a_home_of_its_own(
    migrated: Database,
) -> None:
    async with migrated.snapshot() as reader:
        stored = await fetch_all(reader, "SELECT id, manifest, requires_host FROM releases")
    moved = {"dependencies", "conflicts", "requires"}
    for row in stored:
        assert json.loads(row["manifest"]).keys() == MANIFESTS[row["id"]].keys() - moved
    assert [row["requires_host"] for row in stored] == [">=1", None, "<2", None]


async def test_a_slug_that_stood_twice_is_there_once(migrated: Database) -> None:
    async with migrated.snapshot() as reader:
        found = await releases.get(reader, "Clock", "4.0.0")
    assert len(found.manifest.dependencies) == 1


async def test_an_installation_is_as_it_was(migrated: Database) -> None:
    async with migrated.snapshot() as reader:
        found = await installations.get(reader, ANN, "Clock")
        loadable = await fetch_all(reader, "SELECT release_id, left_at FROM former_releases")
    assert (found.id, found.release.id, found.enabled, found.config) == (
        MINE,
        2,
        False,
        {"zone": 1},
    )
    assert (found.installed_at, found.updated_at) == (7, 9)
    assert found.modules == {"Face": ModuleSettings(enabled=False)}
    assert (found.previous_release_id, found.previous_config) == (1, None)
    assert (found.pin, found.channel, found.as_dependency) == (None, "stable", False)
    assert [tuple(row) for row in loadable] == [(1, 9)]


async def test_the_audit_knows_whose_and_of_which_plugin_its_entries_are(
    migrated: Database,
) -> None:
    async with migrated.snapshot() as reader:
        found = list(reversed(await audit.search(reader)))
    assert [(entry.action, entry.target) for entry in found] == [entry[:2] for entry in AUDIT]
    assert [(entry.user_id, entry.user_name, entry.slug) for entry in found] == [
        (None, None, None),
        (None, None, "Clock"),
        (ANN, "ann", "Clock"),
        (ANN, "ann", "Clock"),
        (ANN, "ann", "Clock"),
        (ANN, "ann", "Other"),
        (GONE, None, "Other"),
    ]
    assert [entry.details for entry in found] == [
        {"role": "user"},
        {"digest": "d" * 64},
        {},
        {"previous": "1.0.0"},
        {},
        {},
        {},
    ]
    assert {(entry.result, entry.at, entry.actor_id) for entry in found} == {("done", 5, ANN)}


async def test_the_audit_goes_on_and_is_not_changed_any_more(migrated: Database) -> None:
    async with migrated.transaction() as tx:
        await audit.record(tx, Actor(None, "operator", admin=True), "enable", "Clock", 6)
        [newest] = await audit.search(tx, limit=1)
        assert newest.id == len(AUDIT) + 1
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            await tx.execute("UPDATE audit SET at = 0")


async def test_it_is_migrated_once(migrated: Database, tmp_path: Path) -> None:
    async with migrated.snapshot() as reader:
        before = await releases.list_all(reader)
    async with Database.open(tmp_path / "pluginhub.db") as again, again.snapshot() as reader:
        assert await releases.list_all(reader) == before
