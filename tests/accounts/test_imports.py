from dataclasses import replace
from typing import Any

import pytest

from pluginhub.accounts.exports import Holding, Version
from pluginhub.accounts.imports import Imported, Missing, import_user
from pluginhub.database import installations, plugin_rows, state_records, users
from pluginhub.database.connection import IntegrityError
from pluginhub.errors import ConflictError
from pluginhub.models import Installation, ModuleSettings
from tests.accounts.conftest import Accounts
from tests.conftest import OPERATOR
from tests.database import rows
from tests.database.test_state_records import state

ANN = rows.user("ann", "a", email="ann@example.org", enabled=False)
DIGEST = "d" * 64
NOT_HERE = "it is not published here"
OTHER_BYTES = "it is published here with other bytes"


def holding(slug: str = "Clock", version: str = "1.0.0", **more: Any) -> Holding:
    plain = Holding(
        slug=slug,
        version=version,
        digest=DIGEST,
        enabled=True,
        config={},
        attributes={},
        pin=None,
        channel="stable",
        as_dependency=False,
        previous=None,
        previous_config=None,
        installed_at=3,
        updated_at=4,
        modules={},
        rows={},
    )
    return replace(plain, **more)


async def bring(accounts: Accounts, *holdings: Holding, **more: Any) -> Imported:
    values = {"user": ANN, "states": [], **more}
    return await import_user(accounts.database, holdings=holdings, actor=OPERATOR, **values)


async def installed(accounts: Accounts) -> list[Installation]:
    async with accounts.database.snapshot() as reader:
        return await installations.list_of(reader, ANN.id)


async def everything(accounts: Accounts) -> list[list[tuple[Any, ...]]]:
    tables = ("users", "installations", "plugin_rows", "plugin_states", "audit")
    return [await accounts.rows(f"SELECT * FROM {table}") for table in tables]


async def test_the_account_is_as_it_was_but_for_its_password(accounts: Accounts) -> None:
    accounts.clock.time = 99
    done = await bring(accounts)
    assert done == Imported(ANN, 0, 0, [])
    async with accounts.database.snapshot() as reader:
        assert await users.get_by_id(reader, ANN.id) == replace(ANN, updated_at=99)
        assert await users.password_hash(reader, ANN.id) is None


async def test_an_installation_says_what_it_said_elsewhere(accounts: Accounts) -> None:
    database = accounts.database
    old, new = await rows.publish(database), await rows.publish(database, version="2.0.0")
    plain: dict[str, Any] = {
        "enabled": False,
        "config": {"zone": "UTC"},
        "attributes": {"status": "tested"},
        "pin": "^2",
        "channel": "prerelease",
        "as_dependency": True,
        "previous_config": {"zone": "CET"},
        "modules": {"Face": ModuleSettings(False, {"priority": 3}, {"priority": 3})},
    }
    kept = {"pages": [{"id": "p", "name": "Home"}]}
    before = Version("1.0.0", DIGEST)
    await bring(accounts, holding("cLOCK", "2.0.0", previous=before, rows=kept, **plain))
    [found] = await installed(accounts)
    assert found == Installation(
        id=found.id,
        user_id=ANN.id,
        release=new,
        installed_at=3,
        updated_at=4,
        previous_release_id=old.id,
        **plain,
    )
    async with database.snapshot() as reader:
        assert (await plugin_rows.of_installation(reader, found.id))["pages"] == kept["pages"]


async def test_what_is_not_here_as_it_was_there_is_named_and_the_rest_is_done(
    accounts: Accounts,
) -> None:
    for slug, version in [("Clock", "1.0.0"), ("Zebra", "1.0.0"), ("Zebra", "2.0.0")]:
        await rows.publish(accounts.database, slug, version)
    other, known = Version("1.0.0", "0" * 64), Version("1.0.0", DIGEST)
    done = await bring(
        accounts,
        holding("Ghost", previous=known),
        holding("Clock", "1.0.1"),
        holding("Zebra", "2.0.0", previous=other, previous_config={"x": 1}),
        holding("Clock", digest="0" * 64),
    )
    assert (done.installations, done.missing) == (
        1,
        [
            Missing("Ghost", "1.0.0", NOT_HERE),
            Missing("Clock", "1.0.1", NOT_HERE),
            Missing("Zebra", "1.0.0", f"{OTHER_BYTES}, so there is no way back to it"),
            Missing("Clock", "1.0.0", OTHER_BYTES),
        ],
    )
    [zebra] = await installed(accounts)
    assert (zebra.slug, zebra.previous_release_id, zebra.previous_config) == ("Zebra", None, None)


