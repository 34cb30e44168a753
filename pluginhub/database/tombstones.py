"""SQL of tombstones: releases that are gone, and what they were."""

from dataclasses import dataclass

from pluginhub.database.connection import Connection, fetch_all, fetch_one


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A release that is gone.

    Attributes:
        digest: Of its files.
        removed_at: Seconds since 1970.
    """

    slug: str
    version: str
    digest: str
    removed_at: int


async def add(tx: Connection, tombstone: Tombstone) -> None:
    """Remember a release whose row is about to go."""
    await tx.execute(
        "INSERT OR REPLACE INTO tombstones (slug, version, digest, removed_at) VALUES (?, ?, ?, ?)",
        (tombstone.slug, tombstone.version, tombstone.digest, tombstone.removed_at),
    )


async def find(connection: Connection, slug: str, version: str) -> Tombstone | None:
    """Return what is known of a release that is gone."""
    row = await fetch_one(
        connection,
        "SELECT slug, version, digest, removed_at FROM tombstones WHERE slug = ? AND version = ?",
        (slug, version),
    )
    return Tombstone(**row) if row else None


async def list_all(connection: Connection) -> list[Tombstone]:
    """Return what is known of all releases that are gone."""
    rows = await fetch_all(connection, "SELECT slug, version, digest, removed_at FROM tombstones")
    return [Tombstone(**row) for row in rows]


async def remove(tx: Connection, slug: str, version: str) -> None:
    """Forget a release that is back, with the same bytes."""
    await tx.execute("DELETE FROM tombstones WHERE slug = ? AND version = ?", (slug, version))


async def digests_beside(connection: Connection, user_id: str, slug: str) -> list[tuple[str, str]]:
    """Return a user's installation of a plugin with the digest of each release that is gone."""
    rows = await fetch_all(
        connection,
        "SELECT i.id, t.digest FROM installations i JOIN tombstones t ON t.slug = i.slug"
        " WHERE i.user_id = ? AND i.slug = ?",
        (user_id, slug),
    )
    return [(row["id"], row["digest"]) for row in rows]
