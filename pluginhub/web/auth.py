"""Who a request comes from: a Bearer token, the cookie of a browser, or the command line."""

import hmac

from aiohttp import hdrs, web

from pluginhub.accounts import sessions
from pluginhub.database import users
from pluginhub.errors import ForbiddenError, UnauthenticatedError
from pluginhub.models import Actor, User
from pluginhub.web import keys

REFRESH_COOKIE = "refresh_token"  # the name that the existing frontend knows


def bearer(request: web.Request) -> str | None:
    """Return the token of the Authorization header (RFC 6750), if there is one."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


async def require_user(request: web.Request) -> None:
    """Let only signed-in users pass, and the command line; handlers find ``ACTOR``.

    Raises:
        UnauthenticatedError: There is no valid access token.
    """
    token = bearer(request)
    if token is None:
        raise UnauthenticatedError("Not authenticated")
    operator = request.app[keys.OPERATOR_TOKEN].encode()
    if hmac.compare_digest(operator, token.encode(errors="replace")):
        request[keys.ACTOR] = Actor(None, "operator", admin=True, address=request.remote)
        return
    user = await sessions.identify(request.app[keys.DATABASE], token, "access")
    if user is None:
        raise UnauthenticatedError("Invalid token")
    request[keys.USER] = user
    request[keys.ACTOR] = Actor(user.id, user.name, user.role == "admin", request.remote)


async def require_admin(request: web.Request) -> None:
    """Let only admins pass, and the command line; handlers find ``ACTOR``.

    Raises:
        UnauthenticatedError: There is no valid access token.
        ForbiddenError: The user is not an admin.
    """
    await require_user(request)
    if not request[keys.ACTOR].admin:
        raise ForbiddenError("Admin required")


async def require_publisher(request: web.Request) -> None:
    """Let only those pass who may publish; handlers find ``ACTOR``.

    Raises:
        UnauthenticatedError: There is no valid access token.
        ForbiddenError: The user may not publish.
    """
    await require_user(request)
    if not may_publish(request):
        raise ForbiddenError("Admin required")


def may_publish(request: web.Request) -> bool:
    """Return whether the one who asks may publish: an admin, or everybody (publish.allow)."""
    allow = request.app[keys.CONFIG].publish.allow
    return request[keys.ACTOR].admin or allow == "users"


def signed_in(request: web.Request) -> User:
    """Return the user of a request that passed a check.

    Raises:
        UnauthenticatedError: It comes from the command line, which is no user.
    """
    if keys.USER in request:
        return request[keys.USER]
    raise UnauthenticatedError("this address is for users; the command line is none")


async def subject(request: web.Request, name: str | None) -> User:
    """Return the user who a request is about: the one whom an admin names, else its own.

    Raises:
        ForbiddenError: Somebody else is named, and the one who asks is not an admin.
        NotFoundError: There is no such user.
        UnauthenticatedError: The command line names nobody.
    """
    if name is None:
        return signed_in(request)
    if not request[keys.ACTOR].admin:
        raise ForbiddenError("only an admin may act for another user")
    async with request.app[keys.DATABASE].snapshot() as connection:
        return await users.get(connection, name)


async def reader_of_files(request: web.Request) -> User:
    """Return the user who may load files without a capability: by Bearer token or by cookie.

    Raises:
        UnauthenticatedError: There is neither, or it is not valid.
    """
    database = request.app[keys.DATABASE]
    user = None
    if token := bearer(request):
        user = await sessions.identify(database, token, "access")
    elif cookie := request.cookies.get(REFRESH_COOKIE):
        user = await sessions.identify(database, cookie, "refresh")
    if user is None:
        raise UnauthenticatedError("Not authenticated")
    return user
