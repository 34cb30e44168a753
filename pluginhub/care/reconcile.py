"""At start: clear away what an earlier process left, and compare rows and files."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import structlog

from pluginhub.database import releases
from pluginhub.database.connection import Database
from pluginhub.models import Release
from pluginhub.storage.shared import SharedStorage

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was found.

    Attributes:
        leftovers: Things removed from staging and trash.
        strays: Paths in shared storage without a row. They are kept: nothing serves them, and
            publishing that version replaces them.
        missing: Releases whose directory is gone; frontends do not see them.
    """

    leftovers: int
    strays: list[Path]
    missing: list[Release]


async def reconcile(database: Database, storage: SharedStorage) -> Reconciled:
    """Empty staging and trash, compare rows and files, and log what was found."""
    async with database.snapshot() as connection:
        known = await releases.list_all(connection)
    found = await asyncio.to_thread(_compare, known, storage)
    if found.leftovers:
        log.info("removed what an earlier process left in staging and trash", n=found.leftovers)
    for stray in found.strays:
        log.warning("shared storage holds a directory without a row", path=str(stray))
    for release in found.missing:
        log.error("the files of a release are missing", slug=release.slug, version=release.version)
    return found


def _compare(known: list[Release], storage: SharedStorage) -> Reconciled:
    leftovers = storage.empty_staging_and_trash()
    rows = {storage.release_path(release.slug, release.version): release for release in known}
    places = set(storage.places())
    missing = [release for place, release in rows.items() if place not in places]
    return Reconciled(leftovers, sorted(places - rows.keys()), missing)
