"""Who a request comes from: a token, the cookie of a browser, or the word of a reverse proxy."""

from dataclasses import dataclass

from aiohttp import hdrs, web

from pluginhub.accounts import api_tokens, newcomers, sessions
from pluginhub.config import Config
from pluginhub.database.tokens import Kind
from pluginhub.errors import ConfigError, UnauthenticatedError
from pluginhub.models import User
from pluginhub.web import keys
from pluginhub.web.identity import cookies

_NO_TOKEN = frozenset({"null", "undefined"})  # what scripts send that have none
_LONGEST_NAME = 255  # characters


@dataclass(frozen=True, slots=True)
class Proof:
    """Whom a request comes from, and how that is known.

    Attributes:
        session: Of the sign-in, if there was one here.
        scopes: Of an API token; None for everything else.
        by_itself: Whether browsers add the proof to every request, whichever page asks.
    """

    user: User
    session: str | None = None
    scopes: tuple[str, ...] | None = None
    by_itself: bool = False


def check(config: Config) -> None:
    """See to it that nobody can take the place of a user whom a reverse proxy names.

    Raises:
        ConfigError: The settings do not go together.
    """
    if config.auth.proxy_header and not config.server.trusted_proxies:
        raise ConfigError(
            "auth.proxy_header: nobody is believed until server.trusted_proxies names the proxy",
            setting="auth.proxy_header",
        )
    if config.auth.proxy_header and config.auth.registration == "open":
        raise ConfigError(
            "auth.registration: must be closed with auth.proxy_header, or people could register"
            " under the names of the proxy's users",
            setting="auth.registration",
        )


def bearer(request: web.Request) -> str | None:
    """Return the token of the Authorization header (RFC 6750), if there is one."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token and token not in _NO_TOKEN else None


async def find(request: web.Request) -> Proof:
    """Return the proof that a request brings. A token counts before everything else.

    Raises:
        UnauthenticatedError: There is none, or it is not valid.
    """
    if token := bearer(request):
        if proof := await _by_token(request, token):
            return proof
        raise UnauthenticatedError("Invalid token")
    proof = await _by_proxy(request) or await _by_cookie(request)
    if proof is None:
        raise UnauthenticatedError("Not authenticated")
    return proof


async def _by_token(request: web.Request, token: str) -> Proof | None:
    database, issuer = request.app[keys.DATABASE], request.app[keys.ISSUER]
    if token.startswith(api_tokens.PREFIX):
        found = await api_tokens.find(database, token)
        return Proof(found[1], scopes=found[0].scopes) if found else None
    if issuer and token.count(".") == 2:  # noqa: PLR2004 - our own have no dots
        claims = await issuer.check(token, database.now())
        user = await newcomers.by_id(database, claims.newcomer, request.remote)
        return Proof(user) if user.enabled else None
    return await _by_session(request, token, "access")


async def _by_cookie(request: web.Request) -> Proof | None:
    token = cookies.read(request)
    return await _by_session(request, token, "refresh", by_itself=True) if token else None


async def _by_session(
    request: web.Request, token: str, kind: Kind, *, by_itself: bool = False
) -> Proof | None:
    found = await sessions.find(request.app[keys.DATABASE], token, kind)
    return Proof(found.user, found.session, by_itself=by_itself) if found else None


async def _by_proxy(request: web.Request) -> Proof | None:
    header = request.app[keys.CONFIG].auth.proxy_header
    if not header or keys.BY_PROXY not in request or header not in request.headers:
        return None
    names = request.headers.getall(header)
    name = names[0].strip()
    if len(names) > 1 or not name.isprintable() or not 0 < len(name) <= _LONGEST_NAME:
        return None
    user = await newcomers.by_name(request.app[keys.DATABASE], name, request.remote)
    return Proof(user, by_itself=True) if user.enabled else None
