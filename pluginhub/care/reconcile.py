"""At start: clear away what an earlier process left, and compare rows and files."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import structlog

from pluginhub.database import releases
from pluginhub.database.connection import Database
from pluginhub.storage.shared import SharedStorage

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was found.

    Attributes:
        leftovers: Things removed from staging and trash.
        strays: Paths in shared storage without a row. They are kept: nothing serves them, and
            publishing that version replaces them.
        missing: Slug and version of releases whose directory is gone; frontends do not see them,
            and publishing that version puts the files back.
    """

    leftovers: int
    strays: list[Path]
    missing: list[tuple[str, str]]


async def reconcile(database: Database, storage: SharedStorage) -> Reconciled:
    """Empty staging and trash, compare rows and files, and log what was found."""
    async with database.snapshot() as connection:
        known = [(it.slug, it.version) for it in await releases.list_known(connection)]
    found = await asyncio.to_thread(_compare, known, storage)
    if found.leftovers:
        log.info("removed what an earlier process left in staging and trash", n=found.leftovers)
    for stray in found.strays:
        log.warning("shared storage holds a directory without a row", path=str(stray))
    for slug, version in found.missing:
        log.error("the files of a release are missing", slug=slug, version=version)
    return found


def _compare(known: list[tuple[str, str]], storage: SharedStorage) -> Reconciled:
    leftovers = storage.empty_staging_and_trash()
    found = storage.compare(known)
    return Reconciled(leftovers, found.strays, found.missing)
