"""SQL of ids that installations have from an older system, where these differ from ours."""

import json

from pluginhub.database.connection import Connection, fetch_all


async def slug_of(connection: Connection, user_id: str, plugin_id: str) -> str | None:
    """Return the slug of the plugin that a user has under an older id, or None."""
    rows = await fetch_all(
        connection,
        "SELECT slug, attributes FROM installations WHERE user_id = ? AND attributes LIKE ?",
        (user_id, '%"id":%'),
    )
    for row in rows:
        if json.loads(row["attributes"]).get("id") == plugin_id:
            return str(row["slug"])
    return None
