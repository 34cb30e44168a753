from typing import Any

import pytest

from pluginhub.accounts import api_tokens
from pluginhub.accounts.exports import Export, Holding, Version, export_user
from pluginhub.database import audit, plugin_rows, plugins, releases, state_records
from pluginhub.errors import NotFoundError
from pluginhub.models import Actor, ModuleSettings
from tests.accounts.conftest import Accounts
from tests.conftest import OPERATOR
from tests.database import rows
from tests.database.test_state_records import state

DIGEST = "d" * 64


async def export(accounts: Accounts, user_id: str, actor: Actor = OPERATOR) -> Export:
    return await export_user(accounts.database, user_id, actor=actor)


async def test_of_a_new_user_there_is_the_account_and_that_it_was_made(accounts: Accounts) -> None:
    ann = await accounts.add("ann", email="ann@example.org", password="correct horse")
    accounts.clock.time += 7
    found = await export(accounts, ann.id)
    assert (found.user, found.at) == (ann, accounts.clock.time)
    assert (found.holdings, found.states, found.api_tokens, found.published) == ([], [], [], [])
    assert [(entry.action, entry.user_id) for entry in found.history] == [("add-user", ann.id)]
    assert found.history_complete


async def test_who_took_an_export_is_on_record(accounts: Accounts) -> None:
    ann = await accounts.add("ann")
    root = Actor("0" * 32, "root", admin=True, address="192.0.2.1")
    await export(accounts, ann.id, root)
    second = await export(accounts, ann.id)
    first, made = second.history
    assert (first.action, first.actor_name, first.target) == ("export-user", "root", "ann")
    assert made.action == "add-user"


async def test_of_somebody_who_does_not_exist_nothing_is_found_and_recorded(
    accounts: Accounts,
) -> None:
    with pytest.raises(NotFoundError):
        await export(accounts, "e" * 32)
    assert await accounts.rows("SELECT * FROM audit") == []


async def test_an_installation_is_told_without_what_only_this_server_understands(
    accounts: Accounts,
) -> None:
    database = accounts.database
    ann = await accounts.add("ann")
    old, new = await rows.publish(database), await rows.publish(database, version="2.0.0")
    settings = ModuleSettings(False, {"priority": 3}, {"priority": 3})
    plain: dict[str, Any] = {
        "enabled": False,
        "config": {"zone": "UTC"},
        "attributes": {"status": "tested"},
        "pin": "^2",
        "channel": "prerelease",
        "as_dependency": True,
        "previous_config": {"zone": "CET"},
        "modules": {"Face": settings},
    }
    installed = await rows.install(database, ann, old, 7, **plain)
    await rows.move(database, installed, new, 9)
    async with database.transaction() as tx:
        await plugin_rows.replace(tx, installed.id, {"pages": [{"id": "p", "name": "Home"}]})
    [holding] = (await export(accounts, ann.id)).holdings
    nothing: dict[str, list[Any]] = {table: [] for table in plugin_rows.TABLES}
    assert holding == Holding(
        slug="Clock",
        version="2.0.0",
        digest=DIGEST,
        previous=Version("1.0.0", DIGEST),
        installed_at=7,
        updated_at=9,
        rows={**nothing, "pages": [{"id": "p", "name": "Home"}]},
        **plain,
    )


async def test_only_what_is_the_users_own_is_told(accounts: Accounts) -> None:
    database = accounts.database
    ann, ben = await accounts.add("ann"), await accounts.add("ben")
    mine = state(ann.id, "mine", ttl_expires_at=1)
    for user in (ann, ben):
        await rows.install(database, user, await published(accounts))
        await api_tokens.create(database, user, user.name, ("read",), None, actor=OPERATOR)
    async with database.transaction() as tx:
        await state_records.add(tx, [mine, state(ben.id, "other")])
        await plugins.add(tx, "Mine", ann.id, 1)
        await plugins.add(tx, "Other", ben.id, 1)
    found = await export(accounts, ann.id)
    assert [holding.slug for holding in found.holdings] == ["Clock"]
    assert found.states == [mine]
    assert [token.name for token in found.api_tokens] == ["ann"]
    assert found.published == ["Mine"]
    assert {entry.user_id for entry in found.history} == {ann.id}


async def published(accounts: Accounts) -> Any:
    async with accounts.database.transaction() as tx:
        found = await releases.find(tx, "Clock", "1.0.0")
    return found or await rows.publish(accounts.database)


async def test_of_a_long_history_the_newest_is_told_and_that_there_is_more(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pluginhub.accounts.exports._NEWEST", 3)
    ann = await accounts.add("ann")
    for number in (2, 3, 4):
        async with accounts.database.transaction() as tx:
            await audit.record(tx, OPERATOR, "install", str(number), number, user_id=ann.id)
        if number == 3:
            assert (await export(accounts, ann.id)).history_complete
    found = await export(accounts, ann.id)
    assert [entry.target for entry in found.history] == ["4", "ann", "3"]
    assert not found.history_complete
