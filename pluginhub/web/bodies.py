"""Bodies of requests: JSON that a model validates, and bundles that go to the disk."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

from aiohttp import BodyPartReader, HttpVersion11, hdrs, web
from pydantic import BaseModel, ValidationError

from pluginhub.cancellation import finish_in_thread
from pluginhub.errors import InvalidError, TooLargeError, UnsupportedMediaTypeError
from pluginhub.manifest import explain
from pluginhub.web import strict_json

Body = TypeVar("Body", bound=BaseModel)

_PIECE = 1024 * 1024  # bytes written to the disk at once


async def read_json(request: web.Request, model: type[Body]) -> Body:
    """Read the JSON body of a request.

    Raises:
        MalformedError: It is no JSON.
        InvalidError: It is not what the model describes; the message names every path.
        TooLargeError: It is larger than the application's ``client_max_size``.
        UnsupportedMediaTypeError: It is compressed, or not sent as JSON.
    """
    refuse_content_encoding(request)
    # A form on a page of another site can send anything but this type.
    if request.can_read_body and request.content_type != "application/json":
        raise UnsupportedMediaTypeError("the body must be sent as application/json")
    await ask_for(request)
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise TooLargeError("the request body is larger than 1 MiB") from error
    try:
        return model.model_validate(strict_json.loads(raw) if raw else {})
    except ValidationError as error:
        problems = [{"path": path, "problem": text} for path, text in explain(error)]
        text = "; ".join(f"{item['path']}: {item['problem']}" for item in problems)
        raise InvalidError(text, problems=problems) from error


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


async def receive(chunks: AsyncIterator[bytes], file: Path, limit: int) -> int:
    """Write what arrives into a new file.

    Args:
        chunks: What arrives.
        file: Does not exist yet.
        limit: Bytes.

    Returns:
        How many bytes there were.

    Raises:
        TooLargeError: More than ``limit`` bytes arrived.
        OSError: The disk is full.
    """
    size = 0
    buffer = bytearray()
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        buffer += chunk
        if len(buffer) >= _PIECE:
            await finish_in_thread(_append, file, bytes(buffer))
            buffer.clear()
    await finish_in_thread(_append, file, bytes(buffer))
    return size


def too_large(limit: int) -> TooLargeError:
    """Return the error for an upload beyond the limit, bytes."""
    return TooLargeError(
        f"the upload is larger than {limit} bytes (server.max_upload); a reverse proxy may have a"
        " limit of its own (client_max_body_size of nginx)",
        limit=limit,
        setting="server.max_upload",
    )


def _append(file: Path, content: bytes) -> None:
    with file.open("ab") as stream:
        stream.write(content)


async def body_chunks(request: web.Request) -> AsyncIterator[bytes]:
    """Yield the body of a request as it arrives."""
    await ask_for(request)
    # Not iter_chunks(): aiohttp's never ends for the second request without a body.
    async for chunk in request.content.iter_any():
        yield chunk


async def part_chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    """Yield the content of a part of a multipart body as it arrives, not decoded.

    Raises:
        UnsupportedMediaTypeError: The part is compressed or in base64.
    """
    for name in (hdrs.CONTENT_ENCODING, hdrs.CONTENT_TRANSFER_ENCODING):
        if part.headers.get(name, "identity").lower() not in {"identity", "binary", "8bit"}:
            raise UnsupportedMediaTypeError(f"a file must be sent without {name}")
    while chunk := await part.read_chunk():
        yield chunk
