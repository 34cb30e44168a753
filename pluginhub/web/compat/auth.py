"""A2-A5: sign in, refresh, sign out, who am I (http-api section 3.9)."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel

import pluginhub
from pluginhub.accounts import sessions
from pluginhub.accounts.sessions import SignedIn
from pluginhub.errors import ForbiddenError
from pluginhub.models import User
from pluginhub.web import auth, keys
from pluginhub.web.bodies import read_json


class Credentials(BaseModel):
    """Body of A2; ``email`` takes a user name as well."""

    email: str
    password: str


class RefreshBody(BaseModel):
    """Body of A3, for clients without cookies."""

    refresh_token: str | None = None


async def login(request: web.Request) -> web.Response:
    """Check name and password, and answer a pair of tokens (A2)."""
    credentials = await read_json(request, Credentials)
    signed_in = await sessions.sign_in(
        request.app[keys.DATABASE],
        request.app[keys.PASSWORDS],
        request.app[keys.CONFIG].auth,
        credentials.email,
        credentials.password,
    )
    return _tokens(request, signed_in, user=_user(signed_in.user))


async def refresh(request: web.Request) -> web.Response:
    """Exchange the refresh token of the cookie, else of the body (A3).

    A refusal is 403, because the existing frontend waits 30 s after a 401.
    """
    body = await read_json(request, RefreshBody)
    token = request.cookies.get(auth.REFRESH_COOKIE) or body.refresh_token
    if not token:
        raise ForbiddenError("No refresh token found in cookie or request body")
    database, config = request.app[keys.DATABASE], request.app[keys.CONFIG]
    return _tokens(request, await sessions.refresh(database, config.auth, token))


async def logout(request: web.Request) -> web.Response:
    """End the session: neither token of it works any more (A4)."""
    await sessions.sign_out(request.app[keys.DATABASE], auth.bearer(request) or "")
    response = web.json_response({"message": "Successfully logged out"})
    response.del_cookie(auth.REFRESH_COOKIE, path=request.app[keys.CONFIG].server.base_path or "/")
    return response


async def me(request: web.Request) -> web.Response:
    """Answer the signed-in user (A5)."""
    return web.json_response(_user(auth.signed_in(request)))


def _tokens(request: web.Request, signed_in: SignedIn, **more: Any) -> web.Response:
    lifetimes = request.app[keys.CONFIG].auth
    response = web.json_response(
        {
            "access_token": signed_in.access_token,
            "token_type": "bearer",
            "refresh_token": signed_in.refresh_token,
            "expires_in": lifetimes.access_lifetime,
            "refresh_expires_in": lifetimes.refresh_lifetime,
            "issued_at": signed_in.issued_at,
            "user_id": signed_in.user.id,
            **more,
        },
        headers={"Cache-Control": "no-store"},
    )
    response.set_cookie(
        auth.REFRESH_COOKIE,
        signed_in.refresh_token,
        max_age=lifetimes.refresh_lifetime,
        path=request.app[keys.CONFIG].server.base_path or "/",
        httponly=True,
        samesite="Lax",
        secure=request.secure,
    )
    return response


def _user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "username": user.name,
        "email": user.email,
        "full_name": None,
        "profile_picture": None,
        "is_active": user.enabled,
        "is_verified": False,
        "version": pluginhub.__version__,
    }
