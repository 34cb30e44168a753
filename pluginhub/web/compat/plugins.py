"""E6 to E9 and E23: what plugins there are, and what does not exist."""

from aiohttp import web
from pydantic import ConfigDict

from pluginhub import versions
from pluginhub.database import releases
from pluginhub.errors import NotFoundError
from pluginhub.models import Release
from pluginhub.web import auth, keys
from pluginhub.web.compat import lookup, records
from pluginhub.web.compat.answers import Envelope
from pluginhub.web.compat.records import ModuleRecord, PluginRecord
from pluginhub.web.operations import Answer, operation


class Works(Answer):
    """That the API works, and for whom."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "message": "Plugin router is working!",
                    "user_id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f",
                }
            ]
        }
    )

    message: str
    user_id: str


class PluginInfo(PluginRecord):
    """A plugin with its modules."""

    modules: list[ModuleRecord]


class Refreshed(Answer):
    """How many of the user's plugins are on; nothing is ever found or lost by asking."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"total": 12, "new": [], "removed": []}]}
    )

    total: int
    new: tuple[()] = ()
    removed: tuple[()] = ()


class AvailablePlugin(Answer):
    """A published plugin in its highest release; ``directory`` is the slug as it is spelled."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "slug": "weatherpanel",
                    "directory": "WeatherPanel",
                    "has_lifecycle_manager": True,
                    "name": "Weather Panel",
                    "version": "1.4.0",
                    "description": "Local forecast",
                    "author": "Example Co",
                }
            ]
        }
    )

    slug: str
    directory: str
    has_lifecycle_manager: bool
    name: str
    version: str
    description: str
    author: str | None


class Available(Answer):
    """Published plugins, keyed by slug in lower case."""

    available_plugins: dict[str, AvailablePlugin]
    total_count: int


class AvailableAnswer(Envelope):
    """What is published."""

    data: Available


@operation(any_query=True)
async def works(request: web.Request) -> Works:
    """Answer that the API works."""
    return Works(message="Plugin router is working!", user_id=auth.signed_in(request).id)


@operation(any_query=True, errors=(NotFoundError,))
async def info(request: web.Request) -> PluginInfo:
    """Answer one of the user's plugins with its modules."""
    found = await lookup.get(request, f"Plugin {request.match_info['id']} not found")
    row = {**await lookup.plugin_row(request, found), "modules": records.module_rows(found)}
    return PluginInfo.model_validate(row)


@operation(any_query=True, errors=(NotFoundError,))
async def by_slug(request: web.Request) -> PluginRecord:
    """Answer one of the user's plugins, whether it is on or off."""
    found = await lookup.get(request, f"Plugin {request.match_info['id']} not found")
    return PluginRecord.model_validate(await lookup.plugin_row(request, found))


@operation(any_query=True)
async def refresh_cache(request: web.Request) -> Refreshed:
    """Count the user's plugins that are on; there is no cache that could be stale."""
    return Refreshed(total=sum(item.enabled for item in await lookup.installed(request)))


@operation(any_query=True)
async def available(request: web.Request) -> AvailableAnswer:
    """Answer every plugin that can be installed."""
    async with request.app[keys.DATABASE].snapshot() as connection:
        everything = await releases.list_all(connection)
    highest: dict[str, Release] = {}
    for release in everything:
        known = highest.get(release.slug)
        if release.yanked_at is None and (known is None or _is_higher(release, known)):
            highest[release.slug] = release
    found = {slug.lower(): _available(release) for slug, release in highest.items()}
    return AvailableAnswer(data=Available(available_plugins=found, total_count=len(found)))


@operation(any_query=True, status=404)
async def no_file(request: web.Request) -> web.Response:
    """Answer that there is nothing here: files of plugins are under another address."""
    await lookup.get(request, "Plugin not found")
    raise NotFoundError("File not found")


def _is_higher(release: Release, known: Release) -> bool:
    """Return whether a release is the one that would be installed rather than another."""
    return versions.latest([known.version, release.version]) == release.version


def _available(release: Release) -> AvailablePlugin:
    manifest = release.manifest
    return AvailablePlugin(
        slug=release.slug.lower(),
        directory=release.slug,
        has_lifecycle_manager=release.contract is not None,
        name=manifest.name,
        version=release.version,
        description=manifest.description,
        author=manifest.author,
    )
