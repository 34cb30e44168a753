"""SQL of ``plugin_states``: what plugins store by way of the frontend."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pluginhub.database.connection import Connection, IntegrityError, fetch_all, fetch_one
from pluginhub.errors import HookAnswerError

_COLUMNS = (
    "id",
    "plugin_id",
    "page_id",
    "state_key",
    "state_data",
    "state_schema_version",
    "state_strategy",
    "compression_type",
    "state_size",
    "last_accessed",
    "access_count",
    "ttl_expires_at",
    "is_active",
    "version",
    "device_id",
    "sync_status",
    "created_at",
    "updated_at",
)
# What a hook may leave out of a row that it adds; times are those of the installation's change.
_DEFAULTS = {
    "state_strategy": "persistent",
    "access_count": 0,
    "is_active": 1,
    "version": 1,
    "sync_status": "synced",
}
_LARGEST = 2**53  # up to here every whole number is one as a float
_TIMES = ("last_accessed", "created_at", "updated_at")

Row = Mapping[str, Any]


async def of_plugin(
    connection: Connection, user_id: str, plugin_ids: Sequence[str]
) -> list[dict[str, Any]]:
    """Return what a user's plugin stored.

    Args:
        connection: To read from.
        user_id: Whose.
        plugin_ids: The names by which frontends speak of the plugin.
    """
    marks = ", ".join("?" * len(plugin_ids))
    rows = await fetch_all(
        connection,
        f"SELECT {', '.join(_COLUMNS)} FROM plugin_states"  # noqa: S608 - constants
        f" WHERE user_id = ? AND plugin_id IN ({marks}) ORDER BY id",
        (user_id, *plugin_ids),
    )
    return [{**row, "user_id": user_id} for row in rows]


async def remove_of_plugin(tx: Connection, user_id: str, plugin_ids: Sequence[str]) -> None:
    """Delete all that a user's plugin stored, under any of its names."""
    await tx.executemany(
        "DELETE FROM plugin_states WHERE user_id = ? AND plugin_id = ?",
        [(user_id, name) for name in plugin_ids],
    )


async def change(
    tx: Connection, user_id: str, *, removed: Iterable[str], written: Iterable[Row], now: int
) -> None:
    """Delete and write a user's states.

    Args:
        tx: The transaction.
        user_id: Whose.
        removed: Ids.
        written: New rows, or rows in place of those with the same id.
        now: Seconds since 1970, for rows without times.

    Raises:
        HookAnswerError: A row cannot be kept, or has the id of another user's row.
    """
    await tx.executemany(
        "DELETE FROM plugin_states WHERE user_id = ? AND id = ?",
        [(user_id, state) for state in removed],
    )
    for row in written:
        await _refuse_foreign(tx, user_id, row)
        await _write(tx, user_id, _values(row, now))


async def _refuse_foreign(tx: Connection, user_id: str, row: Row) -> None:
    found = await fetch_one(
        tx,
        "SELECT 1 FROM plugin_states WHERE id = ? AND (user_id != ? OR plugin_id != ?)",
        (row["id"], user_id, row["plugin_id"]),
    )
    if found:
        raise HookAnswerError(f"a hook wrote the state {row['id']}, which is not its own")


async def _write(tx: Connection, user_id: str, values: list[Any]) -> None:
    columns = ("user_id", *_COLUMNS)
    try:
        await tx.execute(
            f"INSERT OR REPLACE INTO plugin_states ({', '.join(columns)})"  # noqa: S608 - constants
            f" VALUES ({', '.join('?' * len(columns))})",
            (user_id, *values),
        )
    except IntegrityError as error:
        raise HookAnswerError(f"a hook wrote a state that cannot be kept: {error}") from error


def _values(row: Row, now: int) -> list[Any]:
    known = {name: _whole(value) for name, value in row.items() if value is not None}
    times = {name: known[name] if isinstance(known.get(name), int) else now for name in _TIMES}
    size = len(str(known.get("state_data", "")).encode())
    if isinstance(known.get("state_size"), int):
        size = known["state_size"]
    ends = _moment(known.get("ttl_expires_at"))
    ours = {**times, "state_size": size, "ttl_expires_at": ends}
    complete = {**_DEFAULTS, **known, **ours}
    return [complete.get(name) for name in _COLUMNS]


def _moment(value: Any) -> Any:
    """Return seconds since 1970 for a time as the application writes it, in UTC."""
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value  # and the column refuses it
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())


def _whole(value: Any) -> Any:
    """Return 3 for 3.0: the application's own tables do not tell them apart."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST
    return int(value) if whole else value
