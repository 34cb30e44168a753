"""SQL of the users that an admin looks over, with their numbers, page by page."""

from dataclasses import dataclass

from pluginhub.database.connection import Connection, fetch_all, fetch_one
from pluginhub.database.patterns import containing


@dataclass(frozen=True, slots=True)
class Person:
    """A user, and how much they have.

    Attributes:
        plugins: How many they have installed.
        tokens: How many API tokens act for them.
        created_at: Seconds since 1970.
    """

    name: str
    email: str | None
    role: str
    enabled: bool
    created_at: int
    plugins: int
    tokens: int


async def page(
    connection: Connection, text: str, *, offset: int, limit: int
) -> tuple[int, list[Person]]:
    """Return how many users suit, and one page of them by name.

    Args:
        connection: To read from.
        text: Part of the name or the e-mail address, in whatever case.
        offset: How many to leave out.
        limit: How many at most.
    """
    where = "FROM users u WHERE (u.name LIKE ? ESCAPE ? OR u.email LIKE ? ESCAPE ?)"
    values = (containing(text), "\\") * 2
    total = await fetch_one(connection, f"SELECT count(*) AS number {where}", values)
    rows = await fetch_all(
        connection,
        "SELECT name, email, role, enabled, created_at,"  # noqa: S608 - constants
        " (SELECT count(*) FROM installations i WHERE i.user_id = u.id) AS plugins,"
        " (SELECT count(*) FROM api_tokens t WHERE t.user_id = u.id) AS tokens"
        f" {where} ORDER BY u.name LIMIT ? OFFSET ?",
        (*values, limit, offset),
    )
    found = [Person(**{**row, "enabled": bool(row["enabled"])}) for row in rows]
    return int(total["number"]) if total else 0, found
