"""What lies in the data directory and belongs to nothing: it goes after a while."""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from pluginhub.cancellation import finish_in_thread
from pluginhub.database import releases
from pluginhub.database.connection import Database
from pluginhub.database.releases import Known
from pluginhub.storage.encodings import Encodings
from pluginhub.storage.shared import Compared, SharedStorage


@dataclass(frozen=True, slots=True)
class Found:
    """What belongs to nothing, and was removed or would be.

    Attributes:
        strays: Directories in shared storage without a row.
        rubbish: How many things in staging and trash; they are counted when they are removed.
        variants: Digests of releases that are gone and had compressed files.
        kept: Strays that stay, and why.
    """

    strays: list[Path]
    rubbish: int
    variants: list[str]
    kept: list[tuple[Path, str]]


class Leftovers:
    """Removes them.

    Args:
        database: Knows what belongs to something.
        storage: Has strays, staging and trash.
        encodings: Has compressed files.
        retention: Seconds for which something has to lie there; may change.
        monotonic: Seconds that only grow.
    """

    def __init__(
        self,
        database: Database,
        storage: SharedStorage,
        encodings: Encodings,
        retention: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._storage = storage
        self._encodings = encodings
        self.retention = retention
        self._monotonic = monotonic
        self._seen: dict[Path, float] = {}

    async def remove(self) -> Found:
        """Remove what has lain there for long enough."""
        found = await self.find()
        for stray in found.strays:
            await self._discard(stray)
        for digest in found.variants:
            await finish_in_thread(self._encodings.remove, digest)
        empty = self._storage.empty_staging_and_trash
        return replace(found, rubbish=await finish_in_thread(empty, self.retention))

    async def find(self, going: Collection[str] = ()) -> Found:
        """Return what ``remove`` would remove.

        Args:
            going: Digests of releases that will be gone before.
        """
        async with self._database.snapshot() as connection:
            known = await releases.list_known(connection)
        old, kept = await asyncio.to_thread(self._strays, known)
        encoded = set(await asyncio.to_thread(self._encodings.digests))
        staying = {it.digest for it in known} - set(going)
        return Found(old, 0, sorted(encoded - staying), kept)

    def _strays(self, known: list[Known]) -> tuple[list[Path], list[tuple[Path, str]]]:
        now, found = self._monotonic(), self._compare(known)
        self._seen = {stray: self._seen.get(stray, now) for stray in found.strays}
        if len(found.strays) > len(known) - len(found.missing):
            reason = "most of shared storage has no row: has the database been lost?"
            return [], [(stray, reason) for stray in found.strays]
        old = [stray for stray in found.strays if now - self._seen[stray] >= self.retention]
        hours = int(self.retention // 3600)
        young = f"it is kept for {hours} hours after the server has first seen it"
        return old, [(stray, young) for stray in found.strays if stray not in old]

    def _compare(self, known: list[Known]) -> Compared:
        return self._storage.compare((it.slug, it.version) for it in known)

    async def _discard(self, stray: Path) -> None:
        async with self._database.transaction() as tx:  # so that nobody publishes there meanwhile
            known = await releases.list_known(tx)
            if stray in (await asyncio.to_thread(self._compare, known)).strays:
                await self._storage.discard_place(stray)
