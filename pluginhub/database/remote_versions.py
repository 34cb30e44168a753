"""SQL of what there is to update to: what is published, and what was seen at sources."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

from pluginhub.database.connection import Connection, fetch_all, fetch_one
from pluginhub.database.visibility import SEEN

_COLUMNS = "source_url, tag, checked_at, next_check_at, failures, error"


@dataclass(frozen=True, slots=True)
class RemoteVersion:
    """What was seen at a source.

    Attributes:
        tag: Of the newest release there; None if none was seen yet.
        checked_at: Seconds since 1970; also of a look that failed.
        next_check_at: Seconds since 1970.
        failures: In a row.
        error: Of the last look, for people; None if it went well.
    """

    source_url: str
    tag: str | None
    checked_at: int
    next_check_at: int
    failures: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A release as far as news are concerned.

    Attributes:
        source_tag: Under which tag it was found at its source, if it was.
    """

    version: str
    source_tag: str | None
    yanked: bool


async def find(connection: Connection, source_url: str) -> RemoteVersion | None:
    """Return what was seen at a source, or None if nobody looked."""
    sql = f"SELECT {_COLUMNS} FROM remote_versions WHERE source_url = ?"  # noqa: S608 - of this file
    row = await fetch_one(connection, sql, (source_url,))
    return RemoteVersion(**row) if row else None


async def of_sources(connection: Connection, urls: Iterable[str]) -> dict[str, RemoteVersion]:
    """Return what was seen at sources, by their addresses."""
    wanted = sorted(set(urls))
    if not wanted:
        return {}
    marks = ", ".join("?" * len(wanted))
    rows = await fetch_all(
        connection,
        f"SELECT {_COLUMNS} FROM remote_versions WHERE source_url IN ({marks})",  # noqa: S608 - only marks
        wanted,
    )
    return {row["source_url"]: RemoteVersion(**row) for row in rows}


async def published(
    connection: Connection, slugs: Sequence[str], viewer: str | None = None
) -> dict[str, list[Known]]:
    """Return every release of some plugins that a user sees by slug, and little of each."""
    marks = ", ".join("?" * len(slugs))
    rows = await fetch_all(
        connection,
        "SELECT slug, version, source_tag, yanked_at IS NOT NULL AS yanked FROM releases"  # noqa: S608 - only marks
        f" WHERE slug IN ({marks}) AND {SEEN} ORDER BY slug, id",
        [*slugs, viewer],
    )
    found: dict[str, list[Known]] = {slug: [] for slug in slugs}
    for row in rows:
        found[row["slug"]].append(Known(row["version"], row["source_tag"], bool(row["yanked"])))
    return found


async def tags_in_use(connection: Connection) -> dict[str, str]:
    """Return the newest tag that was seen at the source of each plugin that somebody has."""
    rows = await fetch_all(
        connection,
        "SELECT DISTINCT slug, tag FROM releases JOIN remote_versions USING (source_url)"
        " WHERE tag IS NOT NULL"
        " AND EXISTS (SELECT 1 FROM installations WHERE release_id = releases.id)",
    )
    return {row["slug"]: row["tag"] for row in rows}


async def due(connection: Connection, now: int) -> str | None:
    """Return a repository that plugins of users came from and that is to be looked at, or None."""
    row = await fetch_one(
        connection,
        "SELECT source_url FROM releases LEFT JOIN remote_versions USING (source_url)"
        " WHERE source_type = 'github' AND coalesce(next_check_at, 0) <= ?"
        " AND EXISTS (SELECT 1 FROM installations WHERE release_id = releases.id)"
        " ORDER BY coalesce(next_check_at, 0), source_url LIMIT 1",
        (now,),
    )
    return row["source_url"] if row else None


async def record(tx: Connection, seen: RemoteVersion) -> None:
    """Write down what was seen at a source."""
    await tx.execute(
        "INSERT INTO remote_versions (source_url, tag, checked_at, next_check_at, failures, error)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (source_url) DO UPDATE SET tag = excluded.tag,"
        " checked_at = excluded.checked_at, next_check_at = excluded.next_check_at,"
        " failures = excluded.failures, error = excluded.error",
        astuple(seen),
    )
