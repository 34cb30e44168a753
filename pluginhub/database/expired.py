"""SQL of what runs out by itself: tokens, answers kept for a while, states with a time to live.

What has run out is worthless at once, and deleted a day later: the clock may have been wrong.
"""

from collections.abc import Mapping

from pluginhub.database.connection import Connection, fetch_one

_DAY = 24 * 3600  # seconds

# Which rows of a table have run out, and how long after the time in the condition, seconds.
_EXPIRED: Mapping[str, tuple[str, int]] = {
    "tokens": ("expires_at <= ?", _DAY),
    "api_tokens": ("expires_at <= ?", _DAY),
    "idempotency_keys": ("created_at <= ?", 2 * _DAY),
    "jobs": ("state IN ('done', 'failed', 'cancelled') AND updated_at <= ?", 7 * _DAY),
    "plugin_states": ("ttl_expires_at <= ?", _DAY),
}


async def count(connection: Connection, now: int) -> dict[str, int]:
    """Return how many rows of which tables have run out.

    Args:
        connection: To read from.
        now: Seconds since 1970.
    """
    found: dict[str, int] = {}
    for table, (condition, age) in _EXPIRED.items():
        row = await fetch_one(
            connection,
            f"SELECT count(*) AS number FROM {table} WHERE {condition}",  # noqa: S608 - constants
            (now - age,),
        )
        found[table] = int(row["number"]) if row else 0
    return found


async def remove(tx: Connection, now: int) -> dict[str, int]:
    """Delete what has run out, and return how many rows of which tables.

    Args:
        tx: The transaction.
        now: Seconds since 1970.
    """
    removed: dict[str, int] = {}
    for table, (condition, age) in _EXPIRED.items():
        cursor = await tx.execute(
            f"DELETE FROM {table} WHERE {condition}",  # noqa: S608 - constants
            (now - age,),
        )
        removed[table] = cursor.rowcount
        await cursor.close()
    return removed
