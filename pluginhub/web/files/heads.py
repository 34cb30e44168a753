"""The heads of answers with files, as headers and as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate

from aiohttp import hdrs

from pluginhub.models import ReleaseFile
from pluginhub.storage.encodings import Coding, is_compressible
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


def make(
    file: ReleaseFile,
    size: int,
    etag: str,
    modified: int,
    *,
    coding: Coding | None,
    caching: Headers,
) -> Heads:
    """Return the heads of one representation of a file.

    Args:
        file: Which.
        size: Bytes of the representation.
        etag: With its quotes.
        modified: Seconds since 1970.
        coding: How it is encoded, None for as it is.
        caching: ``BY_CAPABILITY`` or ``BY_USER``.
    """
    date = formatdate(modified, usegmt=True)
    headers = {**_ALWAYS, **caching, hdrs.ETAG: etag, hdrs.LAST_MODIFIED: date}
    varies = [headers[hdrs.VARY]] if hdrs.VARY in headers else []
    if is_compressible(file.media_type):
        varies.append(hdrs.ACCEPT_ENCODING)
    headers[hdrs.VARY] = ", ".join([*varies, hdrs.ORIGIN])
    described = {**headers, hdrs.CONTENT_TYPE: file.media_type or "application/octet-stream"}
    if coding:
        described[hdrs.CONTENT_ENCODING] = coding
    if file.media_type in ACTIVE:
        described |= _SANDBOX
    whole = {**described, hdrs.CONTENT_LENGTH: str(size)}
    return Heads(
        headers,
        described,
        _head("HTTP/1.1 200 OK", whole),
        _head("HTTP/1.1 304 Not Modified", headers),
    )


def _head(status: str, headers: Headers) -> bytes:
    lines = [status, *(f"{name}: {value}" for name, value in headers.items()), ""]
    return "\r\n".join(lines).encode()
