"""The heads of answers with files, as headers and as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate

from aiohttp import hdrs

from pluginhub.storage.encodings import Coding, is_compressible
from pluginhub.storage.media_types import ACTIVE

Headers = Mapping[str, str]

_AS_SAID = {"X-Content-Type-Options": "nosniff"}
# The same for everybody, until the next version of this server.
PUBLIC: Headers = {**_AS_SAID, hdrs.CACHE_CONTROL: "no-cache"}
# What is made for a user from rows: it may be another the next time.
MADE: Headers = {
    **_AS_SAID,
    hdrs.CACHE_CONTROL: "private, no-cache",
    hdrs.VARY: "Authorization, Cookie",
}
_FILE = {
    **_AS_SAID,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "cross-origin",
    hdrs.ACCEPT_RANGES: "bytes",
}
BY_USER: Headers = {**_FILE, **MADE}
# The address names a release, whose bytes never change; it is only for the one who was given it.
BY_CAPABILITY: Headers = {**_FILE, hdrs.CACHE_CONTROL: "private, max-age=31536000, immutable"}
# A page or drawing of a plugin gets an origin of its own, so it cannot act on this one; and who
# opens it saves it, so it cannot look like a page of this one. As an image it is shown.
# Pages of this server have a policy of theirs instead.
_SANDBOX = {
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src data:",
    hdrs.CONTENT_DISPOSITION: "attachment",
}


@dataclass(frozen=True, slots=True)
class Heads:
    """What is sent before a representation.

    Attributes:
        headers: Of any answer about it.
        described: Of an answer with a body, without its length.
        full: Status line and headers of 200.
        unchanged: Status line and headers of 304.
    """

    headers: Headers
    described: Headers
    full: bytes
    unchanged: bytes


def make(
    media_type: str | None,
    size: int,
    etag: str,
    modified: int | None,
    *,
    coding: Coding | None,
    kind: Headers,
) -> Heads:
    """Return the heads of one representation.

    Args:
        media_type: Of what it represents.
        size: Bytes of the representation.
        etag: With its quotes.
        modified: Seconds since 1970; None if nobody is to go by it.
        coding: How it is encoded, None for as it is.
        kind: What every such answer has, ``BY_USER`` for instance.
    """
    headers = {**kind, hdrs.ETAG: etag}
    if modified is not None:
        headers[hdrs.LAST_MODIFIED] = formatdate(modified, usegmt=True)
    varies = [headers[hdrs.VARY]] if hdrs.VARY in headers else []
    if is_compressible(media_type):
        varies.append(hdrs.ACCEPT_ENCODING)
    headers[hdrs.VARY] = ", ".join([*varies, hdrs.ORIGIN])
    sandbox = _SANDBOX if media_type in ACTIVE and not _SANDBOX.keys() & kind.keys() else {}
    described = {
        **sandbox,
        **headers,
        hdrs.CONTENT_TYPE: media_type or "application/octet-stream",
    }
    if coding:
        described[hdrs.CONTENT_ENCODING] = coding
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
