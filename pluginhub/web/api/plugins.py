"""The native API: the catalogue, and what users have installed from it."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from pluginhub import manifest
from pluginhub.database import installations, releases
from pluginhub.errors import TooLargeError
from pluginhub.lifecycle import versions
from pluginhub.lifecycle.enable import disable as disable_plugin
from pluginhub.lifecycle.enable import enable as enable_plugin
from pluginhub.lifecycle.install import install as install_plugin
from pluginhub.lifecycle.publish import publish as publish_bundle
from pluginhub.lifecycle.uninstall import uninstall as uninstall_plugin
from pluginhub.lifecycle.update import update as update_plugin
from pluginhub.models import Installation, Release
from pluginhub.web import auth, bodies, keys

Json = dict[str, Any]


class Choice(BaseModel):
    """Which release: an exact version, or null for the highest."""

    model_config = ConfigDict(extra="forbid")

    version: manifest.Version | None = None


async def publish(request: web.Request) -> web.Response:
    """Publish the bundle that is the body: 201 for a new release, 200 for a known one."""
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
        published = await publish_bundle(database, storage, bundle, actor=request[keys.ACTOR])
    body = {**_release(published.release), "created": published.created}
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


async def installed(request: web.Request) -> web.Response:
    """Answer what a user has installed."""
    user = await auth.subject(request)
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await installations.list_of(connection, user.id)
    return web.json_response({"installations": [_installation(item) for item in found]})


async def install(request: web.Request) -> web.Response:
    """Give a user a plugin."""
    user, choice = await auth.subject(request), await bodies.read_json(request, Choice)
    installation = await install_plugin(
        request.app[keys.DATABASE],
        user.id,
        request.match_info["slug"],
        choice.version,
        actor=request[keys.ACTOR],
    )
    return web.json_response(_installation(installation), status=201)


async def update(request: web.Request) -> web.Response:
    """Move a user's installation to another release."""
    user, choice = await auth.subject(request), await bodies.read_json(request, Choice)
    before, after = await update_plugin(
        request.app[keys.DATABASE],
        user.id,
        request.match_info["slug"],
        choice.version,
        actor=request[keys.ACTOR],
    )
    return web.json_response({**_installation(after), "previous_version": before.release.version})


async def uninstall(request: web.Request) -> web.Response:
    """Take a plugin from a user."""
    user = await auth.subject(request)
    dropped = await uninstall_plugin(
        request.app[keys.DATABASE],
        user.id,
        request.match_info["slug"],
        actor=request[keys.ACTOR],
    )
    return web.json_response(_installation(dropped))


async def enable(request: web.Request) -> web.Response:
    """Switch a user's plugin on."""
    return await _switch(request, enable_plugin)


async def disable(request: web.Request) -> web.Response:
    """Switch a user's plugin off."""
    return await _switch(request, disable_plugin)


async def _switch(
    request: web.Request, verb: Callable[..., Awaitable[Installation]]
) -> web.Response:
    user, slug = await auth.subject(request), request.match_info["slug"]
    switched = await verb(request.app[keys.DATABASE], user.id, slug, actor=request[keys.ACTOR])
    return web.json_response(_installation(switched))


async def manifest_schema(_request: web.Request) -> web.Response:
    """Answer the JSON Schema of ``pluginhub.json``."""
    return web.json_response(manifest.schema(), content_type="application/schema+json")


def _plugin(found: list[Release], users: Mapping[int, int]) -> Json:
    ordered = sorted(found, key=lambda release: versions.key(release.version), reverse=True)
    latest = versions.latest(release.version for release in found)
    newest = next(release for release in ordered if release.version == latest)
    return {
        "slug": newest.slug,
        "name": newest.manifest.name,
        "description": newest.manifest.description,
        "latest_version": latest,
        "releases": [
            {**_release(release), "users": users.get(release.id, 0)} for release in ordered
        ],
    }


def _release(release: Release) -> Json:
    return {
        "slug": release.slug,
        "version": release.version,
        "digest": release.digest,
        "size": release.size,
        "modules": [module.name for module in release.manifest.modules],
        "published_at": _time(release.published_at),
    }


def _installation(installation: Installation) -> Json:
    return {
        "slug": installation.release.slug,
        "version": installation.release.version,
        "enabled": installation.enabled,
        "config": installation.config,
        "installed_at": _time(installation.installed_at),
        "updated_at": _time(installation.updated_at),
    }


def _time(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
