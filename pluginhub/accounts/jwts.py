"""Tokens of another application (JWT, RFC 7519): what of them is believed, and whom they name.

Whoever has the key of that application can be anybody here. So everything that is not exactly as
the settings say is refused: the algorithm, the issuer, the audience, and a token without an end.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.algorithms import get_default_algorithms

from pluginhub.accounts.newcomers import Newcomer, id_of
from pluginhub.config import Auth
from pluginhub.errors import ConfigError, UnauthenticatedError

_BY_SECRET = ("HS256", "HS384", "HS512")
_ID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}")
_LONGEST = 255  # characters of a subject
_SHORTEST_SECRET = 32  # bytes (RFC 7518, section 3.2)

Key = Any  # a jwt.PyJWK, a public key of cryptography, or the bytes of a secret
_BROKEN = (jwt.PyJWTError, ValueError, TypeError, KeyError, RecursionError)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says.

    Attributes:
        expires_at: Seconds since 1970.
    """

    newcomer: Newcomer
    expires_at: float


class Rules:
    """What the settings ask of a token.

    Args:
        auth: The settings.

    Raises:
        ConfigError: They contradict each other.
    """

    def __init__(self, auth: Auth) -> None:
        if auth.jwt_secret_file and auth.jwt_jwks_url:
            raise ConfigError(
                "auth.jwt_jwks_url: give either this or auth.jwt_secret_file, not both",
                setting="auth.jwt_jwks_url",
            )
        by_secret = bool(auth.jwt_secret_file)
        known = _BY_SECRET if by_secret else tuple(_asymmetric())
        default = ("HS256",) if by_secret else ("RS256", "ES256")
        self.algorithms = auth.jwt_algorithms or default
        if unfit := set(self.algorithms) - set(known):
            raise ConfigError(
                f"auth.jwt_algorithms: {min(unfit)!r} does not go with this kind of key;"
                f" there are {', '.join(known)}",
                setting="auth.jwt_algorithms",
            )
        self._issuer = auth.jwt_issuer or None
        self._audience = auth.jwt_audience or None

    def check(self, token: str, key: Key, now: float) -> Claims:
        """Return what a token says that this key signed.

        Raises:
            UnauthenticatedError: It is not valid.
        """
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=list(self.algorithms),
                issuer=self._issuer,
                audience=self._audience,
                # Times are checked below, by the clock that everything else goes by.
                options={
                    "require": ["exp", "sub"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "verify_sub": False,
                },
            )
        except _BROKEN as error:
            raise UnauthenticatedError("Invalid token") from error
        expires_at = _time(claims["exp"])
        if now >= expires_at or _time(claims.get("nbf", 0)) > now or claims.get("refresh"):
            raise UnauthenticatedError("Invalid token")
        return Claims(_newcomer(claims), expires_at)


def header_of(token: str) -> dict[str, Any]:
    """Return the header of a token, which nothing vouches for.

    Raises:
        UnauthenticatedError: It is no such token.
    """
    try:
        return jwt.get_unverified_header(token)
    except _BROKEN as error:
        raise UnauthenticatedError("Invalid token") from error


def secret_of(content: bytes) -> bytes:
    """Return the secret in a file, without the line's end.

    Raises:
        ConfigError: It is too short to be one.
    """
    secret = content.strip()
    if len(secret) < _SHORTEST_SECRET:
        raise ConfigError(
            f"auth.jwt_secret_file: the secret has {len(secret)} bytes; it needs"
            f" {_SHORTEST_SECRET} so that it cannot be guessed",
            setting="auth.jwt_secret_file",
        )
    return secret


def keys_of(document: object) -> dict[str | None, Key]:
    """Return the keys of a JWKS (RFC 7517) that can check signatures, by their id.

    Raises:
        ValueError: It is none.
    """
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("this is no set of keys")  # noqa: TRY004 - whatever it is
    found: dict[str | None, Key] = {}
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("kty") == "oct":
            continue  # a secret is not published
        if entry.get("use", "sig") == "sig":
            try:
                key = jwt.PyJWK(entry)
            except _BROKEN:
                continue  # of a kind that is not known here
            # A key that names its algorithm is good for no other one.
            found[key.key_id] = key if "alg" in entry else key.key
    return found


def _asymmetric() -> list[str]:
    return [name for name in get_default_algorithms() if name[:2] in {"RS", "ES", "PS", "Ed"}]


def _time(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise UnauthenticatedError("Invalid token")


def _newcomer(claims: Mapping[str, Any]) -> Newcomer:
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject.isprintable():
        raise UnauthenticatedError("Invalid token")
    if not 0 < len(subject) <= _LONGEST:
        raise UnauthenticatedError("Invalid token")
    issuer = claims.get("iss")
    texts = {name: claims.get(name) for name in ("preferred_username", "name", "email")}
    names = [text for text in texts.values() if isinstance(text, str)]
    email = texts["email"]
    trusted = isinstance(email, str) and claims.get("email_verified", True) is True
    same = _ID.fullmatch(subject.lower())
    return Newcomer(
        id=subject.lower().replace("-", "") if same else id_of(str(issuer or ""), subject),
        names=tuple(name.partition("@")[0] for name in names),
        email=email if trusted else None,
    )
