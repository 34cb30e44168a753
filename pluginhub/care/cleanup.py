"""One cleanup pass: removes what has run out."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from pluginhub.database import expired
from pluginhub.database.connection import Database


@dataclass(frozen=True, slots=True)
class Report:
    """What a pass removed, or would remove.

    Attributes:
        removed: How many rows of which table.
        seconds: How long it took.
    """

    removed: Mapping[str, int]
    seconds: float


async def clean_up(database: Database, *, dry_run: bool = False) -> Report:
    """Remove rows whose time is over.

    Args:
        database: Loses them.
        dry_run: Only count them.
    """
    begin, now = time.monotonic(), database.now()
    if dry_run:
        async with database.snapshot() as connection:
            removed = await expired.count(connection, now)
    else:
        async with database.transaction() as tx:
            removed = await expired.remove(tx, now)
    return Report(removed, time.monotonic() - begin)
