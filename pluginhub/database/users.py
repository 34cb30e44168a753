"""SQL of the table ``users``."""

from pluginhub.database.connection import Connection, Row, fetch_all, fetch_one
from pluginhub.errors import NotFoundError
from pluginhub.models import User

_COLUMNS = "id, name, email, role, enabled, created_at, updated_at"


def from_row(row: Row) -> User:
    """Build a user from the columns that this module selects."""
    return User(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        role=row["role"],
        enabled=bool(row["enabled"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


async def find(connection: Connection, login: str) -> User | None:
    """Return the user with this name or e-mail address, in whatever case it is written."""
    row = await fetch_one(
        connection,
        f"SELECT {_COLUMNS} FROM users WHERE name = ? OR email = ?",  # noqa: S608 - a constant
        (login, login),
    )
    return from_row(row) if row else None


async def get(connection: Connection, login: str) -> User:
    """Return the user with this name or e-mail address.

    Raises:
        NotFoundError: There is none.
    """
    if user := await find(connection, login):
        return user
    raise NotFoundError(f"there is no user {login!r}", user=login)


async def find_by_id(connection: Connection, user_id: str) -> User | None:
    """Return the user with this id, or None."""
    row = await fetch_one(
        connection,
        f"SELECT {_COLUMNS} FROM users WHERE id = ?",  # noqa: S608 - a constant
        (user_id,),
    )
    return from_row(row) if row else None


async def get_by_id(connection: Connection, user_id: str) -> User:
    """Return the user with this id.

    Raises:
        NotFoundError: There is none.
    """
    if user := await find_by_id(connection, user_id):
        return user
    raise NotFoundError("there is no such user", user=user_id)


async def password_hash(connection: Connection, user_id: str) -> str | None:
    """Return the argon2id hash of the user's password, or None if there is no password."""
    row = await fetch_one(connection, "SELECT password_hash FROM users WHERE id = ?", (user_id,))
    return row["password_hash"] if row else None


async def list_all(connection: Connection) -> list[User]:
    """Return all users, by name."""
    rows = await fetch_all(
        connection,
        f"SELECT {_COLUMNS} FROM users ORDER BY name",  # noqa: S608 - a constant
    )
    return [from_row(row) for row in rows]


async def count(connection: Connection) -> int:
    """Return how many users there are."""
    row = await fetch_one(connection, "SELECT count(*) AS number FROM users")
    return int(row["number"]) if row else 0


async def add(tx: Connection, user: User, password_hash: str | None) -> None:
    """Insert a user whose name and address are free."""
    await tx.execute(
        "INSERT INTO users (id, name, email, role, enabled, created_at, updated_at, password_hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            user.id,
            user.name,
            user.email,
            user.role,
            user.enabled,
            user.created_at,
            user.updated_at,
            password_hash,
        ),
    )


async def set_enabled(tx: Connection, user_id: str, *, enabled: bool, now: int) -> None:
    """Switch an account on or off."""
    await tx.execute(
        "UPDATE users SET enabled = ?, updated_at = ? WHERE id = ?", (enabled, now, user_id)
    )


async def set_name(tx: Connection, user_id: str, name: str, now: int) -> None:
    """Give a user another name, which is free."""
    await tx.execute("UPDATE users SET name = ?, updated_at = ? WHERE id = ?", (name, now, user_id))


async def set_password(tx: Connection, user_id: str, password_hash: str, now: int) -> None:
    """Replace the hash of a user's password."""
    await tx.execute(
        "UPDATE users SET password_hash = ?, updated_at = ? WHERE id = ?",
        (password_hash, now, user_id),
    )


async def remove(tx: Connection, user_id: str) -> None:
    """Delete a user with everything that is theirs; what they published stays."""
    await tx.execute("DELETE FROM users WHERE id = ?", (user_id,))
