"""Bodies of requests that are JSON, which a model validates; web/uploads.py has the others."""

import asyncio
from collections.abc import Iterable
from typing import TypeVar

from aiohttp import HttpVersion11, hdrs, web
from pydantic import BaseModel, ValidationError

from pluginhub.errors import (
    InvalidError,
    TooLargeError,
    TooSlowError,
    UnsupportedMediaTypeError,
)
from pluginhub.manifest import explain
from pluginhub.web import strict_json

Body = TypeVar("Body", bound=BaseModel)

_JSON = "application/json"
_PATIENCE = 30  # seconds for a body


async def read_json(request: web.Request, model: type[Body]) -> Body:
    """Read the JSON body of a request.

    Raises:
        MalformedError: It is no JSON.
        InvalidError: It is not what the model describes; the message names every path.
        TooLargeError: It is larger than the application's ``client_max_size``.
        TooSlowError: It did not arrive in time.
        UnsupportedMediaTypeError: It is compressed, or not sent as JSON.
    """
    require_json(request)
    await ask_for(request)
    try:
        async with asyncio.timeout(_PATIENCE):
            raw = await request.read()
    except TimeoutError as error:
        raise TooSlowError(f"the body was not here after {_PATIENCE} seconds") from error
    except web.HTTPRequestEntityTooLarge as error:
        raise TooLargeError("the request body is larger than 1 MiB") from error
    return parse(raw, model)


def parse(raw: bytes, model: type[Body], levels: int = strict_json.LEVELS) -> Body:
    """Return what a JSON text says; nothing says the same as ``{}``.

    Args:
        raw: The text.
        model: What it must describe.
        levels: How many arrays and objects may be in each other.

    Raises:
        MalformedError: It is no JSON.
        InvalidError: It is not what the model describes; the message names every path.
    """
    try:
        return model.model_validate(strict_json.loads(raw, levels) if raw else {})
    except ValidationError as error:
        raise refusal(explain(error)) from error


def refusal(problems: Iterable[tuple[str, str]]) -> InvalidError:
    """Return the error for a body in which things are wrong, each with its path."""
    told = [{"path": path, "problem": text} for path, text in problems]
    text = "; ".join(f"{item['path']}: {item['problem']}" for item in told)
    return InvalidError(text, problems=told)


def require_json(request: web.Request) -> None:
    """Take only bodies that say that they are JSON.

    Raises:
        UnsupportedMediaTypeError: It is compressed, or not sent as JSON.
    """
    refuse_content_encoding(request)
    # A form on a page of another site can send anything but this type.
    if request.can_read_body and request.content_type not in json_types(request.method):
        names = " or ".join(json_types(request.method))
        raise UnsupportedMediaTypeError(f"the body must be sent as {names}")


def json_types(method: str) -> tuple[str, ...]:
    """Return the media types that a JSON body may have: a PATCH is a merge patch (RFC 7396)."""
    return (_JSON, "application/merge-patch+json") if method == hdrs.METH_PATCH else (_JSON,)


def refuse_content_encoding(request: web.Request) -> None:
    """Take no compressed bodies: a small one could become a huge one.

    Raises:
        UnsupportedMediaTypeError: The request has a Content-Encoding.
    """
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise UnsupportedMediaTypeError("the body must be sent without Content-Encoding")


async def ask_for(request: web.Request) -> None:
    """Tell a client that waits with its body to send it (RFC 9110, section 10.1.1)."""
    expected = request.headers.get(hdrs.EXPECT, "").lower()
    if expected == "100-continue" and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer has not begun
