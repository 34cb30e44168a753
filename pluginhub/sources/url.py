"""Downloads a bundle to the disk: bounded in bytes and time, checked, whole or not at all."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from pluginhub.cancellation import finish_in_thread
from pluginhub.errors import SourceError
from pluginhub.sources.addresses import read, shown
from pluginhub.sources.client import Client

Progress = Callable[[int, int | None], None]
"""Is told how many bytes arrived, and of how many if the server said so."""

_PIECE = 1024 * 1024  # bytes written to the disk at once
_OK = 200
_NOT_FOUND = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to download.

    Attributes:
        url: Where it is.
        sha256: What it must be, hexadecimal; None takes anything.
        headers: To send with the request.
        token: A secret for the server at ``url``, and for no other.
    """

    url: str
    sha256: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    token: str | None = None


async def download(
    client: Client, wanted: Wanted, file: Path, limit: int, progress: Progress | None = None
) -> str:
    """Write what an address answers into a new file; without success there is no file.

    Args:
        client: Asks.
        wanted: What for.
        file: Does not exist yet.
        limit: Bytes.
        progress: Is told what arrives.

    Returns:
        The address without what may be secret in it.

    Raises:
        SourceError: It cannot be had, is larger than ``limit``, or not what was promised.
        OSError: The disk is full.
    """
    try:
        async with client.get(wanted.url, wanted.headers, wanted.token) as response:
            _check(response, limit)
            digest = await _write(response, file, limit, progress)
    except BaseException:
        await finish_in_thread(_remove, file)
        raise
    if wanted.sha256 and digest != wanted.sha256.lower():
        await finish_in_thread(_remove, file)
        raise SourceError(
            "digest-mismatch",
            f"the file has the SHA-256 {digest}, not the promised {wanted.sha256.lower()}",
            sha256=digest,
        )
    return shown(read(wanted.url))


def _check(response: aiohttp.ClientResponse, limit: int) -> None:
    url = shown(response.url)
    if response.status in _NOT_FOUND:
        raise SourceError("not-found", f"{url} does not exist", url=url)
    if response.status != _OK:
        raise SourceError("bad-answer", f"{url} answered {response.status}", url=url)
    if (response.content_length or 0) > limit:
        raise _too_large(url, limit)


async def _write(
    response: aiohttp.ClientResponse, file: Path, limit: int, progress: Progress | None
) -> str:
    digest, buffer, size = hashlib.sha256(), bytearray(), 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > limit:
            raise _too_large(shown(response.url), limit)
        buffer += chunk
        if len(buffer) >= _PIECE:
            await finish_in_thread(_append, file, bytes(buffer), digest)
            buffer.clear()
        if progress:
            progress(size, response.content_length)
    if size == 0:
        url = shown(response.url)
        raise SourceError("bad-answer", f"{url} is empty", url=url)
    await finish_in_thread(_append, file, bytes(buffer), digest)
    return digest.hexdigest()


def _append(file: Path, content: bytes, digest: Any) -> None:
    digest.update(content)
    with file.open("ab") as stream:
        stream.write(content)


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)


def _too_large(url: str, limit: int) -> SourceError:
    return SourceError(
        "too-large", f"{url} is larger than {limit} bytes (server.max_upload)", url=url, limit=limit
    )
