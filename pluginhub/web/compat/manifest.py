"""E1 and E2: what the frontend loads at start, for the user who is signed in."""

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, Field, RootModel

from pluginhub.storage import media_types
from pluginhub.web import capabilities, keys
from pluginhub.web.compat import lookup, records
from pluginhub.web.compat.records import Json, ModuleRecord, PluginRecord
from pluginhub.web.operations import operation

_PRIVATE = {"Cache-Control": "private, no-cache"}


class ManifestPlugin(PluginRecord):
    """A plugin to load; ``id`` is its slug, ``bundlelocation`` has the user's capability in it."""

    database_id: Annotated[str, Field(alias="database_id")]


class DesignerPlugin(ManifestPlugin):
    """A plugin to load, with its modules, whose ``pluginId`` is the slug."""

    modules: list[ModuleRecord]


class Manifest(RootModel[dict[str, ManifestPlugin]]):
    """The user's plugins, keyed by slug."""


class DesignerManifest(RootModel[dict[str, DesignerPlugin]]):
    """The user's plugins with their modules, keyed by slug."""


@operation(answer=DesignerManifest, any_query=True)
async def designer(request: web.Request) -> web.Response:
    """Answer the user's plugins with their modules, keyed by slug.

    Left out is what a frontend could not load: disabled plugins and modules, plugins without a
    module, releases whose entry file is not in its place or of a type that is not served.
    """
    return _answer(
        DesignerManifest({row["id"]: DesignerPlugin(**row) for row in await _rows(request)})
    )


@operation(answer=Manifest, any_query=True)
async def manifest(request: web.Request) -> web.Response:
    """Answer the same plugins without their modules."""
    rows = await _rows(request)
    return _answer(Manifest({row["id"]: ManifestPlugin(**row) for row in rows}))


def _answer(found: BaseModel) -> web.Response:
    content = found.model_dump_json(by_alias=True).encode()
    return web.Response(body=content, content_type="application/json", headers=_PRIVATE)


async def _rows(request: web.Request) -> Iterator[Json]:
    installed = await lookup.installed(request)
    news = await lookup.news_of(request, installed)
    loadable = await request.app[keys.STORAGE].with_entry(item.release for item in installed)
    issue = request.app[keys.CAPABILITIES].issue
    return (
        _row(
            records.plugin_row(item, news[item.slug]), issue(item.id, item.release.digest), modules
        )
        for item in installed
        if item.enabled
        and item.release.id in loadable
        and media_types.of(item.release.manifest.entry)
        and (modules := [row for row in records.module_rows(item) if row["enabled"]])
    )


def _row(row: Json, capability: str, modules: list[Json]) -> Json:
    slug = row["plugin_slug"]
    return {
        **row,
        "id": slug,
        "database_id": row["id"],
        "bundle_location": f"{capabilities.SEGMENT}/{capability}/{quote(row['bundle_location'])}",
        "modules": [{**module, "plugin_id": slug} for module in modules],
    }
