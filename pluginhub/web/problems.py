"""Errors as clients see them: the one place where domain errors meet HTTP.

The compatibility API answers ``{"detail": ...}`` (http-api section 2.3), everything else
``application/problem+json`` (RFC 9457). Both carry X-Request-ID.
"""

import errno
import json
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import hdrs, web

from pluginhub import errors
from pluginhub.web import keys, request_ids
from pluginhub.web.operations import Handler

log = structlog.get_logger(__name__)

STATUS: Mapping[type[errors.HubError], int] = {
    errors.MalformedError: 400,
    errors.InvalidError: 422,
    errors.BadBundleError: 422,
    errors.UnauthenticatedError: 401,
    errors.ForbiddenError: 403,
    errors.NotFoundError: 404,
    errors.GoneError: 410,
    errors.TooSlowError: 408,
    errors.ConflictError: 409,
    errors.PreconditionFailedError: 412,
    errors.TooLargeError: 413,
    errors.UnsupportedMediaTypeError: 415,
    errors.SourceError: 422,
    errors.TooManyRequestsError: 429,
    errors.HookError: 502,
    errors.HookTimeoutError: 504,
    errors.HooksSuspendedError: 503,
    errors.BusyError: 503,
    errors.NotReadyError: 503,
    errors.NoSpaceError: 507,
}

_COMPAT = "/api/v1/"  # below the base path


class CompatError(Exception):
    """A failure whose body the existing frontend reads key by key.

    Args:
        status: HTTP status.
        detail: The value of ``detail``.
    """

    def __init__(self, status: int, detail: object) -> None:
        super().__init__(str(detail))
        self.status = status
        self.detail = detail


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error of a handler into an answer."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        response = await _answer(request, error.status, "http", error.reason, {})
        if isinstance(error, web.HTTPMethodNotAllowed):
            known = request.app[keys.METHODS](request.path) or sorted(error.allowed_methods)
            response.headers[hdrs.ALLOW] = ",".join(known)
        return response
    except CompatError as error:
        return web.json_response({"detail": error.detail}, status=error.status)
    except errors.HubError as error:
        return await _answer(
            request, status_of(type(error)), error.code, error.message, error.fields
        )
    except ConnectionError:
        raise  # the client is gone; there is nobody to answer
    except Exception as error:  # noqa: BLE001 - logged, in a thread because that reads source files
        if _lacks_something(error):
            shortage = type(error).__name__
            log.warning("refused for want of files or memory", error=shortage)
            message = "the server is at its limits; try again later"
            return await _answer(request, 503, "busy", message, {})
        await log.aexception(
            "unexpected error", method=request.method, request_id=request_ids.of(request)
        )
        return await _answer(request, 500, "internal", "Internal server error", {})


def _lacks_something(error: Exception) -> bool:
    """Return whether something went wrong for want of memory, or of files that may be open."""
    number = error.errno if isinstance(error, OSError) else None
    return isinstance(error, MemoryError) or number in {errno.ENOMEM, errno.EMFILE, errno.ENFILE}


async def mark(request: web.Request, response: web.StreamResponse) -> None:
    """Put on every answer which request it belongs to, and what nobody may make of it."""
    response.headers[request_ids.HEADER] = request_ids.of(request)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


def status_of(error: type[errors.HubError]) -> int:
    """Return the HTTP status of a class of errors."""
    return next((STATUS[cls] for cls in error.__mro__ if cls in STATUS), 500)


def is_compat(path: str) -> bool:
    """Return whether an address is the existing frontend's, which reads errors its own way."""
    return path.startswith(_COMPAT)


async def _answer(
    request: web.Request, status: int, code: str, message: str, fields: Mapping[str, Any]
) -> web.Response:
    page = await request.app[keys.ERROR_PAGE](request, status, code, message)
    if page is not None:
        return page
    base_path = request.app[keys.CONFIG].server.base_path
    if request.path.startswith(base_path) and is_compat(request.path.removeprefix(base_path)):
        response = web.json_response({"detail": message}, status=status)
    else:
        body = {
            **fields,
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": message,
            "code": code,
        }
        response = web.Response(
            text=json.dumps(body), status=status, content_type="application/problem+json"
        )
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        response.headers[hdrs.RETRY_AFTER] = str(math.ceil(fields.get("retry_after", 1)))
    return response
