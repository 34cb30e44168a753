"""Reads the form by which the existing frontend installs (E18)."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from pluginhub.errors import InvalidError, TooLargeError, UnsupportedMediaTypeError
from pluginhub.storage.shared import SharedStorage
from pluginhub.web import bodies, keys, uploads
from pluginhub.web.problems import CompatError

_MAX_FIELD = 4096  # bytes of a text field
_MAX_PARTS = 8
_OVERHEAD = 64 * 1024  # bytes of a multipart body beside the file
_BROKEN_FORM = (ValueError, AssertionError, HttpProcessingError)  # what aiohttp raises for one
_FIELDS = frozenset({"method", "filename", "repo_url", "version"})


@dataclass(slots=True)
class Form:
    """The parts of the form, in whatever order they came.

    Attributes:
        size: Bytes of the file; None if there is none.
    """

    method: str | None = None
    repo_url: str | None = None
    version: str | None = None
    filename: str | None = None
    size: int | None = None

    @property
    def shown_name(self) -> str:
        """The name of the file without its path, to be shown."""
        return PurePosixPath(self.filename or "").name[:255]


async def receive(request: web.Request, file: Path) -> Form:
    """Read the form; what it has as a file is written to ``file``.

    Raises:
        InvalidError: It is no form, or has too much in it.
        UnsupportedMediaTypeError: It is compressed, or has another form within.
        CompatError: The file is too large.
    """
    bodies.refuse_content_encoding(request)
    if request.content_type != "multipart/form-data":
        raise InvalidError("the body is not a multipart form")
    limit = request.app[keys.CONFIG].server.max_upload
    if request.content_length and request.content_length > limit + _OVERHEAD:
        raise _too_large(request.content_length, limit)
    await bodies.ask_for(request)
    form = Form()
    try:
        reader = await request.multipart()
        for _ in range(_MAX_PARTS):
            part = await _next_part(reader)
            if part is None:
                return form
            await _read_part(part, form, file, limit, request.app[keys.STORAGE])
    except TooLargeError as error:
        raise _too_large(request.content_length or limit + 1, limit) from error
    except _BROKEN_FORM as error:
        raise InvalidError("the body is not a multipart form") from error
    raise InvalidError(f"the form has more than {_MAX_PARTS} parts")


async def _next_part(reader: MultipartReader) -> BodyPartReader | MultipartReader | None:
    try:
        return await reader.next()
    except RuntimeError as error:  # what aiohttp raises for a _charset_ that it cannot read
        raise InvalidError("the form field _charset_ is too long") from error


async def _read_part(
    part: BodyPartReader | MultipartReader,
    form: Form,
    file: Path,
    limit: int,
    storage: SharedStorage,
) -> None:
    if isinstance(part, MultipartReader):
        raise UnsupportedMediaTypeError("a form within a form is not read")
    if part.name == "file":
        if form.size is not None:
            raise InvalidError("the form has two files")
        form.filename = form.filename or part.filename
        form.size = await uploads.receive(uploads.part_chunks(part), file, limit, storage)
        return
    text = bytearray()
    async for chunk in uploads.part_chunks(part):
        text += chunk
        if len(text) > _MAX_FIELD:
            raise InvalidError(f"the form field {part.name} is too long")
    if part.name in _FIELDS:
        setattr(form, part.name, text.decode())


def _too_large(size: int, limit: int) -> CompatError:
    return CompatError(
        400, f"File size ({size} bytes) exceeds maximum allowed size ({limit} bytes)"
    )
