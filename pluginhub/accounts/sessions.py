"""Sign in, stay signed in, sign out: opaque tokens, of which the database holds only hashes.

A sign-in starts a session. Each refresh token is exchanged once, for a new pair; whoever shows
one again has copied it, and the session ends (RFC 9700, section 4.14.2).
"""

import hashlib
import secrets
from dataclasses import dataclass

from pluginhub.accounts.passwords import Passwords
from pluginhub.config import Auth
from pluginhub.database import tokens, users
from pluginhub.database.connection import Connection, Database
from pluginhub.database.tokens import Kind
from pluginhub.errors import ForbiddenError, UnauthenticatedError
from pluginhub.models import User


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
        async with database.transaction() as tx:
            if await _account(tx, login) == account:  # nothing happened to it meanwhile
                await tokens.remove_expired(tx, database.now())
                return await _issue(tx, user, auth, secrets.token_hex(16), database.now())
    raise UnauthenticatedError("Invalid email or password")


async def _account(connection: Connection, login: str) -> tuple[User | None, str | None]:
    user = await users.find(connection, login)
    return user, await users.password_hash(connection, user.id) if user else None


async def refresh(database: Database, auth: Auth, refresh_token: str) -> SignedIn:
    """Exchange a refresh token for a new pair.

    Raises:
        ForbiddenError: It is unknown, expired or used before.
    """
    hashed = _hash(refresh_token)
    async with database.transaction() as tx:
        now = database.now()
        token = await tokens.find(tx, hashed)
        if token and token.kind == "refresh" and token.used:
            await tokens.end_session(tx, token.session)
        elif token and token.kind == "refresh" and token.user.enabled and now < token.expires_at:
            await tokens.mark_used(tx, hashed, now)
            return await _issue(tx, token.user, auth, token.session, now)
    raise ForbiddenError("Invalid refresh token: sign in again")


async def sign_out(database: Database, token: str) -> None:
    """End the session that a token belongs to; unknown tokens are no error."""
    async with database.transaction() as tx:
        if found := await tokens.find(tx, _hash(token)):
            await tokens.end_session(tx, found.session)


async def identify(database: Database, token: str, kind: Kind) -> User | None:
    """Return the user who a valid token of this kind belongs to, or None."""
    async with database.snapshot() as connection:
        found = await tokens.find(connection, _hash(token))
    valid = found and found.kind == kind and not found.used and database.now() < found.expires_at
    return found.user if found and valid and found.user.enabled else None


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
