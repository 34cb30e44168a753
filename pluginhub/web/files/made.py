"""JSON that is made from rows for a user, kept and sent as files are: whole, and compressed."""

import hashlib

from pluginhub.cancellation import finish_in_thread
from pluginhub.storage import encodings
from pluginhub.storage.encodings import Coding
from pluginhub.web.files import heads
from pluginhub.web.files.contents import Content, Representation

_TYPE = "application/json"


async def of(body: bytes) -> Content:
    """Return JSON as what can be sent again and again.

    Args:
        body: In UTF-8.
    """
    variants = await finish_in_thread(encodings.encode_quickly, body)
    digest = hashlib.blake2b(body, digest_size=16).hexdigest()
    return Content(
        _represent(body, f'"{digest}"', None),
        {coding: _represent(it, f'"{digest}-{coding}"', coding) for coding, it in variants.items()},
    )


def _represent(body: bytes, etag: str, coding: Coding | None) -> Representation:
    made = heads.make(_TYPE, len(body), etag, None, coding=coding, kind=heads.MADE)
    return Representation(etag, None, len(body), made, made, body)
