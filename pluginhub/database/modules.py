"""SQL of the table ``modules``: what releases expose to the frontend."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pluginhub.database.connection import Connection, Row, fetch_all
from pluginhub.manifest import Module

_PLAIN = ("name", "display_name", "description", "icon", "category", "priority")
_JSON = (
    "tags",
    "props",
    "config_fields",
    "required_services",
    "layout",
    "messages",
    "dependencies",
)


async def add(tx: Connection, release_id: int, declared: Iterable[Module]) -> None:
    """Insert the modules of a release, in the order of its manifest."""
    columns = ("release_id", "position", *_PLAIN, *_JSON)
    await tx.executemany(
        f"INSERT INTO modules ({', '.join(columns)})"  # noqa: S608 - constants
        f" VALUES ({', '.join('?' * len(columns))})",
        [(release_id, number, *_to_row(module)) for number, module in enumerate(declared)],
    )


async def of_releases(
    connection: Connection, condition: str, parameters: Sequence[Any]
) -> dict[int, list[Module]]:
    """Return the modules of releases by their ids, in the order of the manifest.

    Args:
        connection: To read from.
        condition: SQL on the table ``releases``; never from outside.
        parameters: Of the condition.
    """
    found: dict[int, list[Module]] = {}
    for row in await fetch_all(
        connection,
        "SELECT modules.*"  # noqa: S608 - the caller's constant
        " FROM modules JOIN releases ON releases.id = release_id"
        f" WHERE {condition} ORDER BY release_id, position",
        parameters,
    ):
        found.setdefault(row["release_id"], []).append(_to_module(row))
    return found


def _to_row(module: Module) -> list[Any]:
    plain = [getattr(module, name) for name in _PLAIN]
    return plain + [json.dumps(getattr(module, name)) for name in _JSON]


def _to_module(row: Row) -> Module:
    plain = {name: row[name] for name in _PLAIN}
    return Module.model_construct(**plain, **{name: json.loads(row[name]) for name in _JSON})
