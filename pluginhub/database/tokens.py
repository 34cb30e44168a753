"""SQL of the table ``tokens``: hashes of what clients show to prove who they are."""

from dataclasses import dataclass
from typing import Literal

from pluginhub.database import users
from pluginhub.database.connection import Connection, fetch_one
from pluginhub.models import User

Kind = Literal["access", "refresh"]


@dataclass(frozen=True, slots=True)
class Token:
    """A token as the database knows it, with its user.

    Attributes:
        session: Shared by all tokens that descend from one sign-in.
        used_at: When a refresh token was exchanged for the first time, seconds since 1970.
    """

    user: User
    kind: Kind
    session: str
    expires_at: int
    used_at: int | None


async def find(connection: Connection, token_hash: str) -> Token | None:
    """Return the token with this SHA-256, however old it is."""
    row = await fetch_one(
        connection,
        "SELECT kind, session, expires_at, used_at, users.id, name, email, role, enabled,"
        " users.created_at, updated_at"
        " FROM tokens JOIN users ON users.id = tokens.user_id WHERE hash = ?",
        (token_hash,),
    )
    if row is None:
        return None
    return Token(
        user=users.from_row(row),
        kind=row["kind"],
        session=row["session"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
    )


async def add(
    tx: Connection,
    token_hash: str,
    *,
    user_id: str,
    kind: Kind,
    session: str,
    now: int,
    lifetime: int,
) -> None:
    """Insert a token that is valid for ``lifetime`` seconds."""
    await tx.execute(
        "INSERT INTO tokens (hash, user_id, kind, session, created_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (token_hash, user_id, kind, session, now, now + lifetime),
    )


async def mark_used(tx: Connection, token_hash: str, now: int) -> None:
    """Remember that a refresh token was exchanged."""
    await tx.execute("UPDATE tokens SET used_at = ? WHERE hash = ?", (now, token_hash))


async def end_session(tx: Connection, session: str) -> None:
    """Delete every token of one sign-in."""
    await tx.execute("DELETE FROM tokens WHERE session = ?", (session,))


async def end_all_sessions(tx: Connection, user_id: str, but: str | None = None) -> None:
    """Delete every token of one user, except those of the session ``but``."""
    await tx.execute("DELETE FROM tokens WHERE user_id = ? AND session IS NOT ?", (user_id, but))


async def end_every_session(tx: Connection) -> None:
    """Delete every token of everybody."""
    await tx.execute("DELETE FROM tokens")


async def remove_expired(tx: Connection, now: int) -> None:
    """Delete tokens that have run out."""
    await tx.execute("DELETE FROM tokens WHERE expires_at <= ?", (now,))
