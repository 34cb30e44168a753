"""SQL of the table ``audit``: who did what to what, with what result. It only ever grows."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pluginhub.database.connection import Connection, fetch_all, fetch_one
from pluginhub.models import Actor

DONE = "done"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit.

    Attributes:
        at: Seconds since 1970.
        actor_id: None for the command line on the server's machine.
        target: What was acted on, for instance ``Dashboard@2.0.0``.
        user_id: Whose account or installation that is, or None.
        user_name: What that user was called then.
        slug: Of which plugin, or None.
        result: ``done``, or the code of the error.
    """

    id: int
    at: int
    actor_id: str | None
    actor_name: str
    address: str | None
    action: str
    target: str
    user_id: str | None
    user_name: str | None
    slug: str | None
    result: str
    details: dict[str, Any]


async def record(
    tx: Connection,
    actor: Actor,
    action: str,
    target: str,
    now: int,
    *,
    user_id: str | None = None,
    slug: str | None = None,
    result: str = DONE,
    **details: Any,
) -> None:
    """Write down who did what to what, in the transaction that does it.

    Args:
        tx: The transaction.
        actor: Who.
        action: The verb, for instance ``install``.
        target: For instance ``Dashboard@2.0.0``.
        now: Seconds since 1970.
        user_id: Whose account or installation it is.
        slug: Of which plugin.
        result: ``done``, or the code of the error.
        **details: JSON-serialisable, never a secret.
    """
    await tx.execute(
        "INSERT INTO audit (at, actor_id, actor_name, address, action, target, user_id, slug,"
        " result, details, user_name) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
        " (SELECT name FROM users WHERE id = ?))",
        (
            now,
            actor.user_id,
            actor.name,
            actor.address,
            action,
            target,
            user_id,
            slug,
            result,
            json.dumps(details),
            user_id,
        ),
    )


async def search(
    connection: Connection,
    *,
    user_id: str | None = None,
    user_name: str | None = None,
    slug: str | None = None,
    action: str | None = None,
    result: str | None = None,
    before: int | None = None,
    of_plugins: bool = False,
    limit: int = 100,
) -> list[Entry]:
    """Return entries, the newest first.

    Args:
        connection: To read from.
        user_id: Only of this user's account and installations.
        user_name: Only of users who were called so, whether they still exist or not.
        slug: Only of this plugin.
        action: Only this verb.
        result: Only with this result.
        before: Only entries with a lower id, to go on from an earlier answer.
        of_plugins: Only what was done to plugins.
        limit: How many at most.
    """
    wanted = {
        "user_id = ?": user_id,
        "user_name = ?": user_name,
        "slug = ?": slug,
        "action = ?": action,
        "result = ?": result,
        "id < ?": before,
        "(slug IS NOT NULL) = ?": of_plugins or None,
    }
    chosen = {condition: value for condition, value in wanted.items() if value is not None}
    return await _select(connection, " AND ".join(chosen) or "1 = 1", chosen.values(), limit)


async def about(connection: Connection, user_id: str, limit: int) -> list[Entry]:
    """Return what a user did and what was done to what is theirs, the newest first."""
    newest = "SELECT id FROM audit WHERE {} = ? ORDER BY id DESC LIMIT ?"
    done_by, done_to = newest.format("actor_id"), newest.format("user_id")
    return await _select(
        connection,
        # Each half by an index of its own: an OR would read all that everybody did.
        f"id IN (SELECT id FROM ({done_by}) UNION SELECT id FROM ({done_to}))",  # noqa: S608 - constants
        [user_id, limit, user_id, limit],
        limit,
    )


async def after(connection: Connection, entry_id: int, limit: int) -> list[Entry]:
    """Return the entries that follow one, the oldest first."""
    return await _select(connection, "id > ?", [entry_id], limit, order="ASC")


async def newest_id(connection: Connection) -> int:
    """Return the id of the newest entry, or 0 if there is none."""
    row = await fetch_one(connection, "SELECT coalesce(max(id), 0) AS newest FROM audit")
    return int(row["newest"]) if row else 0


async def users_of(connection: Connection, action: str, migration: str) -> set[str]:
    """Return the ids of users of whom an action of a migration is on record."""
    rows = await fetch_all(
        connection,
        "SELECT user_id, details FROM audit WHERE action = ? AND user_id IS NOT NULL",
        (action,),
    )
    return {row["user_id"] for row in rows if json.loads(row["details"])["migration"] == migration}


async def _select(
    connection: Connection,
    condition: str,
    parameters: Iterable[Any],
    limit: int,
    order: Literal["ASC", "DESC"] = "DESC",
) -> list[Entry]:
    rows = await fetch_all(
        connection,
        "SELECT id, at, actor_id, actor_name, address, action, target, user_id, user_name,"  # noqa: S608 - conditions of this file
        f" slug, result, details FROM audit WHERE {condition} ORDER BY id {order} LIMIT ?",
        [*parameters, limit],
    )
    return [Entry(**{**row, "details": json.loads(row["details"])}) for row in rows]
