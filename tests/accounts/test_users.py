import json
import re
from typing import Any

import pytest

from pluginhub.accounts import users
from pluginhub.errors import ConflictError, InvalidError, NotFoundError
from pluginhub.models import Actor
from tests.accounts.conftest import Accounts
from tests.conftest import OPERATOR

ROOT = Actor("0" * 32, "root", admin=True, address="192.0.2.1")


async def audit(accounts: Accounts) -> list[tuple[Any, ...]]:
    return await accounts.rows("SELECT actor_name, action, target FROM audit ORDER BY id")


async def test_a_new_user_is_enabled_and_no_admin(accounts: Accounts) -> None:
    user = await accounts.add("ann", email="ann@example.com")
    assert (user.name, user.email, user.role, user.enabled) == (
        "ann",
        "ann@example.com",
        "user",
        True,
    )
    assert user.created_at == accounts.clock.time


async def test_user_ids_are_what_the_frontend_can_parse(accounts: Accounts) -> None:
    ids = {(await accounts.add(name)).id for name in ("ann", "ben", "cleo")}
    assert len(ids) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}", user_id) for user_id in ids)


BAD_NAMES = ["", "-ann", ".ann", "_ann", "a b", "a@b", "a/b", "ann\n", "ann\x00", "änn", "a" * 51]
BAD_ADDRESSES = ["", "ann", "@", "ann@", "@b", "a b@c", "a@b@c", "a@b\n", "a" * 65 + "@b"]


async def test_a_bad_user_name_is_refused(accounts: Accounts) -> None:
    for name in [*BAD_NAMES, "\ud800"]:
        with pytest.raises(InvalidError):
            await accounts.add(name)
    assert await accounts.rows("SELECT * FROM users") == []


async def test_a_bad_address_is_refused(accounts: Accounts) -> None:
    for email in [*BAD_ADDRESSES, "a@" + "b" * 190]:
        with pytest.raises(InvalidError):
            await accounts.add("ann", email=email)
    assert await accounts.rows("SELECT * FROM users") == []


async def test_a_bad_password_makes_no_account(accounts: Accounts) -> None:
    with pytest.raises(InvalidError):
        await accounts.add("ann", password="short")
    assert await accounts.rows("SELECT * FROM users") == []


async def test_names_and_addresses_are_taken_in_any_case(accounts: Accounts) -> None:
    await accounts.add("Ann", email="Ann@Example.com")
    for name, email in [("ann", None), ("ANN", None), ("ben", "ann@EXAMPLE.com")]:
        with pytest.raises(ConflictError):
            await accounts.add(name, email=email)
    assert await accounts.rows("SELECT name FROM users") == [("Ann",)]


async def test_many_users_may_have_no_address(accounts: Accounts) -> None:
    assert {(await accounts.add(name)).email for name in ("ann", "ben")} == {None}


async def test_a_removed_user_leaves_what_they_published(accounts: Accounts) -> None:
    user = await accounts.add("ann")
    async with accounts.database.transaction() as tx:
        await tx.execute("INSERT INTO plugins VALUES ('Clock', ?, 0)", (user.id,))
    await users.remove(accounts.database, "ann", actor=OPERATOR)
    assert await accounts.rows("SELECT slug, owner_id FROM plugins") == [("Clock", None)]


async def test_a_user_who_does_not_exist_is_not_found(accounts: Accounts) -> None:
    await accounts.add("ann")
    database, passwords = accounts.database, accounts.passwords
    for name in ("ghost", "", "\x00", "' OR 1=1 --", "%"):
        for verb in (
            users.set_enabled(database, name, enabled=False, actor=OPERATOR),
            users.set_password(database, passwords, name, "correct horse", actor=OPERATOR),
            users.remove(database, name, actor=OPERATOR),
        ):
            with pytest.raises(NotFoundError):
                await verb
    assert await audit(accounts) == [("operator", "add-user", "ann")]


async def test_the_audit_tells_who_did_what_to_whom(accounts: Accounts) -> None:
    database, passwords = accounts.database, accounts.passwords
    ann = await users.add(database, passwords, "ann", actor=ROOT, role="admin")
    await users.set_enabled(database, "ANN", enabled=False, actor=ROOT)
    await users.set_enabled(database, "ANN", enabled=True, actor=OPERATOR)
    await users.set_password(database, passwords, "ann", "correct horse", actor=ROOT)
    await users.remove(database, "ann", actor=OPERATOR)
    assert await audit(accounts) == [
        ("root", "add-user", "ann"),
        ("root", "disable-user", "ann"),
        ("operator", "enable-user", "ann"),
        ("root", "set-password", "ann"),
        ("operator", "remove-user", "ann"),
    ]
    whose = await accounts.rows("SELECT user_id, user_name, slug, result FROM audit")
    assert whose == [(ann.id, "ann", None, "done")] * 5


async def test_the_audit_knows_address_time_and_details_but_no_password(accounts: Accounts) -> None:
    await users.add(
        accounts.database, accounts.passwords, "ann", actor=ROOT, password="correct horse"
    )
    [(at, actor_id, address, details)] = await accounts.rows(
        "SELECT at, actor_id, address, details FROM audit"
    )
    assert (at, actor_id, address) == (accounts.clock.time, ROOT.user_id, ROOT.address)
    assert json.loads(details) == {"role": "user"}
