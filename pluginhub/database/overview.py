"""SQL of what an admin looks over: plugins and releases with their numbers, page by page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pluginhub.database.connection import Connection, Row, fetch_all, fetch_one
from pluginhub.database.patterns import containing
from pluginhub.database.visibility import SEEN_BY_ALL

Show = Literal["all", "waiting", "yanked", "unused"]

_WAITING = "r.contract IS NOT NULL AND r.approved_at IS NULL"
_IN_USE = "EXISTS (SELECT 1 FROM installations i WHERE i.release_id = r.id)"
_SHOWN: dict[Show, str] = {
    "all": "1 = 1",
    "waiting": f"EXISTS (SELECT 1 FROM releases r WHERE r.slug = p.slug AND {_WAITING})",  # noqa: S608 - constants
    "yanked": "EXISTS (SELECT 1 FROM releases r WHERE r.slug = p.slug"  # noqa: S608 - constants
    f" AND r.yanked_at IS NOT NULL AND {_IN_USE})",
    "unused": f"NOT EXISTS (SELECT 1 FROM releases r WHERE r.slug = p.slug AND {_IN_USE})",  # noqa: S608 - constants
}
_OF_PLUGIN = f"WHERE r.slug = p.slug AND r.{SEEN_BY_ALL}"
_PUBLISHED = f"EXISTS (SELECT 1 FROM releases r {_OF_PLUGIN})"  # noqa: S608 - constants
_PLUGIN = (
    "p.slug, (SELECT name FROM users WHERE id = p.owner_id) AS owner,"  # noqa: S608 - constants
    f" (SELECT count(*) FROM releases r {_OF_PLUGIN}) AS releases,"
    f" (SELECT coalesce(sum(r.size), 0) FROM releases r {_OF_PLUGIN}) AS size,"
    " (SELECT count(*) FROM releases r JOIN installations i ON i.release_id = r.id"
    f"  {_OF_PLUGIN}) AS users"
)
_RELEASE = (
    "id, slug, version, digest, size, published_at, publisher, source_url, yanked_at,"
    " yank_reason, contract, approved_at, keep, users"
)


@dataclass(frozen=True, slots=True)
class PluginNumbers:
    """A plugin, and how much there is of it.

    Attributes:
        owner: Name of the user whom it belongs to, or None.
        releases: How many.
        size: Bytes of all of them.
        users: How many have one of them.
    """

    slug: str
    owner: str | None
    releases: int
    size: int
    users: int


@dataclass(frozen=True, slots=True)
class ReleaseNumbers:
    """A release, without what its manifest says, and how many have it.

    Attributes:
        size: Bytes.
        published_at: Seconds since 1970.
        publisher: Name of the user who published it, or None.
        users: How many are on it.
    """

    id: int
    slug: str
    version: str
    digest: str
    size: int
    published_at: int
    publisher: str | None
    source_url: str
    yanked_at: int | None
    yank_reason: str | None
    contract: str | None
    approved_at: int | None
    keep: bool
    users: int

    @property
    def waits(self) -> bool:
        """Whether its hooks wait for an admin."""
        return self.contract is not None and self.approved_at is None

    def __str__(self) -> str:
        return f"{self.slug}@{self.version}"


async def plugins(
    connection: Connection, text: str, show: Show, *, offset: int, limit: int
) -> tuple[int, list[PluginNumbers]]:
    """Return how many plugins suit, and one page of them by slug.

    Args:
        connection: To read from.
        text: Part of the slug, in whatever case.
        show: All, those with a release that waits for approval or with a withdrawn one that
            somebody has, or those that nobody has.
        offset: How many to leave out.
        limit: How many at most.
    """
    where = f"FROM plugins p WHERE p.slug LIKE ? ESCAPE ? AND {_PUBLISHED} AND {_SHOWN[show]}"
    values = (containing(text), "\\")
    total = await fetch_one(connection, f"SELECT count(*) AS number {where}", values)
    rows = await fetch_all(
        connection,
        f"SELECT {_PLUGIN} {where} ORDER BY p.slug LIMIT ? OFFSET ?",
        (*values, limit, offset),
    )
    return int(total["number"]) if total else 0, [PluginNumbers(**row) for row in rows]


async def plugin(connection: Connection, slug: str) -> PluginNumbers | None:
    """Return one plugin, or None."""
    row = await fetch_one(
        connection,
        f"SELECT {_PLUGIN} FROM plugins p WHERE p.slug = ? AND {_PUBLISHED}",  # noqa: S608 - constants
        (slug,),
    )
    return PluginNumbers(**row) if row else None


async def most_used(connection: Connection, limit: int) -> list[PluginNumbers]:
    """Return the plugins that most users have, those first."""
    rows = await fetch_all(
        connection,
        "WITH most AS (SELECT r.slug, count(*) AS users FROM installations i"  # noqa: S608 - constants
        f" JOIN releases r ON r.id = i.release_id WHERE r.{SEEN_BY_ALL}"
        " GROUP BY r.slug ORDER BY users DESC, r.slug"
        f" LIMIT ?) SELECT {_PLUGIN} FROM most JOIN plugins p ON p.slug = most.slug"
        " ORDER BY most.users DESC, p.slug",
        (limit,),
    )
    return [PluginNumbers(**row) for row in rows]


async def releases_of(
    connection: Connection, slugs: Sequence[str], *, most: int, offset: int = 0
) -> dict[str, list[ReleaseNumbers]]:
    """Return the newest releases of some plugins, by slug.

    Args:
        connection: To read from.
        slugs: Of the plugins, as they spell them.
        most: How many of each.
        offset: How many of each to leave out.
    """
    rows = await fetch_all(
        connection,
        f"SELECT {_RELEASE} FROM (SELECT r.*,"  # noqa: S608 - constants and marks
        " (SELECT name FROM users WHERE id = r.published_by) AS publisher,"
        " (SELECT count(*) FROM installations i WHERE i.release_id = r.id) AS users,"
        " row_number() OVER (PARTITION BY r.slug ORDER BY r.id DESC) AS place FROM releases r"
        f" WHERE r.slug IN ({_marks(slugs)}) AND r.{SEEN_BY_ALL}) WHERE place > ? AND place <= ?"
        " ORDER BY slug, place",
        [*slugs, offset, offset + most],
    )
    found: dict[str, list[ReleaseNumbers]] = {slug: [] for slug in slugs}
    for row in rows:
        found[row["slug"]].append(_release(row))
    return found


async def users_on(
    connection: Connection, slugs: Sequence[str]
) -> dict[str, list[tuple[str, int]]]:
    """Return which versions of some plugins users have, and how many, most first, by slug."""
    rows = await fetch_all(
        connection,
        "SELECT r.slug, r.version, count(*) AS users FROM releases r"  # noqa: S608 - marks
        " JOIN installations i ON i.release_id = r.id"
        f" WHERE r.slug IN ({_marks(slugs)}) AND r.{SEEN_BY_ALL} GROUP BY r.id"
        " ORDER BY r.slug, users DESC, r.id DESC",
        slugs,
    )
    found: dict[str, list[tuple[str, int]]] = {slug: [] for slug in slugs}
    for row in rows:
        found[row["slug"]].append((row["version"], row["users"]))
    return found


def _release(row: Row) -> ReleaseNumbers:
    values: dict[str, Any] = dict(row)
    return ReleaseNumbers(**{**values, "keep": bool(values["keep"])})


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)
