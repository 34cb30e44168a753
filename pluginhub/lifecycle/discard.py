"""Discard: the files of a release go whose row went."""

from pluginhub.database import releases
from pluginhub.database.connection import Database
from pluginhub.storage.shared import SharedStorage


async def files_of(database: Database, storage: SharedStorage, slug: str, version: str) -> None:
    """Remove the files of a release, unless it was published anew meanwhile.

    The row goes first, so a crash leaves a directory without a row, never a row without files.
    """
    async with database.transaction() as tx:
        # Under the write lock, so that files of the same release published anew stay.
        if not await releases.find(tx, slug, version):
            await storage.discard(slug, version)
