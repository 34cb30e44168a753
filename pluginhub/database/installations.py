"""SQL of installations: which user has which release, and which they had a moment ago."""

import json
from dataclasses import dataclass
from typing import Any

from pluginhub.database import releases
from pluginhub.database.connection import Connection, fetch_all
from pluginhub.errors import NotFoundError
from pluginhub.models import Installation, Release

_COLUMNS = "id, user_id, slug, release_id, enabled, config, installed_at, updated_at"


@dataclass(frozen=True, slots=True)
class Loadable:
    """A release that pages of a user may load files from.

    Attributes:
        current: False for one that the installation was updated away from, in its grace period.
    """

    installation_id: str
    release_id: int
    slug: str
    version: str
    digest: str
    current: bool


async def find(connection: Connection, user_id: str, slug: str) -> Installation | None:
    """Return a user's installation of a plugin, or None."""
    found = await _select(connection, "user_id = ? AND slug = ?", (user_id, slug))
    return found[0] if found else None


async def get(connection: Connection, user_id: str, slug: str) -> Installation:
    """Return a user's installation of a plugin.

    Raises:
        NotFoundError: The user does not have it.
    """
    if installation := await find(connection, user_id, slug):
        return installation
    raise NotFoundError(f"{slug} is not installed", slug=slug)


async def list_of(connection: Connection, user_id: str) -> list[Installation]:
    """Return everything that a user has installed, by slug."""
    return await _select(connection, "user_id = ?", (user_id,))


async def loadable(
    connection: Connection, user_id: str, slug: str, left_after: int
) -> list[Loadable]:
    """Return what a user's pages may load of a plugin: nothing if it or the user is disabled.

    Args:
        connection: To read from.
        user_id: Whose pages.
        slug: Which plugin.
        left_after: Releases that were left before this time (seconds since 1970) are out.
    """
    rows = await fetch_all(
        connection,
        "WITH enabled AS ("
        "  SELECT i.id, i.release_id FROM installations i JOIN users u ON u.id = i.user_id"
        "  WHERE i.user_id = ? AND i.slug = ? AND i.enabled = 1 AND u.enabled = 1"
        "), candidates AS ("
        "  SELECT id AS installation_id, release_id, 1 AS is_current FROM enabled"
        "  UNION ALL"
        "  SELECT f.installation_id, f.release_id, 0 FROM former_releases f"
        "  JOIN enabled ON enabled.id = f.installation_id WHERE f.left_at > ?"
        ")"
        " SELECT installation_id, release_id, r.slug, r.version, r.digest, is_current AS current"
        " FROM candidates JOIN releases r ON r.id = release_id",
        (user_id, slug, left_after),
    )
    return [Loadable(**{**row, "current": bool(row["current"])}) for row in rows]


async def count_by_release(connection: Connection) -> dict[int, int]:
    """Return how many installations each release has, by release id."""
    rows = await fetch_all(
        connection,
        "SELECT release_id, count(*) AS number FROM installations GROUP BY release_id",
    )
    return {row["release_id"]: row["number"] for row in rows}


async def add(
    tx: Connection, installation_id: str, *, user_id: str, release: Release, now: int
) -> None:
    """Insert a reference of a user who does not have this plugin yet."""
    await tx.execute(
        "INSERT INTO installations (id, user_id, slug, release_id, installed_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (installation_id, user_id, release.slug, release.id, now, now),
    )


async def move(tx: Connection, installation: Installation, release_id: int, now: int) -> None:
    """Point an installation at another release, and remember the one it leaves."""
    old = installation.release.id
    await tx.execute(
        "UPDATE installations SET release_id = ?, previous_release_id = ?, updated_at = ?"
        " WHERE id = ?",
        (release_id, old, now, installation.id),
    )
    await tx.execute(
        "INSERT INTO former_releases (installation_id, release_id, left_at) VALUES (?, ?, ?)",
        (installation.id, old, now),
    )
    await tx.execute(
        "DELETE FROM former_releases WHERE installation_id = ? AND release_id = ?",
        (installation.id, release_id),
    )


async def set_enabled(tx: Connection, installation_id: str, *, enabled: bool, now: int) -> None:
    """Switch an installation on or off."""
    await tx.execute(
        "UPDATE installations SET enabled = ?, updated_at = ? WHERE id = ?",
        (enabled, now, installation_id),
    )


async def remove(tx: Connection, installation_id: str) -> None:
    """Delete a reference; the files stay."""
    await tx.execute("DELETE FROM installations WHERE id = ?", (installation_id,))


async def _select(
    connection: Connection, condition: str, parameters: tuple[Any, ...]
) -> list[Installation]:
    rows = await fetch_all(
        connection,
        f"SELECT {_COLUMNS} FROM installations WHERE {condition}"  # noqa: S608 - of this file
        " ORDER BY slug",
        parameters,
    )
    disabled: dict[str, set[str]] = {row["id"]: set() for row in rows}
    for row in await fetch_all(
        connection,
        "SELECT installation_id, m.name FROM installation_modules m"  # noqa: S608 - of this file
        " JOIN installations i ON i.id = m.installation_id"
        f" WHERE m.enabled = 0 AND {condition}",
        parameters,
    ):
        disabled[row["installation_id"]].add(row["name"])
    installed = await releases.get_many(connection, (row["release_id"] for row in rows))
    return [
        Installation(
            id=row["id"],
            user_id=row["user_id"],
            release=installed[row["release_id"]],
            enabled=bool(row["enabled"]),
            config=json.loads(row["config"]),
            disabled_modules=frozenset(disabled[row["id"]]),
            installed_at=row["installed_at"],
            updated_at=row["updated_at"],
        )
        for row in rows
    ]
