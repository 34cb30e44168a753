"""The three files of a call: request, answer and output, without a name that anyone could open."""

import json
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, BinaryIO

from pluginhub.cancellation import finish_in_thread
from pluginhub.managers.job import MOST_BYTES

_MOST_OUTPUT = 64 * 1024  # bytes
_MOST_LINES = 100
_LINE = 500  # characters


class CallFiles:
    """Temporary files; the processes of a call get their descriptors."""

    def __init__(self) -> None:
        self._files: list[BinaryIO] = []

    @property
    def descriptors(self) -> tuple[int, int, int]:
        """Return those of request, answer and output."""
        request, answer, output = self._files
        return request.fileno(), answer.fileno(), output.fileno()

    def make(self, request: dict[str, Any]) -> None:
        """Write the request; blocks.

        Args:
            request: As in ``job.respond``.
        """
        data = json.dumps(request).encode()
        for _ in range(3):
            self._files.append(tempfile.TemporaryFile(buffering=0))  # noqa: SIM115 - see close
        self._files[0].write(data)
        self._files[0].seek(0)

    def read(self) -> tuple[bytes, list[str]]:
        """Return the answer, cut one byte after what is allowed, and the lines printed; blocks."""
        answer, output = (
            _beginning(file, size)
            for file, size in zip(self._files[1:], (MOST_BYTES + 1, _MOST_OUTPUT), strict=True)
        )
        lines = output.decode(errors="replace").splitlines()
        cut = [line[:_LINE] for line in lines[:_MOST_LINES]]
        rest = len(lines) > _MOST_LINES or self._files[2].tell() == _MOST_OUTPUT
        return answer, [*cut, "... cut"] if rest else cut

    def close(self) -> None:
        """Close the files, which removes them; blocks."""
        while self._files:
            self._files.pop().close()


@asynccontextmanager
async def opened(request: dict[str, Any]) -> AsyncIterator[CallFiles]:
    """Make the files of a call, and close them after use.

    Args:
        request: As in ``job.respond``.
    """
    files = CallFiles()
    try:
        await finish_in_thread(files.make, request)
        yield files
    finally:
        await finish_in_thread(files.close)


def _beginning(file: BinaryIO, size: int) -> bytes:
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    parts = list[bytes]()
    while size and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
