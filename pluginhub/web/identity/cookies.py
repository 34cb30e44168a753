"""The cookie that a browser gets at sign-in: its refresh token, out of reach of scripts.

It has the name that the existing frontend knows, and with it no prefix ``__Host-``; and it is Lax,
because that frontend may stand on another port or host of the site. What Strict would keep away is
kept away by ``forgery``, for every request that changes something.
"""

from aiohttp import web

from pluginhub.web import keys

_NAME = "refresh_token"


def read(request: web.Request) -> str | None:
    """Return the refresh token of a browser, if it sent one."""
    return request.cookies.get(_NAME) or None


def put(request: web.Request, response: web.Response, refresh_token: str) -> None:
    """Hand a browser its refresh token."""
    config = request.app[keys.CONFIG]
    response.set_cookie(
        _NAME,
        refresh_token,
        max_age=config.auth.refresh_lifetime,
        path=config.server.base_path or "/",
        httponly=True,
        samesite="Lax",
        secure=request.secure,
    )


def take_away(request: web.Request, response: web.Response) -> None:
    """Let a browser forget its refresh token."""
    path = request.app[keys.CONFIG].server.base_path or "/"
    response.del_cookie(_NAME, path=path, httponly=True, samesite="Lax", secure=request.secure)
