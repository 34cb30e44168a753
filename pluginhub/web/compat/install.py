"""E18: an admin uploads a bundle, which is published if it is new, and gets it installed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from pluginhub.cancellation import finish
from pluginhub.errors import (
    BadBundleError,
    ConflictError,
    ForbiddenError,
    HookError,
    HubError,
    InvalidError,
    NotFoundError,
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
from pluginhub.web.problems import CompatError

_FORMATS = (".zip", ".tar.gz", ".tgz")
_MAX_FIELD = 4096  # bytes of a text field
_MAX_PARTS = 8
_OVERHEAD = 64 * 1024  # bytes of a multipart body beside the file
_BROKEN_FORM = (ValueError, AssertionError, HttpProcessingError)  # what aiohttp raises for one
_REFUSALS = (BadBundleError, ConflictError, ForbiddenError, HookError, NotFoundError)
_MANIFEST_REASONS = frozenset({"no-manifest", "bad-manifest", "bad-version"})

_SUGGESTIONS: Mapping[str, list[str]] = {
    "file_extraction": [
        "Pack the plugin again as .zip or .tar.gz, with plain files only",
        "Check that the upload was not cut short",
    ],
    "plugin_validation": [
        "Put a pluginhub.json at the top of the archive",
        "Print its JSON Schema with: pluginhub manifest-schema",
    ],
    "lifecycle_manager_install": [
        "Give changed files a new version: the bytes of a release never change",
        "If you have the plugin already: pluginhub publish, then pluginhub update",
    ],
}


@dataclass(slots=True)
class Upload:
    """The parts of the form, in whatever order they came."""

    method: str | None = None
    filename: str | None = None
    size: int | None = None


async def upload(request: web.Request) -> web.Response:
    """Publish and install the bundle in a multipart form with ``method=local-file`` (E18)."""
    user = auth.signed_in(request)
    async with request.app[keys.STORAGE].staging() as folder:
        form = await _receive(request, folder / "bundle")
        _check(form)
        try:
            published = await publish(
                request.app[keys.DATABASE],
                request.app[keys.STORAGE],
                folder / "bundle",
                actor=request[keys.ACTOR],
            )
            await _install(request, published, user)
        except _REFUSALS as error:
            raise _failure(error, user, form) from error
    return web.json_response(_success(published.release, user, form))


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


async def _receive(request: web.Request, file: Path) -> Upload:
    bodies.refuse_content_encoding(request)
    if request.content_type != "multipart/form-data":
        raise InvalidError("the body is not a multipart form")
    limit = request.app[keys.CONFIG].server.max_upload
    if request.content_length and request.content_length > limit + _OVERHEAD:
        raise _too_large(request.content_length, limit)
    await bodies.ask_for(request)
    form = Upload()
    try:
        reader = await request.multipart()
        for _ in range(_MAX_PARTS):
            part = await _next_part(reader)
            if part is None:
                return form
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


def _success(release: Release, user: User, form: Upload) -> dict[str, Any]:
    slug, modules, filename = release.slug, release.manifest.modules, _shown(form)
    return {
        "status": "success",
        "message": f"Plugin '{filename}' installed successfully from local file",
        "data": {
            "plugin_id": application.plugin_id(user.id, slug),
            "plugin_slug": slug,
            "modules_created": [
                application.module_id(user.id, slug, module.name) for module in modules
            ],
            "plugin_directory": None,
            "source": "local-file",
            "filename": filename,
            "file_size": form.size,
            "version": release.version,
        },
    }


def _failure(error: HubError, user: User, form: Upload) -> CompatError:
    """Say which step failed, in the words that the frontend's progress display knows."""
    details: dict[str, Any] = {"code": error.code}
    if not isinstance(error, BadBundleError):
        step, message = "lifecycle_manager_install", "Plugin installation failed"
        details |= {"plugin_slug": error.fields.get("slug"), "user_id": user.id}
    elif error.reason in _MANIFEST_REASONS:
        step, message = "plugin_validation", "Plugin validation failed"
        details |= {"validation_error": error.message}
    else:
        step, message = "file_extraction", "Extraction failed"
        details |= {"filename": _shown(form)}
    return CompatError(
        400,
        {
            "message": f"{message}: {error.message}",
            "details": {"step": step, **details},
            "suggestions": _SUGGESTIONS[step],
        },
    )


def _too_large(size: int, limit: int) -> CompatError:
    return CompatError(
        400, f"File size ({size} bytes) exceeds maximum allowed size ({limit} bytes)"
    )


def _shown(form: Upload) -> str:
    return PurePosixPath(form.filename or "").name[:255]
