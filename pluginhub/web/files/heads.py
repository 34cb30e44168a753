"""The heads of answers with files, as headers and as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import hdrs

from pluginhub.models import ReleaseFile
from pluginhub.storage.media_types import ACTIVE

Headers = Mapping[str, str]

# The address names a release, whose bytes never change; it is only for the one who was given it.
BY_CAPABILITY: Headers = {hdrs.CACHE_CONTROL: "private, max-age=31536000, immutable"}
BY_USER: Headers = {hdrs.CACHE_CONTROL: "private, no-cache", hdrs.VARY: "Authorization, Cookie"}
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
    hdrs.ACCEPT_RANGES: "bytes",
}
# A page or drawing of a plugin gets an origin of its own, so it cannot act on this one.
_SANDBOX = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    )
}


@dataclass(frozen=True, slots=True)
class Heads:
    """What is sent before a file.

    Attributes:
        headers: Of any answer about the file.
        described: Of an answer with a body, without its length.
        full: Status line and headers of 200.
        unchanged: Status line and headers of 304.
    """

    headers: Headers
    described: Headers
    full: bytes
    unchanged: bytes


def make(file: ReleaseFile, etag: str, modified: str, caching: Headers) -> Heads:
    """Return the heads of a file.

    Args:
        file: Which.
        etag: With its quotes.
        modified: As the header says it.
        caching: ``BY_CAPABILITY`` or ``BY_USER``.
    """
    headers = {**_ALWAYS, **caching, hdrs.ETAG: etag, hdrs.LAST_MODIFIED: modified}
    described = {**headers, hdrs.CONTENT_TYPE: file.media_type or "application/octet-stream"}
    if file.media_type in ACTIVE:
        described |= _SANDBOX
    whole = {**described, hdrs.CONTENT_LENGTH: str(file.size)}
    return Heads(
        headers,
        described,
        _head("HTTP/1.1 200 OK", whole),
        _head("HTTP/1.1 304 Not Modified", headers),
    )


def _head(status: str, headers: Headers) -> bytes:
    lines = [status, *(f"{name}: {value}" for name, value in headers.items()), ""]
    return "\r\n".join(lines).encode()
