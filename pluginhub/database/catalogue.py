"""SQL of the catalogue: which plugins there are, page by page."""

from typing import Literal

from pluginhub.database.connection import Connection, fetch_all, fetch_one
from pluginhub.database.patterns import containing
from pluginhub.database.visibility import SEEN_BY_ALL

Sort = Literal["name", "newest", "most-used"]

# The newest release that is not withdrawn speaks for its plugin; without one, the newest.
_SHOWN = (
    "WITH shown AS (SELECT slug, max(CASE WHEN yanked_at IS NULL THEN id END) AS offered,"  # noqa: S608 - a constant
    f" max(id) AS latest FROM releases WHERE {SEEN_BY_ALL} GROUP BY slug),"
    " plugin AS (SELECT r.id, r.slug, r.published_at,"
    " coalesce(json_extract(r.manifest, '$.name'), '') AS name,"
    " coalesce(json_extract(r.manifest, '$.description'), '') AS description,"
    " json_extract(r.manifest, '$.category') AS category,"
    " coalesce(json_extract(r.manifest, '$.tags'), '[]') AS tags"
    " FROM shown JOIN releases r ON r.id = coalesce(offered, latest))"
)
_MOST_WORDS = 500  # categories, and tags, of a form
_ORDER: dict[Sort, str] = {
    "name": "name COLLATE NOCASE, slug",
    "newest": "published_at DESC, id DESC",
    "most-used": (
        "(SELECT count(*) FROM installations i WHERE i.slug = plugin.slug) DESC,"
        " name COLLATE NOCASE, slug"
    ),
}


async def search(
    connection: Connection,
    *,
    text: str = "",
    category: str | None = None,
    tag: str | None = None,
    sort: Sort = "name",
    offset: int = 0,
    limit: int = 100,
) -> tuple[int, list[str]]:
    """Return how many plugins suit, and the slugs of one page of them.

    Args:
        connection: To read from.
        text: Part of slug, name, description or a tag, in whatever case.
        category: Exactly this, or any.
        tag: One of the tags, or any.
        sort: The order.
        offset: How many to leave out.
        limit: How many at most.
    """
    pattern = containing(text)
    columns = ("slug", "name", "description", "tags")
    wanted = {
        f"({' OR '.join(f'{name} LIKE ? ESCAPE ?' for name in columns)})": (
            [value for _ in columns for value in (pattern, "\\")] if text else None
        ),
        "category = ?": [category] if category is not None else None,
        "EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)": [tag]
        if tag is not None
        else None,
    }
    chosen = {condition: values for condition, values in wanted.items() if values}
    where = f"FROM plugin WHERE {' AND '.join(chosen) or '1 = 1'}"
    values = [value for found in chosen.values() for value in found]
    counted = await fetch_one(connection, f"{_SHOWN} SELECT count(*) AS number {where}", values)
    rows = await fetch_all(
        connection,
        f"{_SHOWN} SELECT slug {where} ORDER BY {_ORDER[sort]} LIMIT ? OFFSET ?",
        [*values, limit, offset],
    )
    return int(counted["number"]) if counted else 0, [row["slug"] for row in rows]


async def words(connection: Connection) -> tuple[list[str], list[str]]:
    """Return all categories and all tags of the catalogue, in alphabetical order."""
    found = []
    for word in ("category AS word FROM plugin", "value AS word FROM plugin, json_each(tags)"):
        rows = await fetch_all(
            connection,
            f"{_SHOWN} SELECT DISTINCT {word} WHERE word IS NOT NULL"
            " ORDER BY word COLLATE NOCASE LIMIT ?",
            (_MOST_WORDS,),
        )
        found.append([row["word"] for row in rows])
    return found[0], found[1]


async def owned_by(connection: Connection, user_id: str) -> list[str]:
    """Return the slugs of the plugins that belong to a user."""
    rows = await fetch_all(
        connection, "SELECT slug FROM plugins WHERE owner_id = ? ORDER BY slug", (user_id,)
    )
    return [row["slug"] for row in rows]
