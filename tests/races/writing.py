"""Transactions and snapshots of many, some of whom give up."""

from typing import Any

from pluginhub.database.connection import fetch_one
from tests.races.world import World, done

_WAITS = 8  # of one who writes
_HALVES = ("Left", "Right")


async def write_and_read_pairs(world: World) -> None:
    """What is written together is seen together, and nothing that was told is lost."""
    database = world.shelf.database
    told: list[int] = []

    async def value(connection: Any, slug: str) -> int:
        row = await fetch_one(connection, "SELECT created_at FROM plugins WHERE slug = ?", (slug,))
        return int(row["created_at"]) if row else 0

    async def add_one() -> int:
        async with database.transaction() as tx:
            number = await value(tx, "Left") + 1
            for slug in _HALVES:
                await tx.execute(
                    "INSERT OR REPLACE INTO plugins VALUES (?, NULL, ?)", (slug, number)
                )
        return number

    async def write() -> None:
        for _ in range(3):
            number = await world.sometimes_cancelled(add_one(), _WAITS)
            if number:
                told.append(number)

    async def read() -> None:
        for _ in range(4):
            least = max(told, default=0)
            async with database.snapshot() as connection:
                left, right = [await value(connection, slug) for slug in _HALVES]
            assert left == right >= least

    answers = await world.race(*(write() for _ in range(4)), *(read() for _ in range(3)))
    assert all(done(answer) for answer in answers)
    assert len(set(told)) == len(told)
    async with database.snapshot() as connection:
        assert await value(connection, "Right") >= max(told, default=0)
