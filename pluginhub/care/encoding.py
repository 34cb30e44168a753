"""Encodes files of new releases in the background: quickly at first, well when there is time."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog

from pluginhub.database import release_files, releases
from pluginhub.database.changes import Change
from pluginhub.database.connection import Database
from pluginhub.database.releases import Known
from pluginhub.storage.encodings import Encodings, Level, StoppedError
from pluginhub.storage.shared import SharedStorage

log = structlog.get_logger(__name__)

_GATHER = 0.1  # seconds in which changes come together
_IDLE = 30.0  # seconds without a new release


class Encoder:
    """Keeps the variants of all releases.

    Args:
        database: Knows the releases.
        storage: Has their files.
        encodings: Gets the variants.
        done: Called with the id of a release that has new variants.
    """

    def __init__(
        self,
        database: Database,
        storage: SharedStorage,
        encodings: Encodings,
        done: Callable[[int], None],
    ) -> None:
        self._database = database
        self._storage = storage
        self._encodings = encodings
        self._done = done
        self._levels: dict[str, Level | None] = {}  # by digest
        self._wanted = asyncio.Event()
        self._wanted.set()
        database.changes.listen(self._look)

    async def run(self) -> None:
        """Encode whatever has to be, until cancelled."""
        stop, thread = threading.Event(), ThreadPoolExecutor(1, "pluginhub-encodings")
        try:
            while True:
                await self._wanted.wait()
                await asyncio.sleep(_GATHER)
                self._wanted.clear()
                await self._encode_all("quick", stop, thread)
                try:
                    async with asyncio.timeout(_IDLE):
                        await self._wanted.wait()
                except TimeoutError:
                    await self._encode_all("best", stop, thread)
        finally:
            stop.set()
            thread.shutdown(wait=False, cancel_futures=True)

    def _look(self, change: Change) -> None:
        if change.shared:
            self._wanted.set()

    def _lacking(self, known: Sequence[Known], level: Level) -> list[Known]:
        """Return what is not encoded so well, and remember what is; blocks."""
        enough = {"best"} if level == "best" else {"quick", "best"}
        levels: dict[str, Level | None] = {}
        for digest in (release.digest for release in known):
            remembered = self._levels.get(digest)
            levels[digest] = remembered if remembered in enough else self._encodings.level(digest)
        self._levels = levels
        return [release for release in known if levels[release.digest] not in enough]

    async def _encode_all(
        self, level: Level, stop: threading.Event, thread: ThreadPoolExecutor
    ) -> None:
        async with self._database.snapshot() as connection:
            known = await releases.list_published(connection)
        for release in await asyncio.to_thread(self._lacking, known, level):
            if level == "best" and self._wanted.is_set():
                return  # new ones come first
            async with self._database.snapshot() as connection:
                files = await release_files.list_of(connection, release.id)
            root = self._storage.release_path(release.slug, release.version)
            make = partial(self._encodings.make, release.digest, root, files, level, stop)
            await self._encode(release, make, thread)

    async def _encode(
        self, release: Known, make: Callable[[], None], thread: ThreadPoolExecutor
    ) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(thread, make)
        except StoppedError:
            return
        except OSError as error:  # the release is gone, or the disk is full: files go as they are
            log.warning("a release is not encoded", release=str(release), error=str(error))
            return
        self._done(release.id)
