"""API tokens: what a user makes for a program that acts for them, and how far each reaches.

A token is shown once, when it is made; the database holds its hash. Every token may read; what
else it may do is said by its scopes, and it never does what its user may not.
"""

import hashlib
import secrets
from typing import Literal

from pluginhub.database import api_tokens, audit
from pluginhub.database.api_tokens import ApiToken
from pluginhub.database.connection import Database
from pluginhub.errors import ConflictError, InvalidError, NotFoundError
from pluginhub.models import Actor, User

Scope = Literal["read", "install", "publish", "admin"]

PREFIX = "phub_"  # tells people and secret scanners what they have found
_MOST = 100  # tokens of one user


def allow(scopes: tuple[str, ...], needed: str) -> bool:
    """Return whether a token with these scopes may do what needs a scope.

    ``read`` is in every scope, and ``admin`` holds all of them. What needs ``sign-in`` is for no
    token.
    """
    if needed == "read":
        return True
    return needed != "sign-in" and (needed in scopes or "admin" in scopes)


async def create(
    database: Database,
    user: User,
    name: str,
    scopes: tuple[Scope, ...],
    lifetime: int | None,
    *,
    actor: Actor,
) -> tuple[ApiToken, str]:
    """Make a token.

    Args:
        database: Gets the row.
        user: For whom it acts.
        name: For people: where it is used.
        scopes: What it may be used for.
        lifetime: Seconds, or None for a token that does not expire.
        actor: Who asks, for the audit.

    Returns:
        The token as it is listed, and its secret.

    Raises:
        InvalidError: It would get a scope that its user cannot use.
        ConflictError: The user has too many.
    """
    if "admin" in scopes and user.role != "admin":
        raise InvalidError("scopes: only the token of an admin can have the scope admin")
    secret = PREFIX + secrets.token_urlsafe(32)
    async with database.transaction() as tx:
        if len(await api_tokens.list_of(tx, user.id)) >= _MOST:
            raise ConflictError(f"{user.name} has {_MOST} tokens; revoke one first")
        now = database.now()
        token = ApiToken(
            id=secrets.token_hex(16),
            user_id=user.id,
            name=name,
            scopes=tuple(dict.fromkeys(scopes)),
            created_at=now,
            expires_at=None if lifetime is None else now + lifetime,
        )
        await api_tokens.add(tx, token, _hash(secret))
        await audit.record(
            tx,
            actor,
            "create-token",
            name,
            now,
            user_id=user.id,
            token=token.id,
            scopes=token.scopes,
        )
    return token, secret


async def revoke(database: Database, token_id: str, user: User | None, *, actor: Actor) -> None:
    """Delete a token.

    Args:
        database: Has the row.
        token_id: Which.
        user: Whose it has to be; None for whoever's it is.
        actor: Who asks, for the audit.

    Raises:
        NotFoundError: There is no such token, or it is somebody else's.
    """
    async with database.transaction() as tx:
        token = await api_tokens.find_by_id(tx, token_id)
        if token is None or (user and token.user_id != user.id):
            raise NotFoundError("there is no such token")
        await api_tokens.remove(tx, token.id)
        await audit.record(
            tx,
            actor,
            "revoke-token",
            token.name,
            database.now(),
            user_id=token.user_id,
            token=token.id,
        )


async def find(database: Database, secret: str) -> tuple[ApiToken, User] | None:
    """Return the token with this secret and its user, if both are valid."""
    async with database.snapshot() as connection:
        found = await api_tokens.find(connection, _hash(secret))
    if found is None or not found[1].enabled:
        return None
    expires_at = found[0].expires_at
    return found if expires_at is None or database.now() < expires_at else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
