"""SQL of releases that nobody has: for how long that has been so."""

from dataclasses import dataclass

from pluginhub.database.connection import Connection, fetch_all, fetch_one
from pluginhub.database.visibility import SEEN_BY_ALL


@dataclass(frozen=True, slots=True)
class Unused:
    """A release that nobody has, can go back to, or may still load files of.

    Attributes:
        seconds: For how long, as far as sweeps saw.
        keep: It is to stay.
        last: No release of its plugin was published after it for all to see.
        only_for: Id of the one user who sees it, if it is a development release.
    """

    id: int
    slug: str
    version: str
    digest: str
    size: int
    seconds: int
    keep: bool
    last: bool
    only_for: str | None = None

    def __str__(self) -> str:
        return f"{self.slug}@{self.version}"


async def last_time(connection: Connection) -> int | None:
    """Return the time that the last sweep went by, seconds since 1970."""
    row = await fetch_one(connection, "SELECT time FROM sweeps")
    return int(row["time"]) if row else None


async def observe(tx: Connection, time: int, elapsed: int, grace: int) -> None:
    """Note which releases nobody has, and that they had nobody for so much longer.

    Args:
        tx: The transaction.
        time: That this sweep goes by, seconds since 1970.
        elapsed: Seconds since the sweep before.
        grace: Seconds for which pages may load releases that their users left.
    """
    await tx.execute("DELETE FROM former_releases WHERE left_at <= ?", (time - grace,))
    await tx.execute(
        "DELETE FROM unused_releases"
        " WHERE release_id NOT IN (SELECT id FROM releases_without_users)"
    )
    await tx.execute("UPDATE unused_releases SET seconds = seconds + ?", (elapsed,))
    await tx.execute(
        "INSERT OR IGNORE INTO unused_releases (release_id, seconds)"
        " SELECT id, 0 FROM releases_without_users"
    )
    await tx.execute("INSERT OR REPLACE INTO sweeps (id, time) VALUES (1, ?)", (time,))


async def begin_anew(tx: Connection, release_id: int) -> None:
    """Forget for how long nobody had a release: somebody gets it, or publishes it again."""
    await tx.execute("DELETE FROM unused_releases WHERE release_id = ?", (release_id,))


async def list_all(connection: Connection) -> list[Unused]:
    """Return them, by slug and oldest publication first."""
    return await _select(connection, "1 = 1", ())


async def find(connection: Connection, release_id: int) -> Unused | None:
    """Return one of them, or None if somebody has the release, or it is gone."""
    found = await _select(connection, "r.id = ?", (release_id,))
    return found[0] if found else None


async def _select(
    connection: Connection, condition: str, parameters: tuple[int, ...]
) -> list[Unused]:
    rows = await fetch_all(
        connection,
        "SELECT r.id, r.slug, r.version, r.digest, r.size, coalesce(u.seconds, 0) AS seconds,"  # noqa: S608 - conditions of this file
        " r.keep, r.only_for, r.id = coalesce((SELECT max(id) FROM releases"
        f" WHERE slug = r.slug AND {SEEN_BY_ALL}), 0) AS last"
        " FROM releases_without_users r LEFT JOIN unused_releases u ON u.release_id = r.id"
        f" WHERE {condition} ORDER BY r.slug, r.id",
        parameters,
    )
    return [Unused(**{**row, "keep": bool(row["keep"]), "last": bool(row["last"])}) for row in rows]