async def test_a_configuration_from_before_stays_where_there_was_no_way_back(
    accounts: Accounts,
) -> None:
    await rows.publish(accounts.database)
    await bring(accounts, holding(previous_config={"x": 1}))
    [found] = await installed(accounts)
    assert (found.previous_release_id, found.previous_config) == (None, {"x": 1})


async def test_states_are_stored_as_they_were(accounts: Accounts) -> None:
    states = [state(ANN.id, "one", ttl_expires_at=1), state(ANN.id, "two", access_count=9)]
    assert (await bring(accounts, states=states)).states == 2
    async with accounts.database.snapshot() as reader:
        assert await state_records.list_of(reader, ANN.id) == states


async def test_an_import_is_on_record_with_what_it_came_to(accounts: Accounts) -> None:
    await rows.publish(accounts.database)
    await bring(accounts, holding(), holding("Ghost"), states=[state(ANN.id)])
    sql = "SELECT actor_name, action, target, user_id, user_name, details FROM audit"
    details = '{"role": "user", "installations": 1, "states": 1, "missing": 1}'
    assert await accounts.rows(sql) == [("operator", "import-user", "ann", ANN.id, "ann", details)]


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (rows.user("ben", "a"), f"the user id {'a' * 32} is taken by ben"),
        (rows.user("ANN", "b"), "the user name ann is taken"),
        (rows.user("ben", "b", email="Ann@example.org"), "the e-mail address .* is taken"),
    ],
)
async def test_nothing_is_done_for_somebody_who_is_there_already(
    accounts: Accounts, there: Any, words: str
) -> None:
    await rows.publish(accounts.database)
    async with accounts.database.transaction() as tx:
        await users.add(tx, there, None)
    before = await everything(accounts)
    with pytest.raises(ConflictError, match=words):
        await bring(accounts, holding(), states=[state(ANN.id)])
    assert await everything(accounts) == before


async def test_a_state_of_somebody_else_is_not_taken_and_nothing_is_done(
    accounts: Accounts,
) -> None:
    await rows.publish(accounts.database)
    ben = await rows.add_user(accounts.database, "ben", "b")
    async with accounts.database.transaction() as tx:
        await state_records.add(tx, [state(ben.id, "two")])
    before = await everything(accounts)
    with pytest.raises(ConflictError, match=r"states\[1\]\.id: .*'two'") as caught:
        await bring(accounts, holding(), states=[state(ANN.id), state(ANN.id, "two")])
    assert caught.value.fields == {"path": "states[1].id"}
    assert await everything(accounts) == before


@pytest.mark.parametrize("table", ["installation_modules", "plugin_rows", "plugin_states", "audit"])
async def test_an_import_that_fails_on_its_way_leaves_nothing(
    accounts: Accounts, table: str
) -> None:
    database = accounts.database
    await rows.publish(database)
    async with database.transaction() as tx:
        await tx.execute(
            f"CREATE TRIGGER broken BEFORE INSERT ON {table}"
            " BEGIN SELECT raise(ABORT, 'the disk is broken'); END"
        )
    before = await everything(accounts)
    whole = holding(rows={"pages": [{"id": "p"}]}, modules={"Face": ModuleSettings(False)})
    with pytest.raises(IntegrityError, match="the disk is broken"):
        await bring(accounts, whole, states=[state(ANN.id)])
    assert await everything(accounts) == before
    async with database.transaction() as tx:
        await tx.execute("DROP TRIGGER broken")
    assert (await bring(accounts, whole, states=[state(ANN.id)])).installations == 1
