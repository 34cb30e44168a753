import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from pluginhub.accounts import sessions, users
from pluginhub.accounts.passwords import Passwords
from pluginhub.accounts.sessions import SignedIn
from pluginhub.errors import ForbiddenError, UnauthenticatedError
from pluginhub.models import User
from tests.accounts.conftest import Accounts
from tests.conftest import OPERATOR

PASSWORD = "correct horse"
LATER = sessions._GRACE + 1  # seconds


async def ann(accounts: Accounts) -> User:
    return await accounts.add("Ann", email="Ann@Example.com", password=PASSWORD)


async def signed_in(accounts: Accounts) -> SignedIn:
    await ann(accounts)
    return await accounts.sign_in("Ann", PASSWORD)


async def refresh(accounts: Accounts, token: str) -> SignedIn:
    return await sessions.refresh(accounts.database, accounts.auth, token)


async def name_of(accounts: Accounts, pair: SignedIn) -> str | None:
    user = await sessions.identify(accounts.database, pair.access_token, "access")
    return user.name if user else None


async def test_a_user_signs_in_by_name_or_address_in_any_case(accounts: Accounts) -> None:
    user = await ann(accounts)
    for login in ("Ann", "ann", "ANN", "Ann@Example.com", "ann@example.COM"):
        pair = await accounts.sign_in(login, PASSWORD)
        assert (pair.user, await name_of(accounts, pair)) == (user, "Ann"), login


async def test_why_a_sign_in_failed_is_not_told(accounts: Accounts) -> None:
    await ann(accounts)
    await accounts.add("Cleo")
    wrong = [("Ann", "wrong horse"), ("Ben", PASSWORD), ("", ""), ("Ann'--", PASSWORD)]
    for login, password in [*wrong, ("Cleo", PASSWORD)]:  # she has no password
        with pytest.raises(UnauthenticatedError, match=r"^Invalid email or password$"):
            await accounts.sign_in(login, password)
    assert await accounts.rows("SELECT * FROM tokens") == []


async def test_a_disabled_user_cannot_sign_in(accounts: Accounts) -> None:
    await ann(accounts)
    await users.set_enabled(accounts.database, "ann", enabled=False, actor=OPERATOR)
    with pytest.raises(UnauthenticatedError, match=r"^Invalid email or password$"):
        await accounts.sign_in("ann", PASSWORD)


async def change_password(accounts: Accounts) -> None:
    await users.set_password(
        accounts.database, accounts.passwords, "ann", "another horse", actor=OPERATOR
    )


async def disable(accounts: Accounts) -> None:
    await users.set_enabled(accounts.database, "ann", enabled=False, actor=OPERATOR)


async def remove(accounts: Accounts) -> None:
    await users.remove(accounts.database, "ann", actor=OPERATOR)


@pytest.mark.parametrize("change", [change_password, disable, remove])
async def test_an_account_that_changes_during_a_sign_in_is_not_signed_in(
    accounts: Accounts,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Accounts], Awaitable[None]],
) -> None:
    await ann(accounts)
    verify = Passwords.verify

    async def slow(self: Passwords, password_hash: str | None, password: str) -> bool:
        matches = await verify(self, password_hash, password)
        await change(accounts)
        return matches

    monkeypatch.setattr(Passwords, "verify", slow)
    with pytest.raises(UnauthenticatedError):
        await accounts.sign_in("ann", PASSWORD)
    assert await accounts.rows("SELECT * FROM tokens") == []


async def test_every_sign_in_is_a_session_of_its_own(accounts: Accounts) -> None:
    first = await signed_in(accounts)
    second = await accounts.sign_in("Ann", PASSWORD)
    await sessions.sign_out(accounts.database, first.access_token)
    assert (await name_of(accounts, first), await name_of(accounts, second)) == (None, "Ann")
    assert len({*tokens_of(first), *tokens_of(second)}) == 4


def tokens_of(pair: SignedIn) -> tuple[str, str]:
    return pair.access_token, pair.refresh_token


async def test_a_refresh_token_is_exchanged_for_a_new_pair(accounts: Accounts) -> None:
    old = await signed_in(accounts)
    new = await refresh(accounts, old.refresh_token)
    assert not {*tokens_of(old)} & {*tokens_of(new)}
    assert await name_of(accounts, new) == "Ann"


async def test_a_refresh_token_that_is_shown_again_ends_the_session(accounts: Accounts) -> None:
    old = await signed_in(accounts)
    new = await refresh(accounts, old.refresh_token)
    accounts.clock.time += LATER
    with pytest.raises(ForbiddenError, match=r"^STALE_TOKEN_RESET_REQUIRED$"):
        await refresh(accounts, old.refresh_token)
    assert [await name_of(accounts, pair) for pair in (old, new)] == [None, None]
    with pytest.raises(ForbiddenError):
        await refresh(accounts, new.refresh_token)


async def test_other_sessions_survive_the_reuse_of_a_token(accounts: Accounts) -> None:
    stolen = await signed_in(accounts)
    other = await accounts.sign_in("Ann", PASSWORD)
    await refresh(accounts, stolen.refresh_token)
    accounts.clock.time += LATER
    with pytest.raises(ForbiddenError):
        await refresh(accounts, stolen.refresh_token)
    assert await name_of(accounts, other) == "Ann"


