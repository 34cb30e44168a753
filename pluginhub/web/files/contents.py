"""Files as they are sent: small ones in memory with their heads, large ones open.

Both are kept by least recent use and within bounds. A release's bytes never change and its id is
never used again, so nothing here is ever out of date; what belongs to a release that is gone is
only not asked for any more.
"""

import os
from collections import OrderedDict
from dataclasses import dataclass
from email.utils import formatdate
from typing import BinaryIO

from pluginhub.cancellation import finish_in_thread
from pluginhub.database import releases
from pluginhub.database.connection import Database
from pluginhub.database.installations import Loadable
from pluginhub.errors import ForbiddenError, NotFoundError
from pluginhub.models import ReleaseFile
from pluginhub.storage.shared import SharedStorage
from pluginhub.web.files import heads

Key = tuple[int, str]


class OpenFile:
    """A file that is closed when nobody holds it any more, so removing it waits for no sender.

    Args:
        stream: Is taken over.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._descriptor = os.dup(stream.fileno())
        stream.close()

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def __del__(self) -> None:
        os.close(self._descriptor)


@dataclass(slots=True)
class Content:
    """A file that may be sent.

    Attributes:
        etag: Strong, with its quotes.
        modified: When the release was published, seconds since 1970.
        body: The bytes; None if they are sent from the open file.
        opened: The open file; None if there is a body.
    """

    file: ReleaseFile
    etag: str
    modified: int
    by_capability: heads.Heads
    by_user: heads.Heads
    body: bytes | None = None
    opened: OpenFile | None = None


class Contents:
    """Finds files of releases, and keeps what was asked for.

    Args:
        database: Has the file lists.
        storage: Has the bytes.
        largest: Bytes of a file that is kept in memory.
        room: Bytes for all files in memory.
        most_open: How many large files are kept open.
    """

    def __init__(
        self, database: Database, storage: SharedStorage, largest: int, room: int, most_open: int
    ) -> None:
        self._database = database
        self._storage = storage
        self._largest = largest
        self._room = room
        self._most_open = most_open
        self._small: OrderedDict[Key, Content] = OrderedDict()
        self._large: OrderedDict[Key, Content] = OrderedDict()
        self._size = 0

    def known(self, release_id: int, path: str) -> Content | None:
        """Return a file that is kept."""
        key = (release_id, path)
        for kept in (self._small, self._large):
            if content := kept.get(key):
                kept.move_to_end(key)
                return content
        return None

    async def find(self, release: Loadable, path: str) -> Content:
        """Return a file by its exact path, and keep it.

        Raises:
            NotFoundError: The release has no such file, or it is not as it was published.
            ForbiddenError: The file is of a type that is not served.
        """
        async with self._database.snapshot() as connection:
            file = await releases.find_file(connection, release.release_id, path)
        if file is None:
            raise NotFoundError("File not found")
        if file.media_type is None:
            raise ForbiddenError("File type not allowed")
        content = self._content(release, file)
        stream = await self._storage.open(release.slug, release.version, file)
        if file.size <= self._largest:
            content.body = await finish_in_thread(_read, stream)
            if len(content.body) != file.size:
                raise NotFoundError(f"the file {file.path} is damaged", path=file.path)
            self._keep_small((release.release_id, path), content)
        else:
            content.opened = OpenFile(stream)
            self._keep_large((release.release_id, path), content)
        return content

    def _content(self, release: Loadable, file: ReleaseFile) -> Content:
        etag, modified = f'"{file.sha256}"', formatdate(release.published_at, usegmt=True)
        return Content(
            file,
            etag,
            release.published_at,
            heads.make(file, etag, modified, heads.BY_CAPABILITY),
            heads.make(file, etag, modified, heads.BY_USER),
        )

    def _keep_small(self, key: Key, content: Content) -> None:
        if key in self._small or content.file.size > self._room:
            return
        self._small[key] = content
        self._size += content.file.size
        while self._size > self._room:
            _, oldest = self._small.popitem(last=False)
            self._size -= oldest.file.size

    def _keep_large(self, key: Key, content: Content) -> None:
        self._large[key] = content
        if len(self._large) > self._most_open:
            self._large.popitem(last=False)


def _read(stream: BinaryIO) -> bytes:
    with stream:
        return stream.read()
