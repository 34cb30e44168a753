from pluginhub.database import plugin_rows, states, usage
from pluginhub.database.connection import Database
from pluginhub.database.usage import Usage
from pluginhub.models import ModuleSettings, User
from tests.database import rows


async def of(database: Database, owner: User) -> Usage:
    async with database.snapshot() as connection:
        return await usage.of_user(connection, owner.id)


async def test_nothing_is_nothing(database: Database) -> None:
    assert await of(database, await rows.add_user(database)) == Usage(0, 0, 0)


async def test_bytes_of_everything_are_counted_and_nobody_elses(database: Database) -> None:
    ann, ben = await rows.add_user(database), await rows.add_user(database, "ben", "b")
    clock, charts = await rows.publish(database), await rows.publish(database, "Charts")
    await rows.install(database, ben, clock, config={"a": "x" * 500})
    empty = 2 * len("{}" + "{}")
    await rows.install(database, ann, charts)
    plain = await rows.install(database, ann, clock)
    assert await of(database, ann) == Usage(2, empty, 0)
    filled = await rows.change(database, plain, config={"a": "x"})
    grown = empty + len('{"a": "x"}') - len("{}")
    assert await of(database, ann) == Usage(2, grown, 0)
    face = {"Face": ModuleSettings(attributes={"b": 1})}
    await rows.change(database, filled, modules=face)
    grown += len('{"b": 1}' + "{}")
    assert await of(database, ann) == Usage(2, grown, 0)
    state = {"id": "one", "plugin_id": "Clock", "state_key": "k", "state_data": '{"ä":1}'}
    async with database.transaction() as tx:
        await plugin_rows.replace(tx, plain.id, {"pages": [{"id": "p"}]})
        await states.change(tx, ann.id, removed=(), written=[state], now=5)
    found = await of(database, ann)
    assert found == Usage(2, grown + len('{"id": "p"}'), len('{"ä":1}'.encode()))