async def test_tabs_that_exchange_a_token_at_the_same_moment_all_get_a_pair(
    accounts: Accounts,
) -> None:
    pair = await signed_in(accounts)
    pairs = await asyncio.gather(*(refresh(accounts, pair.refresh_token) for _ in range(5)))
    assert len({token for each in pairs for token in tokens_of(each)}) == 10
    assert {await name_of(accounts, each) for each in pairs} == {"Ann"}
    await sessions.sign_out(accounts.database, pairs[0].access_token)  # it is one session
    assert {await name_of(accounts, each) for each in pairs} == {None}


async def test_the_moment_begins_with_the_first_exchange_and_is_short(accounts: Accounts) -> None:
    pair = await signed_in(accounts)
    await refresh(accounts, pair.refresh_token)
    accounts.clock.time += LATER - 1
    last = await refresh(accounts, pair.refresh_token)
    accounts.clock.time += 1
    with pytest.raises(ForbiddenError):
        await refresh(accounts, pair.refresh_token)
    assert await name_of(accounts, last) is None


async def test_a_refusal_says_what_is_wrong_in_the_words_of_the_frontend(
    accounts: Accounts,
) -> None:
    pair = await signed_in(accounts)
    with pytest.raises(ForbiddenError, match=r"^INVALID_TOKEN_RESET_REQUIRED: "):
        await refresh(accounts, pair.refresh_token + "x")
    with pytest.raises(ForbiddenError, match="not a refresh token"):
        await refresh(accounts, pair.access_token)
    accounts.clock.time += accounts.auth.refresh_lifetime
    with pytest.raises(ForbiddenError, match=r"^Refresh token has expired$"):
        await refresh(accounts, pair.refresh_token)


async def test_an_unknown_token_is_nobodys(accounts: Accounts) -> None:
    pair = await signed_in(accounts)
    for token in ("", "unknown", "\ud800", "a" * 100_000):
        assert await sessions.identify(accounts.database, token, "access") is None
        await sessions.sign_out(accounts.database, token)
        with pytest.raises(ForbiddenError):
            await refresh(accounts, token)
    assert await name_of(accounts, pair) == "Ann"


async def test_tokens_are_good_for_one_thing_only(accounts: Accounts) -> None:
    pair = await signed_in(accounts)
    identify = sessions.identify
    assert await identify(accounts.database, pair.refresh_token, "access") is None
    assert await identify(accounts.database, pair.access_token, "refresh") is None
    assert await identify(accounts.database, pair.refresh_token, "refresh") == pair.user
    with pytest.raises(ForbiddenError):
        await refresh(accounts, pair.access_token)
    assert await name_of(accounts, pair) == "Ann"  # a mistake, no theft: the session goes on


async def test_an_access_token_runs_out(accounts: Accounts) -> None:
    pair = await signed_in(accounts)
    accounts.clock.time += accounts.auth.access_lifetime - 1
    assert await name_of(accounts, pair) == "Ann"
    accounts.clock.time += 1
    assert await name_of(accounts, pair) is None


async def test_a_refresh_token_runs_out(accounts: Accounts) -> None:
    pair = await signed_in(accounts)
    accounts.clock.time += accounts.auth.refresh_lifetime
    with pytest.raises(ForbiddenError):
        await refresh(accounts, pair.refresh_token)
    assert await sessions.identify(accounts.database, pair.refresh_token, "refresh") is None


async def test_a_used_refresh_token_is_nobodys_after_a_moment(accounts: Accounts) -> None:
    pair = await signed_in(accounts)
    await refresh(accounts, pair.refresh_token)
    identify = sessions.identify
    assert await identify(accounts.database, pair.refresh_token, "refresh") == pair.user
    accounts.clock.time += LATER
    assert await identify(accounts.database, pair.refresh_token, "refresh") is None


async def test_signing_out_ends_both_tokens(accounts: Accounts) -> None:
    pair = await signed_in(accounts)
    await sessions.sign_out(accounts.database, pair.access_token)
    assert await name_of(accounts, pair) is None
    with pytest.raises(ForbiddenError):
        await refresh(accounts, pair.refresh_token)


@pytest.mark.parametrize("change", [change_password, disable, remove])
async def test_what_happens_to_the_account_ends_its_sessions_at_once(
    accounts: Accounts, change: Callable[[Accounts], Awaitable[None]]
) -> None:
    pair = await signed_in(accounts)
    await change(accounts)
    assert await name_of(accounts, pair) is None
    with pytest.raises(ForbiddenError):
        await refresh(accounts, pair.refresh_token)
    assert await accounts.rows("SELECT * FROM tokens") == []


async def test_a_user_who_is_enabled_again_must_sign_in_again(accounts: Accounts) -> None:
    pair = await signed_in(accounts)
    await disable(accounts)
    await users.set_enabled(accounts.database, "ann", enabled=True, actor=OPERATOR)
    assert await name_of(accounts, pair) is None
    assert await name_of(accounts, await accounts.sign_in("ann", PASSWORD)) == "Ann"


async def test_tokens_that_ran_out_are_deleted_at_the_next_sign_in(accounts: Accounts) -> None:
    await signed_in(accounts)
    accounts.clock.time += accounts.auth.refresh_lifetime
    await accounts.sign_in("Ann", PASSWORD)
    assert await accounts.rows("SELECT count(*) FROM tokens") == [(2,)]


async def test_the_database_holds_only_hashes(accounts: Accounts, tmp_path: Path) -> None:
    pair = await signed_in(accounts)
    new = await refresh(accounts, pair.refresh_token)
    content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    secrets = [PASSWORD, *tokens_of(pair), *tokens_of(new)]
    assert [secret for secret in secrets if secret.encode() in content] == []
    assert hashlib.sha256(new.access_token.encode()).hexdigest().encode() in content
