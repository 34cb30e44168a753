import asyncio
from pathlib import Path

from pluginhub.database import copies, users
from pluginhub.database.connection import Database
from tests.database.rows import add_user, user

LIVE = "pluginhub.db"


async def names(file: Path) -> list[str]:
    async with copies.opened(file) as connection:
        return [found.name for found in await users.list_all(connection)]


async def test_a_copy_has_what_was_committed_and_not_what_was_begun(
    database: Database, tmp_path: Path
) -> None:
    await add_user(database, "ann")
    async with database.transaction() as tx:
        await users.add(tx, user("ben", "b"), None)
        await copies.make(tmp_path / LIVE, tmp_path / "copy.db")
    assert await names(tmp_path / "copy.db") == ["ann"]
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


async def test_a_copy_shows_one_moment_while_others_write(
    database: Database, tmp_path: Path
) -> None:
    async def write() -> None:
        for digit in "0123456789abcdef":
            await add_user(database, f"user{digit}", digit)

    writing = asyncio.create_task(write())
    seen = []
    for number in range(5):
        await copies.make(tmp_path / LIVE, tmp_path / f"{number}.db")
        seen.append(await names(tmp_path / f"{number}.db"))
    await writing
    everybody = [f"user{digit}" for digit in "0123456789abcdef"]
    assert seen == [everybody[: len(some)] for some in seen]
    assert seen == sorted(seen)


async def test_a_copy_is_a_database_of_ours(database: Database, tmp_path: Path) -> None:
    await add_user(database, "ann")
    await copies.make(tmp_path / LIVE, tmp_path / "copy.db")
    async with Database.open(tmp_path / "copy.db") as copy, copy.snapshot() as connection:
        assert [found.name for found in await users.list_all(connection)] == ["ann"]


async def test_a_copy_has_nothing_of_what_was_deleted(database: Database, tmp_path: Path) -> None:
    ann = await add_user(database, "a-name-to-be-forgotten")
    async with database.transaction() as tx:
        await users.remove(tx, ann.id)
    await copies.make(tmp_path / LIVE, tmp_path / "copy.db")
    assert b"a-name-to-be-forgotten" not in (tmp_path / "copy.db").read_bytes()
