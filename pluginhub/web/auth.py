"""What a request may do: the checks that routes stand behind."""

import hmac
from typing import Literal

from aiohttp import web

from pluginhub.accounts import api_tokens
from pluginhub.accounts.api_tokens import Scope
from pluginhub.config import Config
from pluginhub.database import users
from pluginhub.errors import ForbiddenError, UnauthenticatedError
from pluginhub.models import Actor, User
from pluginhub.web import keys
from pluginhub.web.identity import forgery, proofs

Need = Scope | Literal["sign-in"]  # what an API token must have; none has the latter


async def require_user(request: web.Request, need: Need) -> None:
    """Let only signed-in users pass, and the command line; handlers find ``ACTOR``.

    Args:
        request: What was asked.
        need: What an API token needs for it.

    Raises:
        UnauthenticatedError: There is no valid proof of who asks.
        ForbiddenError: An API token has not the scope, or a page of another site asks.
    """
    if _is_operator(request):
        request[keys.ACTOR] = Actor(None, "operator", admin=True, address=request.remote)
        return
    proof = await proofs.find(request)
    if proof.by_itself and forgery.changes(request):
        forgery.refuse_forged(request)
    user, admin = proof.user, proof.user.role == "admin"
    if proof.scopes is not None:
        if not api_tokens.allow(proof.scopes, need):
            raise ForbiddenError(f"this API token has not the scope {need}", scope=need)
        # With the scope to publish, an admin's token publishes as an admin.
        admin = admin and ("admin" in proof.scopes or need == "publish")
    if proof.session:
        request[keys.SESSION] = proof.session
    request[keys.USER] = user
    request[keys.ACTOR] = Actor(user.id, user.name, admin, request.remote)


async def require_publisher(request: web.Request, need: Need) -> None:
    """Let only those pass who may publish; otherwise as ``require_user``.

    Raises:
        UnauthenticatedError: There is no valid proof of who asks.
        ForbiddenError: The user may not publish.
    """
    await require_user(request, need)
    if not may_publish(request):
        raise ForbiddenError("Admin required")


async def require_admin(request: web.Request, need: Need) -> None:
    """Let only admins pass, and the command line; otherwise as ``require_user``.

    Raises:
        UnauthenticatedError: There is no valid proof of who asks.
        ForbiddenError: The user is not an admin.
    """
    await require_user(request, need)
    if not request[keys.ACTOR].admin:
        raise ForbiddenError("Admin required")


def may_publish(request: web.Request) -> bool:
    """Return whether the one who asks may publish: an admin, or everybody (publish.allow)."""
    return publishes(request.app[keys.CONFIG], admin=request[keys.ACTOR].admin)


def publishes(config: Config, *, admin: bool) -> bool:
    """Return whether an admin, or somebody who is none, may publish."""
    return admin or config.publish.allow == "users"


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
    """Return the user who may load files without a capability.

    Raises:
        UnauthenticatedError: There is no valid proof of who asks.
    """
    try:
        return (await proofs.find(request)).user
    except UnauthenticatedError as error:
        raise UnauthenticatedError("Not authenticated") from error


def _is_operator(request: web.Request) -> bool:
    token = proofs.bearer(request) or ""
    operator = request.app[keys.OPERATOR_TOKEN].encode()
    return hmac.compare_digest(operator, token.encode(errors="replace"))
