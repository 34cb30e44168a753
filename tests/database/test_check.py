"""A damaged database is found: at the start if it is small, later in any case."""

import asyncio
from pathlib import Path

import aiosqlite
import pytest

from pluginhub.database import check
from pluginhub.database.connection import Database
from pluginhub.errors import DataDirectoryError


async def damaged(path: Path) -> None:
    """Make a database with a page that is not as it was."""
    async with Database.open(path) as database, database.transaction() as tx:
        await tx.executemany(
            "INSERT INTO plugins (slug, created_at) VALUES (?, 0)",
            [(f"Plugin{number}",) for number in range(1000)],
        )
    content = bytearray(path.read_bytes())
    content[-4096:-4000] = b"\xff" * 96
    path.write_bytes(content)


async def test_damage_is_found_in_a_database_that_is_in_use(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    async with Database.open(path):
        assert await check.fault_of(path) is None
    await damaged(path)
    assert await check.fault_of(path)


async def test_only_a_small_database_is_read_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hub.db"
    await damaged(path)
    with pytest.raises(DataDirectoryError, match="damaged, restore a backup"):
        async with Database.open(path):
            pass
    monkeypatch.setattr(check, "_AT_ONCE", 0)
    async with Database.open(path):
        pass


async def test_a_look_that_is_given_up_ends_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(connection: aiosqlite.Connection, _pragma: str) -> None:
        await connection.execute_fetchall(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        )

    path = tmp_path / "hub.db"
    async with Database.open(path):
        monkeypatch.setattr(check, "_fault", endless)
        looking = asyncio.create_task(check.fault_of(path))
        await asyncio.sleep(0.1)
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking


def test_versions_of_sqlite_with_the_wal_reset_defect_are_known() -> None:
    affected = [(3, 7, 0), (3, 40, 1), (3, 44, 5), (3, 50, 6), (3, 51, 2)]
    mended = [(3, 6, 23), (3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 53, 0)]
    assert [
        version for version in affected + mended if check.has_wal_reset_defect(version)
    ] == affected
