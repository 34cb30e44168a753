"""SQL of numbers about everything, for those who look after the server."""

from dataclasses import dataclass

from pluginhub.database.connection import Connection, fetch_all, fetch_one

_NUMBERS = (
    "SELECT (SELECT count(*) FROM users) AS users,"
    " (SELECT count(*) FROM plugins) AS plugins,"
    " (SELECT count(*) FROM releases) AS releases,"
    " (SELECT count(*) FROM installations) AS installations,"
    " (SELECT coalesce(sum(size), 0) FROM releases) AS stored"
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is.

    Attributes:
        stored: Bytes of all releases.
        unshared: Bytes that one copy of a release for each of its users would take.
        database: Bytes of the database file.
    """

    users: int
    plugins: int
    releases: int
    installations: int
    stored: int
    unshared: int
    database: int


async def counts(connection: Connection) -> Counts:
    """Return how much there is."""
    row = await fetch_one(
        connection,
        f"{_NUMBERS},"  # noqa: S608 - constants
        " (SELECT coalesce(sum(r.size), 0) FROM installations i"
        "  JOIN releases r ON r.id = i.release_id) AS unshared,"
        " (SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()) AS database",
    )
    if row is None:
        raise AssertionError("a query without a table has a row")
    return Counts(**{name: int(row[name]) for name in row.keys()})  # noqa: SIM118 - a Row


@dataclass(frozen=True, slots=True)
class Numbers:
    """How much there is, without what takes long to add up.

    Attributes:
        stored: Bytes of all releases.
    """

    users: int
    plugins: int
    releases: int
    installations: int
    stored: int


async def numbers(connection: Connection) -> Numbers:
    """Return how much there is, read from indexes."""
    row = await fetch_one(
        connection,
        _NUMBERS,
    )
    if row is None:
        raise AssertionError("a query without a table has a row")
    return Numbers(**{name: int(row[name]) for name in row.keys()})  # noqa: SIM118 - a Row


async def operations(connection: Connection, since: int) -> dict[str, int]:
    """Return how often operations on plugins ended how, since a time (seconds since 1970)."""
    rows = await fetch_all(
        connection,
        "SELECT result, count(*) AS number FROM audit"
        " WHERE at >= ? AND slug IS NOT NULL GROUP BY result ORDER BY result",
        (since,),
    )
    return {row["result"]: row["number"] for row in rows}


async def over_time(
    connection: Connection, since: int, until: int, step: int
) -> dict[int, tuple[int, int]]:
    """Return how many operations on plugins were done and how many failed, by when they were.

    Args:
        connection: To read from.
        since: Seconds since 1970, with this one.
        until: Seconds since 1970, without this one.
        step: Seconds that are counted together.

    Returns:
        Both numbers by the start of the step, seconds since 1970; steps without any are left out.
    """
    rows = await fetch_all(
        connection,
        "SELECT at / ? AS place, sum(result = 'done') AS done, count(*) AS number FROM audit"
        " WHERE at >= ? AND at < ? AND slug IS NOT NULL GROUP BY place",
        (step, since, until),
    )
    return {row["place"] * step: (row["done"], row["number"] - row["done"]) for row in rows}
