"""The application whose tokens are believed beside our own."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pluginhub.accounts import jwts
from pluginhub.accounts.jwts import Claims, Key
from pluginhub.config import Auth
from pluginhub.errors import ConfigError, UnauthenticatedError
from pluginhub.web.identity.jwks import KeySet

_REMEMBERED = 10_000  # tokens whose signature was checked


class Issuer:
    """Says what a token of the other application claims, if it is valid.

    Args:
        rules: What is asked of a token.
        keys: The application's secret, or its public keys.
    """

    def __init__(self, rules: jwts.Rules, keys: bytes | KeySet) -> None:
        self._rules = rules
        self._keys = keys
        self._checked: OrderedDict[bytes, Claims] = OrderedDict()

    async def check(self, token: str, now: float) -> Claims:
        """Return the claims of a token; the signature is checked the first time only.

        Raises:
            UnauthenticatedError: It is not valid, or not any more.
        """
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        claims = self._checked.get(digest)
        if claims is None:
            claims = self._rules.check(token, await self._key(token), now)
            self._checked[digest] = claims
            if len(self._checked) > _REMEMBERED:
                self._checked.popitem(last=False)
        elif now >= claims.expires_at:
            del self._checked[digest]
            raise UnauthenticatedError("Invalid token")
        else:
            self._checked.move_to_end(digest)
        return claims

    async def _key(self, token: str) -> Key:
        header = jwts.header_of(token)
        if isinstance(self._keys, bytes):
            return self._keys
        key_id, algorithm = header.get("kid"), header.get("alg")
        # Before anybody is asked for keys, so that nonsense causes no requests.
        known = algorithm in self._rules.algorithms and isinstance(key_id, str | None)
        key = await self._keys.find(key_id) if known else None
        if key is None:
            raise UnauthenticatedError("Invalid token")
        return key


@asynccontextmanager
async def issuer_of(auth: Auth) -> AsyncIterator[Issuer | None]:
    """Yield the application that the settings name, if they name one.

    Raises:
        ConfigError: The settings contradict each other, or the secret cannot be read.
    """
    rules = jwts.Rules(auth)
    if auth.jwt_secret_file:
        yield Issuer(rules, jwts.secret_of(await _read(auth.jwt_secret_file)))
    elif auth.jwt_jwks_url:
        keys = KeySet(auth.jwt_jwks_url)
        async with keys.kept_fresh():
            yield Issuer(rules, keys)
    else:
        yield None


async def _read(file: str) -> bytes:
    try:
        return await asyncio.to_thread(Path(file).read_bytes)
    except OSError as error:
        raise ConfigError(
            f"auth.jwt_secret_file: {file} cannot be read: {error.strerror}",
            setting="auth.jwt_secret_file",
        ) from error
