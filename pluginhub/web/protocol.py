"""What aiohttp does below the application, where it needs to be stricter or more discreet."""

import functools
import json
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import http_parser, web
from aiohttp.web_protocol import RequestHandler

from pluginhub.errors import ConfigError

_NOT_HTTP = json.dumps(
    {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "this is no request that can be read",
        "code": "malformed",
    }
)


def require_strict_parser() -> None:
    """See to it that aiohttp reads requests with its C parser.

    The one in Python takes what others refuse, and a request that a reverse proxy and the server
    read apart can carry a second one in it.

    Raises:
        ConfigError: aiohttp was installed without it, or told to go without.
    """
    if http_parser.HttpRequestParser is http_parser.HttpRequestParserPy:
        raise ConfigError(
            "aiohttp runs without its C parser: unset AIOHTTP_NO_EXTENSIONS, or install a build"
            " of aiohttp for this platform"
        )


def hide_what_was_sent() -> None:
    """Let aiohttp answer what is not HTTP with a fixed body; its own quotes what was sent."""
    original = RequestHandler.handle_error
    if not hasattr(original, "__wrapped__"):
        RequestHandler.handle_error = _discreet(original)  # type: ignore[method-assign]


def _discreet(original: Callable[..., web.StreamResponse]) -> Callable[..., web.StreamResponse]:
    @functools.wraps(original)
    def handle_error(
        self: RequestHandler,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        response = original(self, request, status, exc, message)
        if status != HTTPStatus.BAD_REQUEST:
            return response
        fixed = web.Response(status=status, text=_NOT_HTTP, content_type="application/problem+json")
        fixed.force_close()
        return fixed

    return handle_error
