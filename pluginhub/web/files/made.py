"""What is made in memory is kept and sent as files are: whole, or compressed."""

import hashlib

from aiohttp import hdrs, web

from pluginhub.cancellation import finish_in_thread
from pluginhub.storage import encodings
from pluginhub.storage.encodings import Coding
from pluginhub.web.files import heads, serve
from pluginhub.web.files.contents import Content, Representation


async def of(body: bytes, media_type: str, kind: heads.Headers) -> Content:
    """Return what can be sent again and again.

    Args:
        body: What it is.
        media_type: Of the body; what does not compress is kept as it is.
        kind: What every answer with it has, see ``heads``.
    """
    worth = encodings.is_compressible(media_type)
    variants = await finish_in_thread(encodings.encode_quickly, body) if worth else {}
    digest = hashlib.blake2b(body, digest_size=16).hexdigest()

    def represent(body: bytes, etag: str, coding: Coding | None) -> Representation:
        made = heads.make(media_type, len(body), etag, None, coding=coding, kind=kind)
        return Representation(etag, None, len(body), made, made, body)

    return Content(
        represent(body, f'"{digest}"', None),
        {coding: represent(it, f'"{digest}-{coding}"', coding) for coding, it in variants.items()},
    )


async def answer(request: web.Request, content: Content) -> web.StreamResponse:
    """Answer it in the coding that suits the request, or that the client has it."""
    chosen = content.best_for(request.headers.get(hdrs.ACCEPT_ENCODING))
    return await serve.answer(request, chosen, chosen.by_user)
