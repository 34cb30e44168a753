"""Who a request comes from: a token, the cookie of a browser, or the word of a reverse proxy."""

from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from pluginhub.accounts import api_tokens, newcomers, sessions
from pluginhub.accounts.proof import Proof
from pluginhub.config import Config
from pluginhub.database.tokens import Kind
from pluginhub.errors import ConfigError, UnauthenticatedError
from pluginhub.web import keys
from pluginhub.web.identity import cookies

_NO_TOKEN = frozenset({"null", "undefined"})  # what scripts send that have none
_LONGEST_NAME = 255  # characters


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
    given = request.headers.get(hdrs.AUTHORIZATION)
    if not given:
        return None
    scheme, _, token = given.partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token and token not in _NO_TOKEN else None


async def find(request: web.Request) -> Proof:
    """Return the proof that a request brings. A token counts before everything else.

    Raises:
        UnauthenticatedError: There is none, or it is not valid.
    """
    if token := bearer(request):
        if proof := await _remembered(request, token, _by_token):
            return proof
        raise UnauthenticatedError("Invalid token")
    proof = await _by_proxy(request)
    if proof is None and (token := cookies.read(request)):
        proof = await _remembered(request, token, _by_cookie)
    if proof is None:
        raise UnauthenticatedError("Not authenticated")
    return proof


async def _remembered(
    request: web.Request,
    token: str,
    look_up: Callable[[web.Request, str], Awaitable[Proof | None]],
) -> Proof | None:
    """Look a token up in rows the first time, and then in memory for as long as it is valid."""
    key = (look_up.__name__, token)
    if proof := _valid(request.app, key):
        return proof
    memory = request.app[keys.PROOFS]
    since = memory.now()
    proof = await look_up(request, token)
    if proof:
        memory.keep(key, proof, proof.user.id, since)
    return proof


def known(app: web.Application, request: web.Request) -> Proof | None:
    """Return the proof of a Bearer token that was looked up before, and is still valid."""
    token = bearer(request)
    return _valid(app, (_by_token.__name__, token)) if token else None


def _valid(app: web.Application, key: tuple[str, str]) -> Proof | None:
    proof = app[keys.PROOFS].get(key)
    if proof and (proof.until is None or app[keys.DATABASE].now() < proof.until):
        return proof
    return None


async def _by_token(request: web.Request, token: str) -> Proof | None:
    database, issuer = request.app[keys.DATABASE], request.app[keys.ISSUER]
    if token.startswith(api_tokens.PREFIX):
        found = await api_tokens.find(database, token)
        if found is None:
            return None
        return Proof(found[1], scopes=found[0].scopes, until=found[0].expires_at)
    if issuer and token.count(".") == 2:  # noqa: PLR2004 - our own have no dots
        claims = await issuer.check(token, database.now())
        user = await newcomers.by_id(database, claims.newcomer, request.remote)
        return Proof(user, until=claims.expires_at) if user.enabled else None
    return await _by_session(request, token, "access")


async def _by_cookie(request: web.Request, token: str) -> Proof | None:
    return await _by_session(request, token, "refresh", by_itself=True)


async def _by_session(
    request: web.Request, token: str, kind: Kind, *, by_itself: bool = False
) -> Proof | None:
    found = await sessions.find(request.app[keys.DATABASE], token, kind)
    if found is None:
        return None
    until = sessions.valid_until(found)
    return Proof(found.user, found.session, by_itself=by_itself, until=until)


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
