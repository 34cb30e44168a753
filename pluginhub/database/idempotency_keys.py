"""SQL of the table ``idempotency_keys``: what was answered to requests that may be sent again."""

from dataclasses import dataclass

from pluginhub.database.connection import Connection, fetch_one


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered to a request.

    Attributes:
        request: Digest of what was asked.
        status: Of the answer.
        answer: Its body and headers as JSON; None if nobody may keep them.
    """

    request: str
    status: int
    answer: str | None


async def find(connection: Connection, actor: str, key: str) -> Answered | None:
    """Return what was answered to an actor's request with a key, or None.

    Args:
        connection: To read from.
        actor: Id of the user, or ``operator``.
        key: Digest of the key.
    """
    row = await fetch_one(
        connection,
        "SELECT request, status, answer FROM idempotency_keys WHERE actor = ? AND key = ?",
        (actor, key),
    )
    return Answered(row["request"], row["status"], row["answer"]) if row else None


async def keep(tx: Connection, actor: str, key: str, answered: Answered, now: int) -> None:
    """Keep what was answered to an actor's request with a key.

    Args:
        tx: The transaction.
        actor: Id of the user, or ``operator``.
        key: Digest of the key.
        answered: What was answered.
        now: Seconds since 1970.
    """
    await tx.execute(
        "INSERT INTO idempotency_keys (actor, key, request, status, answer, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (actor, key, answered.request, answered.status, answered.answer, now),
    )
