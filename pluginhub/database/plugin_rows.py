"""SQL of rows that existing plugins keep in tables of the application, per installation."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pluginhub.database.connection import Connection, fetch_all

Rows = Mapping[str, Sequence[Mapping[str, Any]]]  # by table

TABLES = ("settings_definitions", "settings_instances", "pages", "plugin_service_runtime")


async def of_installation(
    connection: Connection, installation_id: str
) -> dict[str, list[dict[str, Any]]]:
    """Return what an installation keeps, by table."""
    found = _empty()
    for row in await fetch_all(
        connection,
        "SELECT table_name, content FROM plugin_rows WHERE installation_id = ?"
        " ORDER BY table_name, row_id",
        (installation_id,),
    ):
        found[row["table_name"]].append(json.loads(row["content"]))
    return found


async def of_user(
    connection: Connection, user_id: str
) -> defaultdict[str, dict[str, list[dict[str, Any]]]]:
    """Return what all of a user's installations keep, by their ids and by table."""
    found: defaultdict[str, dict[str, list[dict[str, Any]]]] = defaultdict(_empty)
    for row in await fetch_all(
        connection,
        "SELECT installation_id, table_name, content"
        " FROM plugin_rows JOIN installations ON installations.id = installation_id"
        " WHERE user_id = ? ORDER BY installation_id, table_name, row_id",
        (user_id,),
    ):
        found[row["installation_id"]][row["table_name"]].append(json.loads(row["content"]))
    return found


async def replace(tx: Connection, installation_id: str, rows: Rows) -> None:
    """Keep these rows of an installation, each with an ``id``, instead of what there was."""
    await tx.execute("DELETE FROM plugin_rows WHERE installation_id = ?", (installation_id,))
    await tx.executemany(
        "INSERT INTO plugin_rows (installation_id, table_name, row_id, content)"
        " VALUES (?, ?, ?, ?)",
        [
            (installation_id, table, str(row["id"]), json.dumps(row))
            for table in TABLES
            for row in rows.get(table, ())
        ],
    )


def _empty() -> dict[str, list[dict[str, Any]]]:
    return {table: [] for table in TABLES}
