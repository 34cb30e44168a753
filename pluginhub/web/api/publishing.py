"""The native API: publishing a bundle, at once or as a job."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from aiohttp import web
from pydantic import ConfigDict, Field, RootModel, StringConstraints

from pluginhub import errors
from pluginhub.cancellation import finish_in_thread
from pluginhub.lifecycle.publish import publish as publish_bundle
from pluginhub.web import bodies, idempotency, keys, operations, uploads
from pluginhub.web.api import jobs
from pluginhub.web.api.catalogue import DryRun
from pluginhub.web.api.jobs import JobAnswer
from pluginhub.web.api.shapes import RELEASE_EXAMPLE, ReleaseAnswer
from pluginhub.web.operations import Body, operation

_AT_ONCE_UP_TO = 8 * 1024 * 1024  # bytes of an upload that is answered when it is published
_EXAMPLE: dict[str, Any] = {**RELEASE_EXAMPLE, "created": True, "unread": []}
_JSON = "application/json"


class FromSource(Body):
    """A bundle elsewhere: the address of an archive, or a repository and a tag of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"source_url": "https://github.com/example/dashboard", "version": "v2.1.0"}
            ]
        }
    )

    source_url: Annotated[str, Field(min_length=1, max_length=2048)]
    version: Annotated[str, Field(min_length=1, max_length=255)] = "latest"
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None


class Published(ReleaseAnswer):
    """The release, and whether it is new."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    created: bool
    unread: list[str]


class Judged(Published):
    """What publishing would answer."""

    dry_run: bool = True


class Outcome(RootModel[Judged | Published | JobAnswer]):
    """The release, or with 202 the job that is to publish it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})


@operation(
    status=201,
    also=(200, 202),
    answer=Outcome,
    reads=FromSource,
    sends=("application/octet-stream", "application/gzip", "application/zip"),
    errors=(
        errors.BadBundleError,
        errors.ConflictError,
        errors.ForbiddenError,
        errors.TooManyRequestsError,
        errors.NoSpaceError,
    ),
    creates=True,
)
async def publish(request: web.Request, query: DryRun) -> web.Response:
    """Publish the bundle that is the body: 201 for a new release, 200 for a known one.

    With ``?dry_run=true``, only judge it: 200, with what publishing it would answer. A bundle of
    more than 8 MiB, one that JSON says where to find, and with ``Prefer: respond-async`` any, is
    published by a job (202).
    """
    if request.content_type == _JSON:
        return await _from_source(request, query)
    async with received(request) as (bundle, size):
        later = "respond-async" in request.headers.get("Prefer", "") or size > _AT_ONCE_UP_TO

        async def act() -> web.Response:
            if later and not query.dry_run:
                return await _as_job(request, upload=bundle)
            return await _at_once(request, bundle, dry_run=query.dry_run)

        if idempotency.HEADER not in request.headers:
            return await act()
        return await idempotency.once(request, await finish_in_thread(_digest, bundle), act)


@asynccontextmanager
async def received(request: web.Request) -> AsyncIterator[tuple[Path, int]]:
    """Lend the bundle that is the body of a request, and its size in bytes.

    Raises:
        TooLargeError: It is larger than ``server.max_upload``.
        TooManyRequestsError: Too many uploads come at once.
        NoSpaceError: It would take of the reserve of the disk.
    """
    bodies.refuse_content_encoding(request)
    limit = request.app[keys.CONFIG].server.max_upload
    if request.content_length and request.content_length > limit:
        raise uploads.too_large(limit)
    sender, storage = request[keys.ACTOR].id, request.app[keys.STORAGE]
    async with storage.staging(request.content_length or 0) as folder:
        bundle = folder / "bundle"
        with request.app[keys.UPLOADS].one_more(sender):
            size = await uploads.receive(uploads.body_chunks(request), bundle, limit, storage)
        yield bundle, size


async def _from_source(request: web.Request, query: DryRun) -> web.Response:
    body = await bodies.read_json(request, FromSource)
    if query.dry_run:
        raise errors.InvalidError("only a bundle that is sent can be judged")

    async def act() -> web.Response:
        return await _as_job(request, source=body.model_dump())

    return await idempotency.once(request, body.model_dump_json().encode(), act)


def _digest(file: Path) -> bytes:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


async def _at_once(request: web.Request, bundle: Path, *, dry_run: bool) -> web.Response:
    published = await publish_bundle(
        request.app[keys.DATABASE],
        request.app[keys.STORAGE],
        bundle,
        actor=request[keys.ACTOR],
        dry_run=dry_run,
        operations=request.app[keys.OPERATIONS],
    )
    more = {"created": published.created, "unread": list(published.unread)}
    if dry_run:
        return operations.respond(Judged.of(published.release, **more), 200)
    status = 201 if published.created else 200
    return operations.respond(Published.of(published.release, **more), status)


async def _as_job(request: web.Request, **what: Any) -> web.Response:
    job = await request.app[keys.JOBS].create(request[keys.ACTOR], **what)
    base = request.app[keys.CONFIG].server.base_path
    response = operations.respond(jobs.shown(request, job), 202)
    response.headers["Location"] = f"{base}/api/plugins/jobs/{job.id}"
    return response
