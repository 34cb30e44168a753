"""SQL of the tables ``webhooks`` and ``webhook_deliveries``: where events are sent, and were."""

import json
from dataclasses import astuple, dataclass

from pluginhub.database.connection import Connection, Row, fetch_all, fetch_one

_COLUMNS = "id, url, events, enabled, position, created_at"
_DELIVERY = "id, webhook_id, event_id, type, attempts, at, duration, status, error, next_at"
_KEPT = 50  # deliveries of each webhook


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events are sent.

    Attributes:
        events: Types that are sent; empty for all.
        position: Id of the last entry of the audit that is done with.
        created_at: Seconds since 1970.
    """

    id: str
    url: str
    events: tuple[str, ...]
    enabled: bool
    position: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that was sent, or is to be sent again.

    Attributes:
        id: By which a receiver knows a repeat.
        event_id: None for a trial.
        at: Seconds since 1970, of the last attempt.
        duration: Milliseconds, of the last attempt.
        status: HTTP status of the answer; None if there was none.
        error: Why it was not taken; None if it was.
        next_at: Seconds since 1970; None if there is no further attempt.
    """

    id: str
    webhook_id: str
    event_id: int | None
    type: str
    attempts: int = 0
    at: int = 0
    duration: int = 0
    status: int | None = None
    error: str | None = None
    next_at: int | None = None


async def add(tx: Connection, webhook: Webhook) -> None:
    """Insert a webhook."""
    await tx.execute(
        f"INSERT INTO webhooks ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 - of this file
        (
            webhook.id,
            webhook.url,
            json.dumps(webhook.events),
            webhook.enabled,
            webhook.position,
            webhook.created_at,
        ),
    )


async def find(connection: Connection, webhook_id: str) -> Webhook | None:
    """Return a webhook, or None if there is none."""
    sql = f"SELECT {_COLUMNS} FROM webhooks WHERE id = ?"  # noqa: S608 - of this file
    row = await fetch_one(connection, sql, (webhook_id,))
    return _webhook(row) if row else None


async def list_all(connection: Connection) -> list[Webhook]:
    """Return all webhooks, the oldest first."""
    sql = f"SELECT {_COLUMNS} FROM webhooks ORDER BY created_at, id"  # noqa: S608 - of this file
    return [_webhook(row) for row in await fetch_all(connection, sql)]


async def change(tx: Connection, webhook: Webhook) -> None:
    """Write down a webhook as it is now, but for its position."""
    await tx.execute(
        "UPDATE webhooks SET url = ?, events = ?, enabled = ? WHERE id = ?",
        (webhook.url, json.dumps(webhook.events), webhook.enabled, webhook.id),
    )


async def move(tx: Connection, webhook_id: str, position: int) -> None:
    """Write down up to which entry of the audit everything is done with."""
    await tx.execute("UPDATE webhooks SET position = ? WHERE id = ?", (position, webhook_id))


async def remove(tx: Connection, webhook_id: str) -> None:
    """Delete a webhook with its deliveries."""
    await tx.execute("DELETE FROM webhooks WHERE id = ?", (webhook_id,))


async def record(tx: Connection, delivery: Delivery) -> None:
    """Write down what became of a delivery, and let go of old ones.

    Nothing is written of a webhook that is gone.
    """
    await tx.execute(
        f"INSERT INTO webhook_deliveries ({_DELIVERY}) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"  # noqa: S608 - of this file
        " WHERE EXISTS (SELECT 1 FROM webhooks WHERE id = ?)"
        " ON CONFLICT (id) DO UPDATE SET attempts = excluded.attempts, at = excluded.at,"
        " duration = excluded.duration, status = excluded.status, error = excluded.error,"
        " next_at = excluded.next_at",
        (*astuple(delivery), delivery.webhook_id),
    )
    await tx.execute(
        "DELETE FROM webhook_deliveries WHERE webhook_id = ? AND next_at IS NULL AND number <="
        " (SELECT number FROM webhook_deliveries WHERE webhook_id = ?"
        " ORDER BY number DESC LIMIT 1 OFFSET ?)",
        (delivery.webhook_id, delivery.webhook_id, _KEPT),
    )


async def give_up(tx: Connection, webhook_id: str) -> None:
    """Let nothing of a webhook be sent again."""
    await tx.execute(
        "UPDATE webhook_deliveries SET next_at = NULL WHERE webhook_id = ?", (webhook_id,)
    )


async def find_delivery(connection: Connection, delivery_id: str) -> Delivery | None:
    """Return a delivery, or None if it is not on record."""
    sql = f"SELECT {_DELIVERY} FROM webhook_deliveries WHERE id = ?"  # noqa: S608 - of this file
    row = await fetch_one(connection, sql, (delivery_id,))
    return Delivery(**row) if row else None


async def deliveries(connection: Connection, webhook_id: str) -> list[Delivery]:
    """Return the last deliveries of a webhook, the newest first."""
    rows = await fetch_all(
        connection,
        f"SELECT {_DELIVERY} FROM webhook_deliveries WHERE webhook_id = ?"  # noqa: S608 - of this file
        " ORDER BY number DESC LIMIT ?",
        (webhook_id, _KEPT),
    )
    return [Delivery(**row) for row in rows]


async def latest(connection: Connection, most: int) -> dict[str, list[Delivery]]:
    """Return some of the last deliveries of every webhook, the newest first, by its id.

    Args:
        connection: To read from.
        most: How many of each.
    """
    rows = await fetch_all(
        connection,
        f"SELECT {_DELIVERY} FROM (SELECT *, row_number() OVER"  # noqa: S608 - of this file
        " (PARTITION BY webhook_id ORDER BY number DESC) AS place FROM webhook_deliveries)"
        " WHERE place <= ? ORDER BY webhook_id, place",
        (most,),
    )
    found: dict[str, list[Delivery]] = {}
    for row in rows:
        found.setdefault(row["webhook_id"], []).append(Delivery(**row))
    return found


def _webhook(row: Row) -> Webhook:
    values = {**row, "events": tuple(json.loads(row["events"])), "enabled": bool(row["enabled"])}
    return Webhook(**values)
