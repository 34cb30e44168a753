"""E22: how a user's plugin is, in the words that the existing frontend knows."""

import json
from typing import BinaryIO, Literal

from aiohttp import web
from pydantic import ConfigDict

from pluginhub.cancellation import finish_in_thread
from pluginhub.database import plugins, release_files
from pluginhub.errors import NotFoundError
from pluginhub.lifecycle import application
from pluginhub.lifecycle.status import PluginStatus, status
from pluginhub.models import Installation, Release, ReleaseFile
from pluginhub.storage.shared import SharedStorage
from pluginhub.web import keys
from pluginhub.web.compat import lookup
from pluginhub.web.compat.answers import Envelope
from pluginhub.web.operations import Answer, operation

_ASSETS = "assets"
_PACKAGE_JSON = "package.json"
_LARGEST = 1024 * 1024  # bytes of a package.json that is looked into
_WORDS = {
    "healthy": "healthy",
    "unhealthy": "unhealthy",
    "unknown": "unknown",
    "files-missing": "files_missing",
    "not-installed": "not_installed",
}


class Info(Answer):
    """The plugin's row; ``enabled`` is 0 or 1."""

    id: str
    name: str
    version: str
    enabled: Literal[0, 1]
    created_at: str
    updated_at: str


class Health(Answer):
    """What is there of the plugin's files."""

    bundle_exists: bool
    bundle_size: int
    package_json_valid: bool
    assets_present: bool


class Status(Answer):
    """An installed plugin; ``error`` says what is wrong with it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "plugin_slug": "WeatherPanel",
                    "exists": True,
                    "status": "healthy",
                    "plugin_id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f_WeatherPanel",
                    "plugin_info": {
                        "id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f_WeatherPanel",
                        "name": "Weather Panel",
                        "version": "1.4.0",
                        "enabled": 1,
                        "created_at": "2026-05-01 09:30:00",
                        "updated_at": "2026-05-01 09:30:00",
                    },
                    "health_details": {
                        "bundle_exists": True,
                        "bundle_size": 5120,
                        "package_json_valid": True,
                        "assets_present": False,
                    },
                }
            ]
        }
    )

    plugin_slug: str
    exists: Literal[True] = True
    status: str
    plugin_id: str
    plugin_info: Info
    health_details: Health


class Unwell(Status):
    """An installed plugin that something is wrong with."""

    error: str


class Absent(Answer):
    """A plugin that the user does not have."""

    plugin_slug: str
    exists: Literal[False] = False
    status: Literal["error", "not_installed"]
    error: str


class StatusAnswer(Envelope):
    """How a plugin is."""

    data: Status | Unwell | Absent


@operation(any_query=True)
async def show(request: web.Request) -> StatusAnswer:
    """Answer how a plugin of the user is; that it does not exist is an answer, too.

    Case does not matter to the slug, nor whether it has ``_`` or ``-``.
    """
    slug = lookup.named(request)
    try:
        installation = await lookup.find(request) or await _spelled_alike(request, slug)
        resources = request.app[keys.RESOURCES]
        found = await status(resources, installation.user_id, installation.slug)
    except NotFoundError:
        return StatusAnswer(data=await _absent(request, slug))
    return StatusAnswer(data=await _status(request, found))


async def _spelled_alike(request: web.Request, slug: str) -> Installation:
    plain = _plain(slug)
    for installation in await lookup.installed(request):
        if _plain(installation.slug) == plain:
            return installation
    raise NotFoundError(f"{slug} is not installed")


def _plain(slug: str) -> str:
    return slug.lower().replace("-", "_")


async def _absent(request: web.Request, slug: str) -> Absent:
    async with request.app[keys.DATABASE].snapshot() as connection:
        known = await plugins.find_slug(connection, slug)
    if known is None:
        text = f"Plugin directory not found for slug: {slug}"
        return Absent(plugin_slug=slug, status="error", error=text)
    return Absent(plugin_slug=known, status="not_installed", error="Plugin not found for user")


async def _status(request: web.Request, found: PluginStatus) -> Status:
    installation = found.installation
    row = application.plugin_row(installation)
    word = _WORDS.get(found.status, "error")
    known = Status(
        plugin_slug=installation.slug,
        status=word,
        plugin_id=row["id"],
        plugin_info=Info(
            id=row["id"],
            name=row["name"],
            version=row["version"],
            enabled=1 if installation.enabled else 0,
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        ),
        health_details=await _health(request, installation.release),
    )
    if word == "healthy":
        return known
    return Unwell(**dict(known), error=found.message or f"the plugin says that it is {word}")


async def _health(request: web.Request, release: Release) -> Health:
    storage = request.app[keys.STORAGE]
    async with request.app[keys.DATABASE].snapshot() as connection:
        bundle = await release_files.find(connection, release.id, release.manifest.entry)
        package = await release_files.find(connection, release.id, _PACKAGE_JSON)
        assets = await release_files.has_directory(connection, release.id, _ASSETS)
    exists = bundle is not None and release.id in await storage.with_entry([release])
    return Health(
        bundle_exists=exists,
        bundle_size=bundle.size if bundle and exists else 0,
        package_json_valid=package is not None and await _is_valid(storage, release, package),
        assets_present=assets,
    )


async def _is_valid(storage: SharedStorage, release: Release, file: ReleaseFile) -> bool:
    try:
        stream = await storage.open(release.slug, release.version, file)
    except NotFoundError:
        return False
    return await finish_in_thread(_is_object, stream)


def _is_object(stream: BinaryIO) -> bool:
    with stream:
        content = stream.read(_LARGEST)
    try:
        return isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False
