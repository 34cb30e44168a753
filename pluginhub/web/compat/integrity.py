"""What the entry files of releases are, for browsers that check it (W3C Subresource Integrity)."""

import base64
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import BinaryIO

from pluginhub.cancellation import finish_in_thread
from pluginhub.database import release_files
from pluginhub.database.connection import Database
from pluginhub.errors import NotFoundError
from pluginhub.models import Release, ReleaseFile
from pluginhub.storage.shared import SharedStorage

_MOST = 10_000  # releases


class Integrities:
    """Reads each entry file once, and holds it against the digest that it was published with.

    Args:
        database: Has the digests.
        storage: Has the files.
    """

    def __init__(self, database: Database, storage: SharedStorage) -> None:
        self._database = database
        self._storage = storage
        self._known: OrderedDict[int, str] = OrderedDict()

    async def of(self, releases: Iterable[Release]) -> Mapping[int, str]:
        """Return by release id what a script tag has as ``integrity``.

        Left out are releases whose entry file is not in its place, or not as it was published.
        """
        listed = list(releases)
        in_place = await self._storage.with_entry(listed)
        found: dict[int, str] = {}
        for release in listed:
            if release.id in in_place and (value := await self._of(release)):
                found[release.id] = value
        return found

    async def _of(self, release: Release) -> str | None:
        if value := self._known.get(release.id):
            self._known.move_to_end(release.id)
            return value
        async with self._database.snapshot() as connection:
            file = await release_files.find(connection, release.id, release.manifest.entry)
        if file is None:
            return None
        try:
            stream = await self._storage.open(release.slug, release.version, file)
        except NotFoundError:
            return None
        value = await finish_in_thread(_digest, stream, file)
        if value:
            self._known[release.id] = value
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return value


def _digest(stream: BinaryIO, file: ReleaseFile) -> str | None:
    with stream:
        content = stream.read()
    if hashlib.sha256(content).hexdigest() != file.sha256:
        return None
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
