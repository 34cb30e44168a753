"""SQL of installations: which user has which release, and which they had a moment ago."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pluginhub.database import releases, unused_releases
from pluginhub.database.connection import Connection, Row, fetch_all, fetch_one
from pluginhub.errors import NotFoundError
from pluginhub.models import Installation, ModuleSettings, Release

_COLUMNS = (
    "id, user_id, slug, release_id, enabled, config, installed_at, updated_at, attributes, pin,"
    " channel, as_dependency, previous_release_id, previous_config"
)


@dataclass(frozen=True, slots=True)
class Loadable:
    """A release that pages of a user may load files from.

    Attributes:
        published_at: Seconds since 1970.
        current: False for one that the installation was updated away from, in its grace period.
        left_at: When it was, seconds since 1970; None for the current one.
    """

    installation_id: str
    release_id: int
    slug: str
    version: str
    digest: str
    published_at: int
    current: bool
    left_at: int | None


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
        "  SELECT id AS installation_id, release_id, 1 AS is_current, NULL AS left_at FROM enabled"
        "  UNION ALL"
        "  SELECT f.installation_id, f.release_id, 0, f.left_at FROM former_releases f"
        "  JOIN enabled ON enabled.id = f.installation_id WHERE f.left_at > ?"
        ")"
        " SELECT installation_id, release_id, r.slug, r.version, r.digest,"
        " r.published_at, is_current AS current, left_at"
        " FROM candidates JOIN releases r ON r.id = release_id",
        (user_id, slug, left_after),
    )
    return [Loadable(**{**row, "current": bool(row["current"])}) for row in rows]


async def count_of(connection: Connection, slugs: Sequence[str]) -> dict[int, int]:
    """Return how many installations each release of some plugins has, by release id."""
    rows = await fetch_all(
        connection,
        "SELECT release_id, count(*) AS number FROM installations"  # noqa: S608 - marks
        f" WHERE slug IN ({', '.join('?' * len(slugs))}) GROUP BY release_id",
        slugs,
    )
    return {row["release_id"]: row["number"] for row in rows}


async def add(tx: Connection, installation: Installation) -> None:
    """Insert the reference of a user who does not have this plugin yet."""
    await tx.execute(
        "INSERT INTO installations (enabled, config, attributes, pin, channel, as_dependency,"
        " previous_release_id, previous_config, release_id, updated_at, installed_at, slug,"
        " user_id, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *_changeable(installation),
            installation.installed_at,
            installation.release.slug,
            installation.user_id,
            installation.id,
        ),
    )
    await _replace_modules(tx, installation)
    await unused_releases.begin_anew(tx, installation.release.id)


async def change(tx: Connection, before: Installation, after: Installation) -> None:
    """Write an installation as it is to be; pages may go on loading what it leaves."""
    await tx.execute(
        "UPDATE installations SET enabled = ?, config = ?, attributes = ?, pin = ?, channel = ?,"
        " as_dependency = ?, previous_release_id = ?, previous_config = ?, release_id = ?,"
        " updated_at = ? WHERE id = ?",
        (*_changeable(after), before.id),
    )
    if before.modules != after.modules:
        await _replace_modules(tx, after)
    if before.release.id != after.release.id:
        await _leave(tx, before, after)
        await unused_releases.begin_anew(tx, after.release.id)


async def remove(tx: Connection, installation_id: str) -> None:
    """Delete a reference; the files stay."""
    await tx.execute("DELETE FROM installations WHERE id = ?", (installation_id,))


async def refers_to(connection: Connection, release_id: int) -> bool:
    """Return whether a user has a release, can go back to it, or may still load its files."""
    row = await fetch_one(
        connection,
        "SELECT EXISTS (SELECT 1 FROM releases r WHERE r.id = ? AND NOT EXISTS"
        " (SELECT 1 FROM releases_without_users u WHERE u.id = r.id)) AS found",
        (release_id,),
    )
    return bool(row and row["found"])


def _changeable(installation: Installation) -> tuple[Any, ...]:
    previous = installation.previous_config
    return (
        installation.enabled,
        json.dumps(installation.config),
        json.dumps(installation.attributes),
        installation.pin,
        installation.channel,
        installation.as_dependency,
        installation.previous_release_id,
        None if previous is None else json.dumps(previous),
        installation.release.id,
        installation.updated_at,
    )


async def _replace_modules(tx: Connection, installation: Installation) -> None:
    await tx.execute(
        "DELETE FROM installation_modules WHERE installation_id = ?", (installation.id,)
    )
    await tx.executemany(
        "INSERT INTO installation_modules (installation_id, name, enabled, attributes, written)"
        " VALUES (?, ?, ?, ?, ?)",
        [
            (
                installation.id,
                name,
                settings.enabled,
                json.dumps(settings.attributes),
                json.dumps(settings.written),
            )
            for name, settings in installation.modules.items()
        ],
    )


async def _leave(tx: Connection, before: Installation, after: Installation) -> None:
    if before.release.only_for is None:  # pages that show a development release load the next one
        await tx.execute(
            "INSERT INTO former_releases (installation_id, release_id, left_at) VALUES (?, ?, ?)",
            (before.id, before.release.id, after.updated_at),
        )
    await tx.execute(
        "DELETE FROM former_releases WHERE installation_id = ? AND release_id = ?",
        (before.id, after.release.id),
    )


async def _select(
    connection: Connection, condition: str, parameters: tuple[Any, ...]
) -> list[Installation]:
    rows = await fetch_all(
        connection,
        f"SELECT {_COLUMNS} FROM installations WHERE {condition}"  # noqa: S608 - of this file
        " ORDER BY slug",
        parameters,
    )
    if not rows:
        return []
    modules: dict[str, dict[str, ModuleSettings]] = {row["id"]: {} for row in rows}
    for row in await fetch_all(
        connection,
        "SELECT installation_id, name, m.enabled, m.attributes, m.written"  # noqa: S608 - of this file
        " FROM installation_modules m JOIN installations i ON i.id = m.installation_id"
        f" WHERE {condition} ORDER BY name",
        parameters,
    ):
        settings = ModuleSettings(
            bool(row["enabled"]), json.loads(row["attributes"]), json.loads(row["written"])
        )
        modules[row["installation_id"]][row["name"]] = settings
    installed = await releases.get_many(connection, (row["release_id"] for row in rows))
    return [_to_installation(row, installed[row["release_id"]], modules[row["id"]]) for row in rows]


def _to_installation(
    row: Row, release: Release, modules: Mapping[str, ModuleSettings]
) -> Installation:
    previous = row["previous_config"]
    return Installation(
        id=row["id"],
        user_id=row["user_id"],
        release=release,
        enabled=bool(row["enabled"]),
        config=json.loads(row["config"]),
        installed_at=row["installed_at"],
        updated_at=row["updated_at"],
        modules=modules,
        attributes=json.loads(row["attributes"]),
        pin=row["pin"],
        channel=row["channel"],
        as_dependency=bool(row["as_dependency"]),
        previous_release_id=row["previous_release_id"],
        previous_config=None if previous is None else json.loads(previous),
    )
