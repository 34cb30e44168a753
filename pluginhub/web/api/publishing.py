"""The native API: publishing a bundle."""

from typing import Any

from aiohttp import web
from pydantic import ConfigDict

from pluginhub import errors
from pluginhub.lifecycle.publish import publish as publish_bundle
from pluginhub.web import bodies, keys, operations
from pluginhub.web.api.catalogue import DryRun
from pluginhub.web.api.shapes import RELEASE_EXAMPLE, ReleaseAnswer
from pluginhub.web.operations import operation

_EXAMPLE: dict[str, Any] = {**RELEASE_EXAMPLE, "created": True, "unread": []}


class Published(ReleaseAnswer):
    """The release, and whether it is new."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    created: bool
    unread: list[str]


class Judged(Published):
    """What publishing would answer."""

    dry_run: bool = True


@operation(
    status=201,
    also=(200,),
    answer=Published,
    sends=("application/octet-stream", "application/gzip", "application/zip"),
    errors=(
        errors.BadBundleError,
        errors.ConflictError,
        errors.ForbiddenError,
        errors.NoSpaceError,
    ),
)
async def publish(request: web.Request, query: DryRun) -> web.Response:
    """Publish the bundle that is the body: 201 for a new release, 200 for a known one.

    With ``?dry_run=true``, only judge it: 200, with what publishing it would answer.
    """
    bodies.refuse_content_encoding(request)
    limit = request.app[keys.CONFIG].server.max_upload
    if request.content_length and request.content_length > limit:
        raise bodies.too_large(limit)
    database, storage = request.app[keys.DATABASE], request.app[keys.STORAGE]
    async with storage.staging() as folder:
        bundle = folder / "bundle"
        await bodies.receive(bodies.body_chunks(request), bundle, limit)
        published = await publish_bundle(
            database, storage, bundle, actor=request[keys.ACTOR], dry_run=query.dry_run
        )
    more = {"created": published.created, "unread": list(published.unread)}
    if query.dry_run:
        return operations.respond(Judged.of(published.release, **more), 200)
    status = 201 if published.created else 200
    return operations.respond(Published.of(published.release, **more), status)
