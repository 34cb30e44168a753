"""E18: an admin uploads a bundle, which is published if it is new, and gets it installed."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import ConfigDict

from pluginhub.cancellation import finish
from pluginhub.errors import (
    InvalidError,
    MalformedError,
    NoSpaceError,
    TooLargeError,
    UnsupportedMediaTypeError,
)
from pluginhub.lifecycle import application
from pluginhub.lifecycle.install import install
from pluginhub.lifecycle.publish import Publication, publish
from pluginhub.lifecycle.resources import Order
from pluginhub.lifecycle.yank import withdraw
from pluginhub.models import Release, User
from pluginhub.web import auth, bodies, keys
from pluginhub.web.compat import failures
from pluginhub.web.compat.answers import Done, Installed
from pluginhub.web.operations import operation
from pluginhub.web.problems import CompatError

_FORMATS = (".zip", ".tar.gz", ".tgz")
_MAX_FIELD = 4096  # bytes of a text field
_MAX_PARTS = 8
_OVERHEAD = 64 * 1024  # bytes of a multipart body beside the file
_BROKEN_FORM = (ValueError, AssertionError, HttpProcessingError)  # what aiohttp raises for one


@dataclass(slots=True)
class Upload:
    """The parts of the form, in whatever order they came."""

    method: str | None = None
    filename: str | None = None
    size: int | None = None


class Uploaded(Installed):
    """What is new to the user, and where it came from."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "plugin_slug": "WeatherPanel",
                    "plugin_id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f_WeatherPanel",
                    "modules_created": [
                        "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f_WeatherPanel_ForecastCard"
                    ],
                    "plugin_directory": None,
                    "source": "local-file",
                    "filename": "weather.zip",
                    "file_size": 195896,
                    "version": "1.4.0",
                }
            ]
        }
    )

    source: Literal["local-file"] = "local-file"
    filename: str
    file_size: int
    version: str


class UploadedAnswer(Done):
    """That a plugin is installed."""

    data: Uploaded


@operation(
    sends=("multipart/form-data",),
    any_query=True,
    errors=(MalformedError, InvalidError, UnsupportedMediaTypeError, NoSpaceError),
)
async def upload(request: web.Request) -> UploadedAnswer:
    """Publish and install the bundle in a multipart form with ``method=local-file``.

    The form has the fields ``method``, ``file`` and ``filename``.
    """
    user, form = auth.signed_in(request), Upload()
    try:
        async with request.app[keys.STORAGE].staging() as folder:
            await _receive(request, form, folder / "bundle")
            _check(form)
            published = await publish(
                request.app[keys.DATABASE],
                request.app[keys.STORAGE],
                folder / "bundle",
                actor=request[keys.ACTOR],
            )
            await _install(request, published, user)
    except failures.REFUSALS as error:
        raise failures.of(error, user, filename=_shown(form)) from error
    return _success(published.release, user, form)


async def _install(request: web.Request, published: Publication, user: User) -> None:
    """Install what was published; a new release that cannot be installed is not kept."""
    resources, actor = request.app[keys.RESOURCES], request[keys.ACTOR]
    release = published.release
    try:
        await install(resources, Order(user.id, actor), release.slug, release.version)
    except BaseException:
        if published.created:
            await finish(withdraw(resources, release, actor=actor))
        raise


async def _receive(request: web.Request, form: Upload, file: Path) -> None:
    bodies.refuse_content_encoding(request)
    if request.content_type != "multipart/form-data":
        raise InvalidError("the body is not a multipart form")
    limit = request.app[keys.CONFIG].server.max_upload
    if request.content_length and request.content_length > limit + _OVERHEAD:
        raise _too_large(request.content_length, limit)
    await bodies.ask_for(request)
    try:
        reader = await request.multipart()
        for _ in range(_MAX_PARTS):
            part = await _next_part(reader)
            if part is None:
                return
            await _read_part(part, form, file, limit)
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
    part: BodyPartReader | MultipartReader, form: Upload, file: Path, limit: int
) -> None:
    if isinstance(part, MultipartReader):
        raise UnsupportedMediaTypeError("a form within a form is not read")
    if part.name == "file":
        if form.size is not None:
            raise InvalidError("the form has two files")
        form.filename = form.filename or part.filename
        form.size = await bodies.receive(bodies.part_chunks(part), file, limit)
        return
    text = bytearray()
    async for chunk in bodies.part_chunks(part):
        text += chunk
        if len(text) > _MAX_FIELD:
            raise InvalidError(f"the form field {part.name} is too long")
    if part.name == "method":
        form.method = text.decode()
    elif part.name == "filename":
        form.filename = text.decode()


def _check(form: Upload) -> None:
    if form.method is None:
        raise InvalidError("method: required")
    if form.method != "local-file":
        raise CompatError(
            400,
            f"Unsupported installation method: {form.method}. Supported methods: 'local-file'",
        )
    if form.size is None:
        raise CompatError(400, "file is required for local file installation")
    if not (form.filename or "").lower().endswith(_FORMATS):
        raise CompatError(400, f"Unsupported file format. Supported formats: {', '.join(_FORMATS)}")


def _success(release: Release, user: User, form: Upload) -> UploadedAnswer:
    slug, filename = release.slug, _shown(form)
    modules = [module.name for module in release.manifest.modules]
    return UploadedAnswer(
        message=f"Plugin '{filename}' installed successfully from local file",
        data=Uploaded(
            plugin_slug=slug,
            plugin_id=application.plugin_id(user.id, slug),
            modules_created=[application.module_id(user.id, slug, name) for name in modules],
            filename=filename,
            file_size=form.size or 0,
            version=release.version,
        ),
    )


def _too_large(size: int, limit: int) -> CompatError:
    return CompatError(
        400, f"File size ({size} bytes) exceeds maximum allowed size ({limit} bytes)"
    )


def _shown(form: Upload) -> str:
    return PurePosixPath(form.filename or "").name[:255]
