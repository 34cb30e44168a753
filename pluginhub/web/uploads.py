"""Bundles that are being sent: a few at once, at a pace that somebody waits for, to the disk."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import BodyPartReader, hdrs, web

from pluginhub.cancellation import finish_in_thread
from pluginhub.errors import (
    BusyError,
    TooLargeError,
    TooSlowError,
    UnsupportedMediaTypeError,
)
from pluginhub.storage.shared import SharedStorage
from pluginhub.web import bodies

_AT_ONCE, _OF_ONE = 16, 4
_PIECE = 1024 * 1024  # bytes written to the disk at once
_GRACE = 10.0  # seconds
_SLOWEST = 16 * 1024  # bytes per second


class Uploads:
    """Counts uploads, so that those who send much or slowly leave room for others.

    Attributes:
        done: Those that came whole.
        failed: Those that did not.
        refused: Those for which there was no room.
    """

    def __init__(self) -> None:
        self._of: Counter[str] = Counter()
        self.done = self.failed = self.refused = 0

    @property
    def running(self) -> int:
        """How many come now."""
        return self._of.total()

    @contextmanager
    def one_more(self, user_id: str) -> Iterator[None]:
        """Count an upload of a user while the block runs.

        Raises:
            BusyError: There are too many.
        """
        if self._of[user_id] >= _OF_ONE or self._of.total() >= _AT_ONCE:
            self.refused += 1
            raise BusyError(
                f"{_AT_ONCE} uploads, and {_OF_ONE} of one user, are taken at once; send this one"
                " again when another is done",
                retry_after=_GRACE,
            )
        self._of[user_id] += 1
        try:
            yield
        except BaseException:
            self.failed += 1
            raise
        else:
            self.done += 1
        finally:
            self._of[user_id] -= 1
            if not self._of[user_id]:
                del self._of[user_id]


def too_large(limit: int) -> TooLargeError:
    """Return the error for an upload beyond the limit, bytes."""
    return TooLargeError(
        f"the upload is larger than {limit} bytes (server.max_upload); a reverse proxy may have a"
        " limit of its own (client_max_body_size of nginx)",
        limit=limit,
        setting="server.max_upload",
    )


async def receive(
    chunks: AsyncIterator[bytes],
    file: Path,
    limit: int,
    storage: SharedStorage,
    refusal: Callable[[int], TooLargeError] = too_large,
) -> int:
    """Write what arrives into a new file.

    Args:
        chunks: What arrives.
        file: Does not exist yet.
        limit: Bytes.
        storage: Has the disk.
        refusal: Makes the error for more than ``limit``.

    Returns:
        How many bytes there were.

    Raises:
        TooLargeError: More than ``limit`` bytes arrived.
        TooSlowError: They came slower than 16 KiB a second, beyond the first ten seconds.
        NoSpaceError: They would take of the reserve of the disk.
        OSError: The disk is full.
    """
    size = 0
    buffer = bytearray()
    async for chunk in _at_a_pace(chunks):
        size += len(chunk)
        if size > limit:
            raise refusal(limit)
        buffer += chunk
        if len(buffer) >= _PIECE:
            await finish_in_thread(_append, file, bytes(buffer), storage)
            buffer.clear()
    await finish_in_thread(_append, file, bytes(buffer), storage)
    return size


async def _at_a_pace(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    loop, size, waited = asyncio.get_running_loop(), 0, 0.0
    while True:
        begun = loop.time()
        try:
            async with asyncio.timeout(_GRACE + size / _SLOWEST - waited):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            raise TooSlowError(
                f"the upload came slower than {_SLOWEST} bytes a second", size=size
            ) from error
        if chunk is None:
            return
        waited += loop.time() - begun
        size += len(chunk)
        yield chunk


def _append(file: Path, content: bytes, storage: SharedStorage) -> None:
    storage.require_room(len(content))
    with file.open("ab") as stream:
        stream.write(content)


async def body_chunks(request: web.Request) -> AsyncIterator[bytes]:
    """Yield the body of a request as it arrives."""
    await bodies.ask_for(request)
    # Not iter_chunks(): aiohttp's never ends for the second request without a body.
    async for chunk in request.content.iter_any():
        yield chunk


async def part_chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    """Yield the content of a part of a multipart body as it arrives, not decoded.

    Raises:
        UnsupportedMediaTypeError: The part is compressed or in base64.
    """
    for name in (hdrs.CONTENT_ENCODING, hdrs.CONTENT_TRANSFER_ENCODING):
        if part.headers.get(name, "identity").lower() not in {"identity", "binary", "8bit"}:
            raise UnsupportedMediaTypeError(f"a file must be sent without {name}")
    while chunk := await part.read_chunk():
        yield chunk
