"""The guard against forged requests (CSRF).

Browsers send a cookie with whatever a page of any site asks for, and so does a reverse proxy with
the name of whoever signed in with it. What changes something and is proven by nothing else must
come from a page of this server, or of a site in ``server.cors_origins``.
"""

from aiohttp import hdrs, web

from pluginhub.errors import ForbiddenError
from pluginhub.web import keys

_SAFE = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})


def changes(request: web.Request) -> bool:
    """Return whether a request may change something."""
    return request.method not in _SAFE


def is_marked(request: web.Request) -> bool:
    """Return whether a browser put on a request where it comes from."""
    return "Sec-Fetch-Site" in request.headers or hdrs.ORIGIN in request.headers


def refuse_forged(request: web.Request, *, unmarked: bool = False) -> None:
    """Refuse what a page of a foreign site lets a browser ask for.

    Args:
        request: What was asked.
        unmarked: Take requests on which no browser put where they come from.

    Raises:
        ForbiddenError: It comes from a foreign page, or may come from one.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get(hdrs.ORIGIN)
    if site in {"same-origin", "none"}:
        return
    if origin is not None:
        if origin == f"{request.scheme}://{request.host}":
            return
        if request.app[keys.ORIGINS].allow(origin):
            return
    elif site is None and unmarked:
        return
    raise ForbiddenError("this request may come from a page of another site, and was not answered")
