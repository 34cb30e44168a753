"""The public keys of another application, loaded from its JWKS address.

They are loaded in the background. A request waits only where a token names a key that is not
known, as after a rotation, and then no more than one request in half a minute asks again.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp
import structlog

from pluginhub.accounts import jwts
from pluginhub.accounts.jwts import Key

log = structlog.get_logger(__name__)

_AGAIN = 30.0  # seconds between two requests for the keys
_FRESH = 3600.0  # seconds after which keys are loaded again
_TIMEOUT = aiohttp.ClientTimeout(total=5)
_LARGEST = 1024 * 1024  # bytes


class KeySet:
    """The keys as they were last seen; they stay in use while the address cannot be reached.

    Args:
        url: Of the JWKS.
        clock: Seconds that only grow.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._keys: dict[str | None, Key] = {}
        self._asked_at: float | None = None
        self._loading: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def kept_fresh(self) -> AsyncIterator[None]:
        """Load the keys, and load them again from time to time while the block runs."""
        task = asyncio.create_task(self._keep_fresh())
        try:
            yield
        finally:
            for each in filter(None, (task, self._loading)):
                each.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await each

    async def find(self, key_id: str | None) -> Key | None:
        """Return the key with an id, or the only one there is if a token names none."""
        found = self._find(key_id)
        if found is None:
            await self.load()
            found = self._find(key_id)
        return found

    async def load(self) -> None:
        """Load the keys, unless that was tried a moment ago; who comes meanwhile waits for it."""
        if self._loading is None:
            if self._asked_at is not None and self._clock() - self._asked_at < _AGAIN:
                return
            self._asked_at = self._clock()
            self._loading = asyncio.create_task(self._load())
            self._loading.add_done_callback(self._loaded)
        await asyncio.shield(self._loading)

    def _find(self, key_id: str | None) -> Key | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _loaded(self, _task: asyncio.Task[None]) -> None:
        self._loading = None

    async def _keep_fresh(self) -> None:
        while True:
            await self.load()
            await asyncio.sleep(_FRESH if self._keys else _AGAIN)

    async def _load(self) -> None:
        try:
            content = await _get(self._url)
            self._keys = jwts.keys_of(json.loads(content))
        except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError) as error:
            log.warning(
                "the keys of auth.jwt_jwks_url could not be loaded",
                error=type(error).__name__,
                known_keys=len(self._keys),
            )


async def _get(url: str) -> bytes:
    async with (
        aiohttp.ClientSession(timeout=_TIMEOUT) as session,
        session.get(url, allow_redirects=False) as answer,
    ):
        if answer.status != HTTPStatus.OK:
            raise ValueError(f"the status is {answer.status}")
        content = bytearray()
        async for piece in answer.content.iter_any():
            content += piece
            if len(content) > _LARGEST:
                raise ValueError("that is too much for a set of keys")
        return bytes(content)
