"""SQL of ``plugin_states``, one state at a time: as frontends create, read and change them."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from pluginhub.database.connection import Connection, fetch_all, fetch_one

Strategy = Literal["none", "session", "persistent", "custom"]
SyncStatus = Literal["synced", "pending", "conflict"]


@dataclass(frozen=True, slots=True)
class State:
    """Something that a plugin stored for a user.

    Attributes:
        plugin_id: Whatever the frontend calls the plugin.
        state_data: JSON text.
        compression_type: What the frontend says of the data; it is kept as it came.
        state_size: Bytes of ``state_data``.
        ttl_expires_at: Seconds since 1970 from when on it is no more, or None.
        version: One more after each change.
    """

    id: str
    user_id: str
    plugin_id: str
    page_id: str | None
    state_key: str | None
    state_data: str
    state_schema_version: str | None
    state_strategy: Strategy
    compression_type: Literal["gzip"] | None
    state_size: int
    last_accessed: int
    access_count: int
    ttl_expires_at: int | None
    is_active: bool
    version: int
    device_id: str | None
    sync_status: SyncStatus
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What a user's states come to.

    Attributes:
        size: Bytes.
        last_activity: Seconds since 1970, or None without any.
    """

    number: int
    active: int
    size: int
    plugins: int
    last_activity: int | None


_COLUMNS = tuple(field.name for field in dataclasses.fields(State))
_ALIVE = "(ttl_expires_at IS NULL OR ttl_expires_at > ?)"


async def find(connection: Connection, user_id: str, state_id: str, now: int) -> State | None:
    """Return a user's state that is not expired, or None."""
    found = await _select(connection, "id = ?", [user_id, now, state_id])
    return found[0] if found else None


async def list_of(connection: Connection, user_id: str) -> list[State]:
    """Return all states of a user, also those whose time is over."""
    rows = await fetch_all(
        connection,
        f"SELECT {', '.join(_COLUMNS)} FROM plugin_states"  # noqa: S608 - of this file
        " WHERE user_id = ? ORDER BY id",
        (user_id,),
    )
    return [State(**{**row, "is_active": bool(row["is_active"])}) for row in rows]


def columns(state: State) -> dict[str, Any]:
    """Return a state as a row."""
    return dataclasses.asdict(state)


async def find_by_key(
    connection: Connection, user_id: str, key: tuple[str, str | None, str | None], now: int
) -> State | None:
    """Return a user's state that is not expired by plugin, page and key, or None."""
    plugin_id, page_id, state_key = key
    condition = "plugin_id = ? AND coalesce(page_id, '') = ? AND coalesce(state_key, '') = ?"
    parameters = [user_id, now, plugin_id, page_id or "", state_key or ""]
    found = await _select(connection, condition, parameters)
    return found[0] if found else None


async def search(
    connection: Connection,
    user_id: str,
    now: int,
    wanted: dict[str, Any],
    *,
    since: int = 0,
    limit: int = 1000,
    offset: int = 0,
) -> list[State]:
    """Return a user's states that are not expired, the last accessed first.

    Args:
        connection: To read from.
        user_id: Whose.
        now: Seconds since 1970.
        wanted: Values of columns; None is not asked for.
        since: Only what was changed at this time or later, seconds since 1970.
        limit: How many at most.
        offset: How many to leave out before.
    """
    chosen = {name: wanted[name] for name in _COLUMNS if wanted.get(name) is not None}
    conditions = ["updated_at >= ?", *(f"{name} = ?" for name in chosen)]
    return await _select(
        connection,
        " AND ".join(conditions),
        [user_id, now, since, *chosen.values(), limit, offset],
        "ORDER BY last_accessed DESC, updated_at DESC, id LIMIT ? OFFSET ?",
    )


async def put(tx: Connection, state: State) -> None:
    """Write a state in place of the one with its id, or of an expired one with its key."""
    await tx.execute(
        f"INSERT OR REPLACE INTO plugin_states ({', '.join(_COLUMNS)})"  # noqa: S608 - constants
        f" VALUES ({', '.join('?' * len(_COLUMNS))})",
        [getattr(state, name) for name in _COLUMNS],
    )


async def remove(tx: Connection, user_id: str, state_id: str) -> None:
    """Delete a user's state."""
    await tx.execute("DELETE FROM plugin_states WHERE user_id = ? AND id = ?", (user_id, state_id))


async def remove_expired(tx: Connection, user_id: str, now: int) -> int:
    """Delete a user's expired states, and return how many they were."""
    rows = await fetch_all(
        tx,
        "DELETE FROM plugin_states WHERE user_id = ? AND ttl_expires_at <= ? RETURNING id",
        (user_id, now),
    )
    return len(rows)


async def totals(connection: Connection, user_id: str, now: int) -> Totals:
    """Return what a user's states come to that are not expired."""
    row = await fetch_one(
        connection,
        "SELECT count(*) AS number, coalesce(sum(is_active), 0) AS active,"  # noqa: S608 - constants
        # Hooks of plugins may write any size; a sum of integers could overflow.
        " CAST(total(max(state_size, 0)) AS INTEGER) AS size, count(DISTINCT plugin_id) AS plugins,"
        " max(max(last_accessed, updated_at)) AS last_activity"
        f" FROM plugin_states WHERE user_id = ? AND {_ALIVE}",
        (user_id, now),
    )
    return Totals(**row) if row else Totals(0, 0, 0, 0, None)


async def _select(
    connection: Connection, condition: str, parameters: list[Any], rest: str = ""
) -> list[State]:
    rows = await fetch_all(
        connection,
        f"SELECT {', '.join(_COLUMNS)} FROM plugin_states"  # noqa: S608 - of this file
        f" WHERE user_id = ? AND {_ALIVE} AND {condition} {rest}",
        parameters,
    )
    return [State(**{**row, "is_active": bool(row["is_active"])}) for row in rows]
