"""SQL of the table ``plugins``: which slugs there are, and whose they are."""

from pluginhub.database.connection import Connection, fetch_one
from pluginhub.database.visibility import SEEN_BY_ALL


async def find_slug(connection: Connection, slug: str) -> str | None:
    """Return the slug as its plugin spells it, or None; case does not matter."""
    row = await fetch_one(connection, "SELECT slug FROM plugins WHERE slug = ?", (slug,))
    return row["slug"] if row else None


async def owner_of(connection: Connection, slug: str) -> str | None:
    """Return the id of the user who owns a plugin, or None."""
    row = await fetch_one(connection, "SELECT owner_id FROM plugins WHERE slug = ?", (slug,))
    return row["owner_id"] if row else None


async def is_published(connection: Connection, slug: str) -> bool:
    """Return whether a plugin has a release that everybody sees, or had one."""
    row = await fetch_one(
        connection,
        f"SELECT EXISTS (SELECT 1 FROM releases WHERE slug = ? AND {SEEN_BY_ALL})"  # noqa: S608 - a constant
        " OR EXISTS (SELECT 1 FROM tombstones WHERE slug = ?) AS found",
        (slug, slug),
    )
    return bool(row and row["found"])


async def add(tx: Connection, slug: str, owner_id: str | None, now: int) -> None:
    """Insert a plugin whose slug is free."""
    await tx.execute(
        "INSERT INTO plugins (slug, owner_id, created_at) VALUES (?, ?, ?)", (slug, owner_id, now)
    )


async def set_owner(tx: Connection, slug: str, owner_id: str | None) -> None:
    """Let a plugin belong to somebody."""
    await tx.execute("UPDATE plugins SET owner_id = ? WHERE slug = ?", (owner_id, slug))


async def remove_without_releases(tx: Connection, slug: str) -> None:
    """Give a slug free that has no release, and of which no sweep remembers one."""
    await tx.execute(
        "DELETE FROM plugins WHERE slug = ?"
        " AND NOT EXISTS (SELECT 1 FROM releases WHERE releases.slug = plugins.slug)"
        " AND NOT EXISTS (SELECT 1 FROM tombstones WHERE tombstones.slug = plugins.slug)",
        (slug,),
    )
