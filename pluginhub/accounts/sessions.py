"""Sign in, stay signed in, sign out: opaque tokens, of which the database holds only hashes.

A sign-in starts a session. Each refresh token is exchanged once, for a new pair; whoever shows
one again has copied it, and the session ends (RFC 9700, section 4.14.2). Tabs of one browser share
a token and may exchange it at the same moment: for a few seconds each of them gets a pair.

A token is looked up by its hash. How long that takes tells nothing of the token, because nobody
can choose a hash.
"""

import hashlib
import secrets
from dataclasses import dataclass

from pluginhub.accounts.passwords import Passwords
from pluginhub.config import Auth
from pluginhub.database import tokens, users
from pluginhub.database.connection import Connection, Database
from pluginhub.database.tokens import Kind, Token
from pluginhub.errors import ForbiddenError, UnauthenticatedError
from pluginhub.models import User

_GRACE = 10  # seconds in which a refresh token may be exchanged once more


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh pair of tokens.

    Attributes:
        issued_at: Seconds since 1970.
    """

    user: User
    access_token: str
    refresh_token: str
    issued_at: int


async def sign_in(
    database: Database, passwords: Passwords, auth: Auth, login: str, password: str
) -> SignedIn:
    """Check a password and start a session.

    Args:
        database: Knows the users.
        passwords: Checks the password.
        auth: Lifetimes of the tokens.
        login: User name or e-mail address.
        password: As typed.

    Raises:
        UnauthenticatedError: Name or password is wrong, or the account is disabled; which of
            these is not told.
    """
    async with database.snapshot() as connection:
        account = await _account(connection, login)
    user, hashed = account
    if await passwords.verify(hashed, password) and user and user.enabled:
        anew = None
        if hashed and passwords.is_old(hashed):
            anew = await passwords.rehash(password)
        async with database.transaction() as tx:
            if await _account(tx, login) == account:  # nothing happened to it meanwhile
                await tokens.remove_expired(tx, database.now())
                if anew:
                    await users.set_password(tx, user.id, anew, database.now())
                return await _issue(tx, user, auth, secrets.token_hex(16), database.now())
    raise UnauthenticatedError("Invalid email or password")


async def _account(connection: Connection, login: str) -> tuple[User | None, str | None]:
    user = await users.find(connection, login)
    return user, await users.password_hash(connection, user.id) if user else None


async def refresh(database: Database, auth: Auth, refresh_token: str) -> SignedIn:
    """Exchange a refresh token for a new pair.

    Raises:
        ForbiddenError: It is unknown, expired or used before; the existing frontend knows the
            messages (http-api section 4.1).
    """
    hashed = _hash(refresh_token)
    async with database.transaction() as tx:
        now = database.now()
        token = await tokens.find(tx, hashed)
        refusal = _refusal(token, now)
        if token and refusal is None:
            if token.used_at is None:
                await tokens.mark_used(tx, hashed, now)
            return await _issue(tx, token.user, auth, token.session, now)
        if token and refusal == _REUSED:
            await tokens.end_session(tx, token.session)
    raise ForbiddenError(refusal or _UNKNOWN)


_UNKNOWN = "INVALID_TOKEN_RESET_REQUIRED: the refresh token is not known, or was revoked"
_REUSED = "STALE_TOKEN_RESET_REQUIRED"


def _refusal(token: Token | None, now: int) -> str | None:
    """Return why a token is not exchanged, or None if it is."""
    if token is None:
        return _UNKNOWN
    if token.kind != "refresh":
        return "Invalid token: not a refresh token"
    if now >= token.expires_at:
        return "Refresh token has expired"
    if _used_up(token, now):
        return _REUSED
    return None if token.user.enabled else "Invalid refresh token: user not found"


def _used_up(token: Token, now: int) -> bool:
    return token.used_at is not None and now - token.used_at > _GRACE


async def sign_out(database: Database, token: str) -> None:
    """End the session that a token belongs to; unknown tokens are no error."""
    async with database.transaction() as tx:
        if found := await tokens.find(tx, _hash(token)):
            await tokens.end_session(tx, found.session)


async def identify(database: Database, token: str, kind: Kind) -> User | None:
    """Return the user who a valid token of this kind belongs to, or None."""
    found = await find(database, token, kind)
    return found.user if found else None


async def find(database: Database, token: str, kind: Kind) -> Token | None:
    """Return a token of this kind with its user and session, if it is valid."""
    async with database.snapshot() as connection:
        found = await tokens.find(connection, _hash(token))
    now = database.now()
    if found is None or found.kind != kind or not found.user.enabled:
        return None
    return None if now >= valid_until(found) else found


def valid_until(token: Token) -> int:
    """Return from when on a token proves nothing, seconds since 1970."""
    if token.used_at is None:
        return token.expires_at
    return min(token.expires_at, token.used_at + _GRACE + 1)


async def _issue(tx: Connection, user: User, auth: Auth, session: str, now: int) -> SignedIn:
    pair = SignedIn(user, secrets.token_urlsafe(32), secrets.token_urlsafe(32), now)
    made: tuple[tuple[Kind, str, int], ...] = (
        ("access", pair.access_token, auth.access_lifetime),
        ("refresh", pair.refresh_token, auth.refresh_lifetime),
    )
    for kind, token, lifetime in made:
        await tokens.add(
            tx,
            _hash(token),
            user_id=user.id,
            kind=kind,
            session=session,
            now=now,
            lifetime=lifetime,
        )
    return pair


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
