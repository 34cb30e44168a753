"""SQL of the table ``jobs``: work that outlives the request that asked for it."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from pluginhub.database.connection import Connection, Row, fetch_all, fetch_one

State = Literal["queued", "running", "done", "failed", "cancelled"]

ENDED = frozenset({"done", "failed", "cancelled"})

_COLUMNS = "id, actor_id, source, state, attempts, result, error, created_at, updated_at"


@dataclass(frozen=True, slots=True)
class Job:
    """Something to publish.

    Attributes:
        id: 32 hexadecimal digits.
        actor_id: Who asked; None for the command line on the server's machine.
        source: Where the bundle is: ``source_url``, ``version`` and ``sha256``, or nothing where
            it was uploaded.
        attempts: How often it was begun.
        result: What came of it, once it is done.
        error: Code, sentence and fields of the error, once it failed.
        created_at: Seconds since 1970.
        updated_at: Seconds since 1970.
    """

    id: str
    actor_id: str | None
    source: dict[str, Any]
    state: State
    attempts: int
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    created_at: int
    updated_at: int


async def add(tx: Connection, job: Job) -> None:
    """Insert a job."""
    await tx.execute(
        "INSERT INTO jobs (id, actor_id, kind, source, state, created_at, updated_at)"
        " VALUES (?, ?, 'publish', ?, ?, ?, ?)",
        (
            job.id,
            job.actor_id,
            json.dumps(job.source),
            job.state,
            job.created_at,
            job.updated_at,
        ),
    )


async def find(connection: Connection, job_id: str) -> Job | None:
    """Return a job, or None."""
    row = await fetch_one(
        connection,
        f"SELECT {_COLUMNS} FROM jobs WHERE id = ?",  # noqa: S608 - a constant
        (job_id,),
    )
    return _job(row) if row else None


async def list_of(connection: Connection, actor_id: str | None, limit: int) -> list[Job]:
    """Return jobs of somebody, or with None everybody's, the newest first."""
    rows = await fetch_all(
        connection,
        f"SELECT {_COLUMNS} FROM jobs WHERE actor_id = ? OR ? IS NULL"  # noqa: S608 - a constant
        " ORDER BY created_at DESC, id LIMIT ?",
        (actor_id, actor_id, limit),
    )
    return [_job(row) for row in rows]


async def count_unfinished(connection: Connection, actor_id: str | None) -> int:
    """Return how many jobs of somebody wait or run."""
    row = await fetch_one(
        connection,
        "SELECT count(*) AS number FROM jobs"
        " WHERE actor_id IS ? AND state IN ('queued', 'running')",
        (actor_id,),
    )
    return int(row["number"]) if row else 0


async def count_by_state(connection: Connection) -> dict[str, int]:
    """Return how many jobs there are in which state; states that none is in are left out."""
    rows = await fetch_all(connection, "SELECT state, count(*) AS number FROM jobs GROUP BY state")
    return {row["state"]: row["number"] for row in rows}


async def next_queued(connection: Connection) -> Job | None:
    """Return the job that waits for longest, or None."""
    row = await fetch_one(
        connection,
        f"SELECT {_COLUMNS} FROM jobs WHERE state = 'queued'"  # noqa: S608 - a constant
        " ORDER BY updated_at, id LIMIT 1",
    )
    return _job(row) if row else None


async def unfinished(connection: Connection) -> list[Job]:
    """Return all jobs that wait or run."""
    rows = await fetch_all(
        connection,
        f"SELECT {_COLUMNS} FROM jobs WHERE state IN ('queued', 'running')",  # noqa: S608 - a constant
    )
    return [_job(row) for row in rows]


async def set_state(
    tx: Connection,
    job_id: str,
    state: State,
    now: int,
    *,
    result: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
) -> None:
    """Move a job to another state; to run is another attempt."""
    await tx.execute(
        "UPDATE jobs SET state = ?, updated_at = ?, result = ?, error = ?,"
        " attempts = attempts + ? WHERE id = ?",
        (
            state,
            now,
            None if result is None else json.dumps(result),
            None if error is None else json.dumps(error),
            state == "running",
            job_id,
        ),
    )


async def begin_again(tx: Connection, job_id: str, now: int) -> None:
    """Queue a job that ended, as if it had never been begun."""
    await tx.execute(
        "UPDATE jobs SET state = 'queued', attempts = 0, result = NULL, error = NULL,"
        " updated_at = ? WHERE id = ?",
        (now, job_id),
    )


def _job(row: Row) -> Job:
    return Job(
        id=row["id"],
        actor_id=row["actor_id"],
        source=json.loads(row["source"]),
        state=row["state"],
        attempts=row["attempts"],
        result=json.loads(row["result"]) if row["result"] else None,
        error=json.loads(row["error"]) if row["error"] else None,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
