"""The native API: what is published."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from pluginhub import manifest
from pluginhub.database import installations, releases
from pluginhub.errors import TooLargeError
from pluginhub.lifecycle import versions
from pluginhub.lifecycle.publish import publish as publish_bundle
from pluginhub.lifecycle.yank import plan_yank
from pluginhub.lifecycle.yank import unyank as unyank_release
from pluginhub.lifecycle.yank import yank as yank_release
from pluginhub.models import Release
from pluginhub.web import bodies, keys, queries
from pluginhub.web.api import shapes
from pluginhub.web.api.shapes import Json


class Yank(BaseModel):
    """Why a release is withdrawn, for those who have it."""

    model_config = ConfigDict(extra="forbid")

    reason: manifest.Line | None = None


async def publish(request: web.Request) -> web.Response:
    """Publish the bundle that is the body: 201 for a new release, 200 for a known one.

    With ``?dry_run=true``, only judge it: 200, with what publishing it would answer.
    """
    dry_run = _only_dry_run(request)
    bodies.refuse_content_encoding(request)
    limit = request.app[keys.CONFIG].server.max_upload
    if request.content_length and request.content_length > limit:
        raise TooLargeError(
            f"the upload is larger than {limit} bytes (server.max_upload)", limit=limit
        )
    database, storage = request.app[keys.DATABASE], request.app[keys.STORAGE]
    async with storage.staging() as folder:
        bundle = folder / "bundle"
        await bodies.receive(bodies.body_chunks(request), bundle, limit)
        published = await publish_bundle(
            database, storage, bundle, actor=request[keys.ACTOR], dry_run=dry_run
        )
    body = {
        **shapes.release(published.release),
        "created": published.created,
        "unread": list(published.unread),
    }
    if dry_run:
        return web.json_response({**body, "dry_run": True})
    return web.json_response(body, status=201 if published.created else 200)


async def catalogue(request: web.Request) -> web.Response:
    """Answer every plugin with its releases, the highest version first."""
    async with request.app[keys.DATABASE].snapshot() as connection:
        everything = await releases.list_all(connection)
        users = await installations.count_by_release(connection)
    by_slug: dict[str, list[Release]] = {}
    for release in everything:
        by_slug.setdefault(release.slug, []).append(release)
    plugins = [_plugin(found, users) for found in by_slug.values()]
    return web.json_response({"plugins": plugins})


async def show(request: web.Request) -> web.Response:
    """Answer one plugin with its releases."""
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await releases.list_of(connection, request.match_info["slug"])
        users = await installations.count_by_release(connection)
    return web.json_response(_plugin(found, users))


async def yank(request: web.Request) -> web.Response:
    """Withdraw a release: nobody new gets it."""
    dry_run = _only_dry_run(request)
    body = await bodies.read_json(request, Yank)
    if dry_run:
        return await _plan(request)
    release = await yank_release(
        request.app[keys.DATABASE],
        request.match_info["slug"],
        request.match_info["version"],
        actor=request[keys.ACTOR],
        reason=body.reason,
    )
    return web.json_response(shapes.release(release))


async def unyank(request: web.Request) -> web.Response:
    """Bring a withdrawn release back."""
    if _only_dry_run(request):
        return await _plan(request, undo=True)
    release = await unyank_release(
        request.app[keys.DATABASE],
        request.match_info["slug"],
        request.match_info["version"],
        actor=request[keys.ACTOR],
    )
    return web.json_response(shapes.release(release))


async def manifest_schema(_request: web.Request) -> web.Response:
    """Answer the JSON Schema of ``pluginhub.json``."""
    return web.json_response(manifest.schema(), content_type="application/schema+json")


def _only_dry_run(request: web.Request) -> bool:
    queries.refuse_unknown(request, "dry_run")
    return queries.switch(request, "dry_run")


async def _plan(request: web.Request, *, undo: bool = False) -> web.Response:
    plan = await plan_yank(
        request.app[keys.DATABASE],
        request.match_info["slug"],
        request.match_info["version"],
        actor=request[keys.ACTOR],
        undo=undo,
    )
    return web.json_response({"plan": shapes.plan(plan)})


def _plugin(found: list[Release], users: Mapping[int, int]) -> Json:
    ordered = sorted(found, key=lambda release: versions.key(release.version), reverse=True)
    offered = [release for release in found if release.yanked_at is None] or found
    latest = versions.latest(release.version for release in offered)
    newest = next(release for release in ordered if release.version == latest)
    described: list[dict[str, Any]] = [
        {**shapes.release(release), "users": users.get(release.id, 0)} for release in ordered
    ]
    return {
        "slug": newest.slug,
        "name": newest.manifest.name,
        "description": newest.manifest.description,
        "latest_version": latest,
        "releases": described,
    }
