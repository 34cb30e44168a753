"""SQL of how much a user has stored."""

from dataclasses import dataclass

from pluginhub.database.connection import Connection, fetch_one


@dataclass(frozen=True, slots=True)
class Usage:
    """What is counted of a user.

    Attributes:
        installations: How many there are.
        config: Bytes of all configurations, settings of modules, and rows that hooks keep.
        states: Bytes of all states of plugins.
    """

    installations: int
    config: int
    states: int


async def of_user(connection: Connection, user_id: str) -> Usage:
    """Return how much a user has stored."""
    row = await fetch_one(
        connection,
        "WITH own AS (SELECT id, config, attributes, previous_config FROM installations"
        "  WHERE user_id = :user),"
        " parts (size) AS (SELECT length(CAST(config AS BLOB)) + length(CAST(attributes AS BLOB))"
        "    + coalesce(length(CAST(previous_config AS BLOB)), 0) FROM own"
        "  UNION ALL SELECT length(CAST(m.attributes AS BLOB)) + length(CAST(m.written AS BLOB))"
        "    FROM installation_modules AS m"
        "    JOIN own ON own.id = m.installation_id"
        "  UNION ALL SELECT length(CAST(r.content AS BLOB)) FROM plugin_rows AS r"
        "    JOIN own ON own.id = r.installation_id)"
        " SELECT (SELECT count(*) FROM own) AS installations,"
        " (SELECT coalesce(sum(size), 0) FROM parts) AS config,"
        " (SELECT coalesce(sum(length(CAST(state_data AS BLOB))), 0) FROM plugin_states"
        "  WHERE user_id = :user) AS states",
        {"user": user_id},
    )
    return Usage(**row) if row else Usage(0, 0, 0)
