"""SQL of the table ``api_tokens``: what users make for programs that act for them."""

import json
from dataclasses import dataclass

from pluginhub.database import users
from pluginhub.database.connection import Connection, Row, fetch_all, fetch_one
from pluginhub.models import User


@dataclass(frozen=True, slots=True)
class ApiToken:
    """An API token without its secret.

    Attributes:
        id: 32 lowercase hexadecimal digits.
        scopes: What it may be used for.
        expires_at: Seconds since 1970, or None for never.
    """

    id: str
    user_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: int
    expires_at: int | None


async def add(tx: Connection, token: ApiToken, token_hash: str) -> None:
    """Insert a token."""
    await tx.execute(
        "INSERT INTO api_tokens (id, user_id, name, hash, scopes, created_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            token.id,
            token.user_id,
            token.name,
            token_hash,
            json.dumps(token.scopes),
            token.created_at,
            token.expires_at,
        ),
    )


async def find(connection: Connection, token_hash: str) -> tuple[ApiToken, User] | None:
    """Return the token with this SHA-256 and its user, however old it is."""
    row = await fetch_one(connection, "SELECT * FROM api_tokens WHERE hash = ?", (token_hash,))
    if row is None:
        return None
    return _from_row(row), await users.get_by_id(connection, row["user_id"])


async def find_by_id(connection: Connection, token_id: str) -> ApiToken | None:
    """Return the token with this id, or None."""
    row = await fetch_one(connection, "SELECT * FROM api_tokens WHERE id = ?", (token_id,))
    return _from_row(row) if row else None


async def list_of(connection: Connection, user_id: str) -> list[ApiToken]:
    """Return the tokens of a user, the oldest first."""
    rows = await fetch_all(
        connection,
        "SELECT * FROM api_tokens WHERE user_id = ? ORDER BY created_at, id",
        (user_id,),
    )
    return [_from_row(row) for row in rows]


async def remove(tx: Connection, token_id: str) -> None:
    """Delete a token: nobody gets in with it any more."""
    await tx.execute("DELETE FROM api_tokens WHERE id = ?", (token_id,))


def _from_row(row: Row) -> ApiToken:
    return ApiToken(
        id=row["id"],
        user_id=row["user_id"],
        name=row["name"],
        scopes=tuple(json.loads(row["scopes"])),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )
