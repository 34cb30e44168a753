import hashlib
from pathlib import Path

import pytest

from pluginhub.accounts import api_tokens, users
from pluginhub.errors import ConflictError, InvalidError, NotFoundError
from tests.accounts.conftest import Accounts
from tests.conftest import OPERATOR


def test_every_token_reads_and_none_does_what_needs_a_sign_in() -> None:
    needs = ("read", "install", "publish", "admin", "sign-in")
    may = {
        scope: [need for need in needs if api_tokens.allow((scope,), need)] for scope in needs[:-1]
    }
    assert may == {
        "read": ["read"],
        "install": ["read", "install"],
        "publish": ["read", "publish"],
        "admin": ["read", "install", "publish", "admin"],
    }


async def test_a_token_is_found_by_its_secret_until_it_expires(accounts: Accounts) -> None:
    ann = await accounts.add("ann")
    token, secret = await api_tokens.create(
        accounts.database, ann, "ci", ("install", "read", "install"), 60, actor=OPERATOR
    )
    assert secret.startswith("phub_")
    assert token.scopes == ("install", "read")
    accounts.clock.time += 59
    assert await api_tokens.find(accounts.database, secret) == (token, ann)
    for other in (secret[:-1], secret.swapcase(), token.id, "phub_", "\ud800"):
        assert await api_tokens.find(accounts.database, other) is None
    accounts.clock.time += 1
    assert await api_tokens.find(accounts.database, secret) is None


async def test_only_its_hash_is_kept(accounts: Accounts, tmp_path: Path) -> None:
    ann = await accounts.add("ann")
    _, secret = await api_tokens.create(
        accounts.database, ann, "ci", ("read",), None, actor=OPERATOR
    )
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert secret.encode() not in content
    assert hashlib.sha256(secret.encode()).hexdigest().encode() in content


async def test_the_token_of_a_disabled_user_is_worth_nothing(accounts: Accounts) -> None:
    ann = await accounts.add("ann")
    _, secret = await api_tokens.create(
        accounts.database, ann, "ci", ("read",), None, actor=OPERATOR
    )
    await users.set_enabled(accounts.database, "ann", enabled=False, actor=OPERATOR)
    assert await api_tokens.find(accounts.database, secret) is None
    await users.remove(accounts.database, "ann", actor=OPERATOR)
    assert await accounts.rows("SELECT * FROM api_tokens") == []


async def test_a_user_gets_no_scope_of_admins_and_not_too_many_tokens(accounts: Accounts) -> None:
    ann = await accounts.add("ann")
    with pytest.raises(InvalidError, match="only the token of an admin"):
        await api_tokens.create(accounts.database, ann, "x", ("admin",), None, actor=OPERATOR)
    for _ in range(100):
        await api_tokens.create(accounts.database, ann, "x", ("read",), None, actor=OPERATOR)
    with pytest.raises(ConflictError, match="revoke one first"):
        await api_tokens.create(accounts.database, ann, "x", ("read",), None, actor=OPERATOR)


async def test_a_token_is_revoked_by_its_user_and_written_down(accounts: Accounts) -> None:
    ann, ben = await accounts.add("ann"), await accounts.add("ben")
    token, secret = await api_tokens.create(
        accounts.database, ann, "ci", ("read",), None, actor=OPERATOR
    )
    for token_id, user in [(token.id, ben), ("0" * 32, ben), ("0" * 32, None)]:
        with pytest.raises(NotFoundError, match=r"^there is no such token$"):
            await api_tokens.revoke(accounts.database, token_id, user, actor=OPERATOR)
    await api_tokens.revoke(accounts.database, token.id, ann, actor=OPERATOR)
    assert await api_tokens.find(accounts.database, secret) is None
    entries = await accounts.rows("SELECT action, target, user_id FROM audit ORDER BY id DESC")
    assert entries[:2] == [("revoke-token", "ci", ann.id), ("create-token", "ci", ann.id)]
