"""SQL of what releases ask of a user's other plugins: dependencies and conflicts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pluginhub.database.connection import Connection, fetch_all
from pluginhub.database.visibility import SEEN
from pluginhub.manifest import Manifest

# Kind ("dependency" or "conflict"), then slug, then range
Ranges = dict[str, dict[str, str]]

_AT_ONCE = 500  # parameters of one statement


@dataclass(frozen=True, slots=True)
class Offer:
    """A release as far as choosing one is concerned.

    Attributes:
        needed: Ranges by kind and slug.
        host: A range for the version of the application, or None for any.
    """

    id: int
    slug: str
    version: str
    host: str | None
    yanked: bool
    needed: Ranges = field(default_factory=dict)


async def add(tx: Connection, release_id: int, manifest: Manifest) -> None:
    """Insert what the manifest of a new release asks for."""
    rows = [
        (release_id, kind, slug, text)
        for kind, ranges in (
            ("dependency", manifest.dependencies),
            ("conflict", manifest.conflicts),
        )
        for slug, text in ranges.items()
    ]
    await tx.executemany(
        "INSERT INTO requirements (release_id, kind, slug, range) VALUES (?, ?, ?, ?)", rows
    )


async def of_releases(
    connection: Connection, condition: str, parameters: Sequence[Any]
) -> dict[int, Ranges]:
    """Return what releases ask for, by release id.

    Args:
        connection: To read from.
        condition: Of the table ``releases``, in SQL, with ``?`` for values.
        parameters: The values.
    """
    found: dict[int, Ranges] = {}
    for row in await fetch_all(
        connection,
        "SELECT release_id, kind, requirements.slug, range"  # noqa: S608 - SQL of this package
        " FROM requirements JOIN releases ON releases.id = release_id"
        f" WHERE {condition} ORDER BY requirements.slug",
        parameters,
    ):
        of_kind = found.setdefault(row["release_id"], {}).setdefault(row["kind"], {})
        of_kind[row["slug"]] = row["range"]
    return found


async def offers(
    connection: Connection, slugs: Iterable[str], viewer: str | None = None
) -> list[Offer]:
    """Return every release of some plugins that a user sees, as far as choosing is concerned."""
    wanted = list(slugs)
    found: list[Offer] = []
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        condition = f"releases.slug IN ({', '.join('?' * len(some))}) AND {SEEN}"
        needed = await of_releases(connection, condition, [*some, viewer])
        rows = await fetch_all(
            connection,
            "SELECT id, slug, version, requires_host, yanked_at"  # noqa: S608 - only marks
            f" FROM releases WHERE {condition} ORDER BY slug, id",
            [*some, viewer],
        )
        found += [
            Offer(
                id=row["id"],
                slug=row["slug"],
                version=row["version"],
                host=row["requires_host"],
                yanked=row["yanked_at"] is not None,
                needed=needed.get(row["id"], {}),
            )
            for row in rows
        ]
    return found
