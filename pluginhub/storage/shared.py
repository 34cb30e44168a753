"""Shared storage: a release's files exist once, appear by one rename, and never change."""

import asyncio
import contextlib
import errno
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pluginhub.cancellation import finish_in_thread
from pluginhub.errors import NoSpaceError
from pluginhub.models import Release, ReleaseFile
from pluginhub.storage import published, removal, tree
from pluginhub.storage.ballast import Ballast
from pluginhub.storage.data_directory import DataDirectory


@dataclass(frozen=True, slots=True)
class Compared:
    """How releases and their places differ.

    Attributes:
        strays: Paths where the directory of a release would be, without a release.
        missing: Slug and version of releases whose place is empty.
    """

    strays: list[Path]
    missing: list[tuple[str, str]]


class SharedStorage:
    """The files of all releases.

    Args:
        data: Where they lie.
        disk_reserve: Bytes of free space that receiving a bundle must leave.
    """

    def __init__(self, data: DataDirectory, disk_reserve: int = 0) -> None:
        self._data = data
        self._disk_reserve = disk_reserve
        self._in_use: set[Path] = set()  # in staging and trash
        self._ballast = Ballast(data.ballast)

    @asynccontextmanager
    async def staging(self, size: int = 0) -> AsyncIterator[Path]:
        """Lend an empty directory on the same file system; it is gone after the block.

        Args:
            size: Bytes that will come for sure, or may come.

        Raises:
            NoSpaceError: They would leave less free space than the reserve, or the disk runs full.
        """
        await asyncio.to_thread(self.require_room, size)
        async with self.scratch() as folder:
            yield folder

    @asynccontextmanager
    async def scratch(self) -> AsyncIterator[Path]:
        """Lend a directory as ``staging`` does, for so little that the reserve is there for it."""
        folder = self._data.staging / secrets.token_hex(16)
        self._in_use.add(folder)
        try:
            await finish_in_thread(folder.mkdir, 0o700)
            yield folder
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise NoSpaceError("the disk is full; nothing was changed") from error
            raise
        finally:
            await finish_in_thread(removal.remove_or_leave, folder)
            self._in_use.discard(folder)

    def require_room(self, size: int) -> None:
        """See to it that the reserve stays free; blocks.

        Args:
            size: Bytes that are about to be written.

        Raises:
            NoSpaceError: They would take some of it.
        """
        free = shutil.disk_usage(self._data.path).free
        if free - size < self._disk_reserve:
            raise NoSpaceError(
                f"{free} bytes are free, and storage.disk_reserve keeps {self._disk_reserve}; "
                "free some space or lower the reserve",
                free=free,
                reserve=self._disk_reserve,
            )

    async def make_way(self) -> None:
        """On a full disk, give back what is kept for deleting: something is about to go."""
        await finish_in_thread(self._ballast.drop)

    async def keep_way(self) -> None:
        """Keep space for deleting again, as far as there is some."""
        with contextlib.suppress(OSError):  # somebody else was faster to take it
            await finish_in_thread(self._ballast.take, self._disk_reserve)

    def place_of(self, slug: str, version: str) -> tuple[Path, tuple[str, ...]]:
        """Return shared storage, and where the directory of a release is in it."""
        return self._data.shared, (slug, f"v{version}")

    def release_path(self, slug: str, version: str) -> Path:
        """Return the directory of a release."""
        return self._data.shared / slug / f"v{version}"

    async def publish(self, source: Path, slug: str, version: str) -> None:
        """Move a finished tree to its place by one rename, durably.

        Call it last in the transaction that adds the release: a crash before the commit leaves
        a directory without a row, never a row without files. A cancellation waits for its end,
        so that the next transaction does not meet it.

        Args:
            source: In staging; every file and directory in it is synced.
            slug: Of the release.
            version: Of the release, whose directory is not there; what may lie in its place is
                a stray.
        """
        await finish_in_thread(self._publish, source, self.release_path(slug, version))

    def _publish(self, source: Path, place: Path) -> None:
        place.parent.mkdir(mode=0o755, exist_ok=True)
        tree.sync_directory(self._data.shared)  # always: a crash may have come before the last one
        self._discard(place)
        source.rename(place)
        tree.sync_directory(place.parent)

    async def discard(self, slug: str, version: str) -> None:
        """Remove the files of a release whose row is gone, if there are any."""
        await self.discard_place(self.release_path(slug, version))

    async def discard_place(self, place: Path) -> None:
        """Remove what lies in a place of shared storage that has no row, if there is anything."""
        await finish_in_thread(self._remove_place, place)

    def _remove_place(self, place: Path) -> None:
        self._discard(place)
        with contextlib.suppress(OSError):  # other releases of the plugin are there
            place.parent.rmdir()

    async def holds(self, release: Release) -> bool:
        """Return whether the directory of a release is in its place."""
        place = self.release_path(release.slug, release.version)
        return await asyncio.to_thread(place.is_dir)

    async def open(self, slug: str, version: str, file: ReleaseFile) -> BinaryIO:
        """Open a file of a release for reading.

        Args:
            slug: Of the release.
            version: Of the release.
            file: From the release's file list, never from a request.

        Raises:
            NotFoundError: It is not there, or not the regular file that was published.
            OSError: No more files can be opened.
        """
        return await asyncio.to_thread(published.open_file, self._data.shared, slug, version, file)

    async def with_entry(self, releases: Iterable[Release]) -> set[int]:
        """Return the ids of those releases whose entry file is in its place."""
        return await asyncio.to_thread(self._with_entry, list(releases))

    def _with_entry(self, releases: list[Release]) -> set[int]:
        return {
            release.id
            for release in releases
            if _is_file(self.release_path(release.slug, release.version) / release.manifest.entry)
        }

    def _discard(self, place: Path) -> None:
        """Take away what lies in a place, if anything: renamed into trash at once, then removed."""
        if not os.path.lexists(place):
            return
        rubbish = self._data.trash / secrets.token_hex(16)
        self._in_use.add(rubbish)
        try:
            place.rename(rubbish)
            tree.sync_directory(place.parent)
            removal.remove_or_leave(rubbish)
        finally:
            self._in_use.discard(rubbish)

    def places(self) -> list[Path]:
        """Return every path that is where the directory of a release would be."""
        return [
            place
            for plugin in self._data.shared.iterdir()
            for place in (plugin.iterdir() if plugin.is_dir() else [plugin])
        ]

    def compare(self, known: Iterable[tuple[str, str]]) -> Compared:
        """Hold releases against what lies in their places; blocks.

        Args:
            known: Slug and version of every release.
        """
        # Where case does not matter, a directory keeps the spelling that it was first made with.
        name = str.casefold if self._data.ignores_case() else str
        rows = {name(str(self.release_path(*release))): release for release in known}
        there = {name(str(place)): place for place in self.places()}
        missing = [release for place, release in rows.items() if place not in there]
        strays = [place for named, place in there.items() if named not in rows]
        return Compared(sorted(strays), missing)

    def empty_staging_and_trash(self, age: float = 0.0) -> int:
        """Remove what was left there by accident; return how many things.

        Args:
            age: Seconds for which it lies there at least; 0 where nothing else works there.
        """
        there = [*self._data.staging.iterdir(), *self._data.trash.iterdir()]
        in_use = frozenset(self._in_use)  # after the look: what comes later was not seen
        # What is being removed moves its directories beside itself, with a suffix.
        left = [path for path in there if path.with_suffix("") not in in_use]
        leftovers = [path for path in left if not age or _lies_for(path, age)]
        return sum([removal.remove_or_leave(leftover) for leftover in leftovers])


def _lies_for(path: Path, age: float) -> bool:
    with contextlib.suppress(OSError):  # it is gone by now
        return time.time() - path.lstat().st_ctime >= age
    return False


def _is_file(path: Path) -> bool:
    with contextlib.suppress(OSError):  # of somebody who changed modes by hand
        return path.is_file()
    return False
