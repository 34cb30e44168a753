"""Requests that create something, sent twice, create it once (draft-ietf-httpapi-idempotency-key).

A client that got no answer sends its request again with the same ``Idempotency-Key`` and gets the
answer of the first. Only success is kept, for a day: a request that failed changed nothing. The
key is the client's secret: the database has its hash, and of the request a digest made with it,
so that a password in it cannot be guessed from there.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import hdrs, web

from pluginhub.database import idempotency_keys
from pluginhub.database.idempotency_keys import Answered
from pluginhub.errors import ConflictError, IdempotencyKeyReusedError, InvalidError
from pluginhub.web import keys

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
PATTERN = r'^"?[!#-~]{16,255}"?$'

_KEPT_HEADERS = (hdrs.LOCATION, hdrs.CONTENT_TYPE)


async def once(
    request: web.Request, sent: bytes, act: Callable[[], Awaitable[web.Response]]
) -> web.Response:
    """Answer a request, or as it was answered before.

    Args:
        request: May have an ``Idempotency-Key``.
        sent: What it asks for beside its address: the same bytes for the same request.
        act: Carries it out.

    Raises:
        InvalidError: The key is too short to be nobody else's.
        IdempotencyKeyReusedError: The key came with another request before.
        ConflictError: The first request is not answered yet, or its answer was a secret.
    """
    if HEADER not in request.headers:
        return await act()
    secret = _key(request)
    actor = request[keys.ACTOR].id
    key = hashlib.sha256(secret).hexdigest()
    asked = b"\n".join([request.method.encode(), request.raw_path.encode(), sent])
    digest = hmac.new(secret, asked, "sha256").hexdigest()
    begun = request.app[keys.BEGUN]
    if (actor, key) in begun:
        raise ConflictError(f"the first request with this {HEADER} is not answered yet")
    begun.add((actor, key))
    try:
        database = request.app[keys.DATABASE]
        async with database.snapshot() as connection:
            known = await idempotency_keys.find(connection, actor, key)
        if known:
            return _again(known, digest)
        response = await act()
        if response.status < HTTPStatus.BAD_REQUEST:
            async with database.transaction() as tx:
                answered = Answered(digest, response.status, _kept(response))
                await idempotency_keys.keep(tx, actor, key, answered, database.now())
        return response
    finally:
        begun.discard((actor, key))


def _key(request: web.Request) -> bytes:
    value = request.headers[HEADER]
    if not re.fullmatch(PATTERN, value):
        raise InvalidError(f"{HEADER} must be 16 to 255 characters without spaces, such as a UUID")
    return value.strip('"').encode()


def _again(known: Answered, digest: str) -> web.Response:
    if known.request != digest:
        raise IdempotencyKeyReusedError(f"this {HEADER} came with another request before")
    if known.answer is None:
        raise ConflictError(
            f"this was done when it came with this {HEADER} before; its answer was told once only"
        )
    kept = json.loads(known.answer)
    headers = {**kept["headers"], REPLAYED: "true"}
    return web.Response(text=kept["text"], status=known.status, headers=headers)


def _kept(response: web.Response) -> str | None:
    if "no-store" in response.headers.get(hdrs.CACHE_CONTROL, ""):
        return None
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return json.dumps({"headers": headers, "text": response.text or ""})
