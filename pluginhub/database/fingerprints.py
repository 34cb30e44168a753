"""Tells apart what users have: by its digests, or by one digest of everything."""

import hashlib
from collections.abc import Mapping

from pluginhub.database.connection import Connection, fetch_all, fetch_one

# What is compared, and by which order; not what changes by itself when somebody signs in.
_TABLES: Mapping[str, tuple[str, str]] = {
    "users": ("id, name, email, role, enabled", "id"),
    "plugins": ("slug, owner_id", "slug"),
    "releases": ("id, slug, version, digest, yanked_at, approved_at, keep", "id"),
    "installations": (
        "id, user_id, release_id, previous_release_id, enabled, config, attributes, pin, channel",
        "id",
    ),
    "installation_modules": (
        "installation_id, name, enabled, attributes",
        "installation_id, name",
    ),
    "plugin_rows": ("installation_id, table_name, row_id, content", "installation_id, row_id"),
    "plugin_states": ("id, state_data, version, is_active", "id"),
    "api_tokens": ("id", "id"),
}
_PASSWORDS = "SELECT count(*) AS number FROM audit WHERE action LIKE '%password%'"


async def of_rows(connection: Connection) -> str:
    """Return a digest of what belongs to users."""
    digest = hashlib.sha256()
    for table, (columns, order) in _TABLES.items():
        sql = f"SELECT {columns} FROM {table} ORDER BY {order}"  # noqa: S608 - constants
        async with connection.execute(sql) as cursor:
            async for row in cursor:
                digest.update(repr(tuple(row)).encode(errors="surrogatepass"))
    passwords = await fetch_one(connection, _PASSWORDS)
    digest.update(repr(tuple(passwords or ())).encode())
    return digest.hexdigest()


async def last_entry(connection: Connection) -> int:
    """Return the id of the last entry of the audit."""
    row = await fetch_one(connection, "SELECT coalesce(max(id), 0) AS last FROM audit")
    return int(row["last"]) if row else 0


async def others_since(connection: Connection, entry: int, moment: int, name: str) -> bool:
    """Return whether anybody else did anything.

    Args:
        connection: To read from.
        entry: Of the audit, after which it would be.
        moment: Seconds since 1970, after which somebody would have signed in.
        name: Whose entries do not count.
    """
    acted = await fetch_one(
        connection, "SELECT 1 FROM audit WHERE id > ? AND actor_name != ? LIMIT 1", (entry, name)
    )
    signed_in = await fetch_one(
        connection, "SELECT 1 FROM tokens WHERE created_at > ? LIMIT 1", (moment,)
    )
    return acted is not None or signed_in is not None


async def digests_of(connection: Connection, user_id: str) -> dict[str, str]:
    """Return the digests of what a user has, by lower-case slug."""
    rows = await fetch_all(
        connection,
        "SELECT releases.slug, digest FROM installations JOIN releases"
        " ON releases.id = release_id WHERE user_id = ?",
        (user_id,),
    )
    return {row["slug"].lower(): row["digest"] for row in rows}
