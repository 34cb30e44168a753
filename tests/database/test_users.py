import dataclasses

import pytest

from pluginhub.database import users
from pluginhub.database.connection import Database
from pluginhub.errors import NotFoundError
from tests.database import rows


async def test_a_user_comes_out_as_it_went_in(database: Database) -> None:
    ann = await rows.add_user(database, email="ann@b.c", enabled=False, role="admin")
    async with database.snapshot() as reader:
        assert await users.get_by_id(reader, ann.id) == ann
        assert (await users.get(reader, "ann")).enabled is False


@pytest.mark.parametrize("login", ["ann", "ANN", "ann@b.c", "Ann@B.C"])
async def test_a_user_is_found_by_name_and_address_in_any_case(
    database: Database, login: str
) -> None:
    ann = await rows.add_user(database, email="ann@b.c")
    await rows.add_user(database, "ben", "b")
    async with database.snapshot() as reader:
        assert await users.find(reader, login) == ann


@pytest.mark.parametrize("login", ["an", "ann ", "ann%", "", "' OR '1'='1"])
async def test_another_name_finds_nobody(database: Database, login: str) -> None:
    await rows.add_user(database)
    async with database.snapshot() as reader:
        assert await users.find(reader, login) is None
        with pytest.raises(NotFoundError, match="there is no user"):
            await users.get(reader, login)


async def test_an_unknown_id_is_not_found(database: Database) -> None:
    async with database.snapshot() as reader:
        with pytest.raises(NotFoundError) as caught:
            await users.get_by_id(reader, "b" * 32)
    assert caught.value.fields == {"user": "b" * 32}


async def test_users_are_listed_by_name_and_counted(database: Database) -> None:
    for name, digit in (("cleo", "1"), ("Ann", "2"), ("ben", "3")):
        await rows.add_user(database, name, digit)
    async with database.snapshot() as reader:
        assert [user.name for user in await users.list_all(reader)] == ["Ann", "ben", "cleo"]
        assert await users.count(reader) == 3


async def test_there_are_no_users_at_first(database: Database) -> None:
    async with database.snapshot() as reader:
        assert (await users.list_all(reader), await users.count(reader)) == ([], 0)


async def test_switching_a_user_changes_nothing_but_the_switch(database: Database) -> None:
    ann, ben = await rows.add_user(database), await rows.add_user(database, "ben", "b")
    async with database.transaction() as tx:
        await users.set_enabled(tx, ann.id, enabled=False, now=50)
        off = await users.get_by_id(tx, ann.id)
        await users.set_enabled(tx, ann.id, enabled=True, now=60)
        on = await users.get_by_id(tx, ann.id)
        assert await users.get_by_id(tx, ben.id) == ben
    assert off == dataclasses.replace(ann, enabled=False, updated_at=50)
    assert on == dataclasses.replace(ann, updated_at=60)


async def test_the_hash_of_a_password_is_kept_beside_the_user(database: Database) -> None:
    ann, ben = await rows.add_user(database), rows.user("ben", "b")
    async with database.transaction() as tx:
        await users.add(tx, ben, "first hash")
        assert await users.password_hash(tx, ann.id) is None
        assert await users.password_hash(tx, ben.id) == "first hash"
        await users.set_password(tx, ben.id, "second hash", now=70)
        assert await users.password_hash(tx, ben.id) == "second hash"
        assert (await users.get_by_id(tx, ben.id)).updated_at == 70
        assert await users.password_hash(tx, "c" * 32) is None


async def test_a_removed_user_is_gone_and_nobody_else(database: Database) -> None:
    ann, ben = await rows.add_user(database), await rows.add_user(database, "ben", "b")
    async with database.transaction() as tx:
        await users.remove(tx, ann.id)
        assert await users.list_all(tx) == [ben]
