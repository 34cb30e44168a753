"""SQL of the table ``audit``."""

import json
from typing import Any

from pluginhub.database.connection import Connection
from pluginhub.models import Actor


async def record(
    tx: Connection, actor: Actor, action: str, target: str, now: int, **details: Any
) -> None:
    """Write down who did what to what, in the transaction that does it.

    Args:
        tx: The transaction.
        actor: Who.
        action: The verb, for instance ``install``.
        target: For instance ``Dashboard@2.0.0``.
        now: Seconds since 1970.
        **details: JSON-serialisable, never a secret.
    """
    await tx.execute(
        "INSERT INTO audit (at, actor_id, actor_name, address, action, target, details)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (now, actor.user_id, actor.name, actor.address, action, target, json.dumps(details)),
    )
