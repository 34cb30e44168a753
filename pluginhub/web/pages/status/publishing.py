"""Publishes bundles that a form brings, one after the other."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from pluginhub.errors import HubError, InvalidError, UnsupportedMediaTypeError
from pluginhub.lifecycle.publish import Publication, publish
from pluginhub.web import bodies, keys, uploads
from pluginhub.web.pages import rendering

_MOST = 20  # files of one form
_OVERHEAD = 64 * 1024  # bytes of a form beside its files
_BROKEN_FORM = (ValueError, AssertionError, RuntimeError, HttpProcessingError)  # of aiohttp


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: a release, or the reason why there is none.

    Attributes:
        name: Of the file.
    """

    name: str
    publication: Publication | None = None
    reason: str = ""


async def submit(request: web.Request) -> web.Response:
    """Publish the files of a form, and answer what became of each.

    Raises:
        UnsupportedMediaTypeError: It is no form with files.
        TooLargeError: It is larger than any form with files that are taken.
        BusyError: Too many uploads go on.
        InvalidError: It has no file, or cannot be read.
    """
    bodies.refuse_content_encoding(request)
    if request.content_type != "multipart/form-data":
        raise UnsupportedMediaTypeError("the body must be sent as multipart/form-data")
    limit = request.app[keys.CONFIG].server.max_upload
    if (request.content_length or 0) > _MOST * limit + _OVERHEAD:
        raise uploads.too_large(limit)
    await bodies.ask_for(request)
    with request.app[keys.UPLOADS].one_more(request[keys.ACTOR].id), _readable():
        outcomes = [outcome async for outcome in _outcomes(request, limit)]
    if not outcomes:
        raise InvalidError("choose a file first")
    failed = any(outcome.publication is None for outcome in outcomes)
    return await rendering.render(
        request, "status_published.html", status=422 if failed else 200, outcomes=outcomes
    )


async def _outcomes(request: web.Request, limit: int) -> AsyncIterator[Outcome]:
    reader, number = await request.multipart(), 0
    while (part := await reader.next()) is not None:
        if isinstance(part, MultipartReader) or part.name != "file":
            raise InvalidError("the form has something else than files")
        name = PurePosixPath(part.filename or "").name[:255]
        if not name:  # nothing was chosen
            await part.release()
            continue
        number += 1
        if number > _MOST:
            yield Outcome(name, reason=f"no more than {_MOST} files are taken at once")
            return
        outcome, goes_on = await _publish(request, part, name, limit)
        yield outcome
        if not goes_on:
            return


async def _publish(
    request: web.Request, part: BodyPartReader, name: str, limit: int
) -> tuple[Outcome, bool]:
    """Publish one file; also return whether what comes after it can be read."""
    storage = request.app[keys.STORAGE]
    async with storage.staging() as folder:
        bundle = folder / "bundle"
        try:
            await uploads.receive(uploads.part_chunks(part), bundle, limit, storage)
        except HubError as error:
            return Outcome(name, reason=error.message), False
        try:
            return Outcome(name, await _publish_file(request, bundle)), True
        except HubError as error:
            return Outcome(name, reason=error.message), True


async def _publish_file(request: web.Request, bundle: Path) -> Publication:
    return await publish(
        request.app[keys.DATABASE],
        request.app[keys.STORAGE],
        bundle,
        actor=request[keys.ACTOR],
        operations=request.app[keys.OPERATIONS],
    )


@contextmanager
def _readable() -> Iterator[None]:
    """Say that a form cannot be read that aiohttp stumbles over."""
    try:
        yield
    except _BROKEN_FORM as error:
        raise InvalidError("the form cannot be read") from error
