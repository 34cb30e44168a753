"""Files as they are sent: small ones in memory with their heads, large ones open.

Both are kept by least recent use and within bounds. A release's bytes never change and its id is
never used again, so nothing here is ever out of date; what belongs to a release that is gone is
only not asked for any more.
"""

import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from pluginhub.cancellation import finish_in_thread
from pluginhub.database import release_files
from pluginhub.database.connection import Database
from pluginhub.database.installations import Loadable
from pluginhub.errors import ForbiddenError, NotFoundError
from pluginhub.models import ReleaseFile
from pluginhub.storage.encodings import Coding, Encodings
from pluginhub.storage.shared import SharedStorage
from pluginhub.web.files import heads
from pluginhub.web.files.negotiation import accepted

Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is kept.

    Attributes:
        largest: Bytes of a representation that is kept in memory.
        room: Bytes for all that is in memory.
        most_open: How many files with a large representation are kept open.
    """

    largest: int
    room: int
    most_open: int


class OpenFile:
    """A file that is closed when nobody holds it any more, so removing it waits for no sender.

    Args:
        stream: Is taken over.

    Attributes:
        size: Bytes.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._descriptor = os.dup(stream.fileno())
        stream.close()
        self.size = os.fstat(self._descriptor).st_size

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def __del__(self) -> None:
        os.close(self._descriptor)


@dataclass(frozen=True, slots=True)
class Representation:
    """A file in one coding.

    Attributes:
        etag: Strong, with its quotes.
        modified: When the release was published, seconds since 1970; None if nobody is to go by it.
        size: Bytes.
        body: The bytes, or the open file that has them.
        place: Of the file, relative to the data directory; None for what was made in memory.
    """

    etag: str
    modified: int | None
    size: int
    by_capability: heads.Heads
    by_user: heads.Heads
    body: bytes | OpenFile
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """A file that may be sent: as it is, and compressed."""

    plain: Representation
    encoded: Mapping[Coding, Representation]

    def best_for(self, accept_encoding: str | None) -> Representation:
        """Return what suits the Accept-Encoding header of a request."""
        if accept_encoding and self.encoded:
            for coding in accepted(accept_encoding):
                if coding in self.encoded:
                    return self.encoded[coding]
        return self.plain

    @property
    def memory(self) -> int:
        """Bytes that it takes."""
        return sum(len(it.body) for it in self._all() if isinstance(it.body, bytes))

    @property
    def is_open(self) -> bool:
        """Whether a file stays open for it."""
        return any(isinstance(it.body, OpenFile) for it in self._all())

    def _all(self) -> list[Representation]:
        return [self.plain, *self.encoded.values()]


class Contents:
    """Finds files of releases, and keeps what was asked for.

    Args:
        database: Has the file lists.
        storage: Has the bytes.
        encodings: Has the compressed ones.
        bounds: For what is kept.

    Attributes:
        hits: How often a file that was asked for was kept, but for what the shortcut took.
        misses: How often it was not.
    """

    def __init__(
        self, database: Database, storage: SharedStorage, encodings: Encodings, bounds: Bounds
    ) -> None:
        self._database = database
        self._storage = storage
        self._encodings = encodings
        self._bounds = bounds
        self._kept: OrderedDict[Key, Content] = OrderedDict()
        self._open: OrderedDict[Key, None] = OrderedDict()  # those of them with an open file
        self._memory = 0
        self.hits = self.misses = 0

    @property
    def memory(self) -> int:
        """Bytes that are kept."""
        return self._memory

    def known(self, release_id: int, path: str) -> Content | None:
        """Return a file that is kept."""
        key = (release_id, path)
        content = self._kept.get(key)
        if content is not None:
            self._kept.move_to_end(key)
            if key in self._open:
                self._open.move_to_end(key)
        return content

    async def find(self, release: Loadable, path: str) -> Content:
        """Return a file by its exact path, and keep it.

        Raises:
            NotFoundError: The release has no such file, or it is not as it was published.
            ForbiddenError: The file is of a type that is not served.
        """
        self.misses += 1
        since = self._database.changes.number
        file = await self._file(release, path)
        stream = await self._storage.open(release.slug, release.version, file)
        content = await finish_in_thread(self._load, release, file, stream)
        if since != self._database.changes.number:
            await self._file(release, path)  # else the place may have been another release's
        self._keep((release.release_id, path), content)
        return content

    async def _file(self, release: Loadable, path: str) -> ReleaseFile:
        async with self._database.snapshot() as connection:
            file = await release_files.find(connection, release.release_id, path)
        if file is None:
            raise NotFoundError("File not found")
        if file.media_type is None:
            raise ForbiddenError("File type not allowed")
        return file

    def forget(self, release_id: int) -> None:
        """Drop the files of a release, which have new variants."""
        for key in [key for key in self._kept if key[0] == release_id]:
            self._drop(key)

    def _load(self, release: Loadable, file: ReleaseFile, stream: BinaryIO) -> Content:
        plain = self._represent(release, file, stream, None)
        if plain.size != file.size:
            raise NotFoundError(f"the file {file.path} is damaged", path=file.path)
        variants = self._encodings.open(release.digest, file)
        return Content(
            plain,
            {
                coding: self._represent(release, file, opened, coding)
                for coding, opened in variants.items()
            },
        )

    def _represent(
        self, release: Loadable, file: ReleaseFile, stream: BinaryIO, coding: Coding | None
    ) -> Representation:
        size = os.fstat(stream.fileno()).st_size
        body: bytes | OpenFile
        if size <= self._bounds.largest:
            with stream:
                body = stream.read()
            size = len(body)
        else:
            body = OpenFile(stream)
        etag = f'"{file.sha256}-{coding}"' if coding else f'"{file.sha256}"'
        modified, kind = release.published_at, file.media_type
        return Representation(
            etag,
            modified,
            size,
            heads.make(kind, size, etag, modified, coding=coding, kind=heads.BY_CAPABILITY),
            heads.make(kind, size, etag, modified, coding=coding, kind=heads.BY_USER),
            body,
            _place(release, file, coding),
        )

    def _keep(self, key: Key, content: Content) -> None:
        if key in self._kept or content.memory > self._bounds.room:
            return
        self._kept[key] = content
        self._memory += content.memory
        if content.is_open:
            self._open[key] = None
        while self._memory > self._bounds.room:
            self._drop(next(iter(self._kept)))
        while len(self._open) > self._bounds.most_open:
            self._drop(next(iter(self._open)))

    def _drop(self, key: Key) -> None:
        self._memory -= self._kept.pop(key).memory
        self._open.pop(key, None)


def _place(release: Loadable, file: ReleaseFile, coding: Coding | None) -> str:
    if coding:
        return f"encoded/{release.digest}/{file.sha256}.{coding}"
    return f"shared/{release.slug}/v{release.version}/{file.path}"
