from pluginhub.database import audit, statistics
from pluginhub.database.connection import Database
from pluginhub.models import Actor
from tests.database import rows


async def test_everything_is_counted(database: Database) -> None:
    ann, ben = await rows.add_user(database), await rows.add_user(database, "ben", "b")
    clock = await rows.publish(database)
    await rows.publish(database, version="2.0.0")
    for user in (ann, ben):
        await rows.install(database, user, clock)
    async with database.snapshot() as connection:
        found = await statistics.counts(connection)
    assert (found.users, found.plugins, found.releases, found.installations) == (2, 1, 2, 2)
    assert (found.stored, found.unshared) == (2 * clock.size, 2 * clock.size)
    assert found.database > 0
    async with database.snapshot() as connection:
        numbers = await statistics.numbers(connection)
    assert numbers == statistics.Numbers(2, 1, 2, 2, 2 * clock.size)


async def test_operations_are_counted_by_their_result(database: Database) -> None:
    actor = Actor(None, "operator", admin=True)
    async with database.transaction() as tx:
        for at, slug, result in [
            (5, "Clock", "done"),
            (10, "Clock", "done"),
            (11, "Map", "done"),
            (12, "Map", "conflict"),
            (13, None, "done"),
        ]:
            await audit.record(tx, actor, "install", "x", at, slug=slug, result=result)
        assert await statistics.operations(tx, 10) == {"conflict": 1, "done": 2}


async def test_operations_are_counted_over_time(database: Database) -> None:
    actor = Actor(None, "operator", admin=True)
    async with database.transaction() as tx:
        for at, slug, result in [
            (99, "Clock", "done"),
            (100, "Clock", "done"),
            (119, "Map", "hook-failed"),
            (120, "Map", "done"),
            (121, None, "done"),
        ]:
            await audit.record(tx, actor, "install", "x", at, slug=slug, result=result)
        assert await statistics.over_time(tx, 100, 122, 20) == {100: (1, 1), 120: (1, 0)}
        assert await statistics.over_time(tx, 99, 120, 20) == {80: (1, 0), 100: (1, 1)}
