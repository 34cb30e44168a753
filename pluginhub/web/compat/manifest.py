"""E1 and E2: what the frontend loads at start, for the user who is signed in."""

from collections.abc import Callable, Iterator
from typing import Annotated
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, Field, RootModel

from pluginhub.accounts.proof import Proof
from pluginhub.storage import media_types
from pluginhub.web import auth, capabilities, keys
from pluginhub.web.compat import lookup, records
from pluginhub.web.compat.records import Json, ModuleRecord, PluginRecord
from pluginhub.web.files import heads, made
from pluginhub.web.files.contents import Content
from pluginhub.web.operations import operation

PATHS = ("/api/v1/plugins/manifest/designer", "/api/v1/plugins/manifest")


class ManifestPlugin(PluginRecord):
    """A plugin to load; ``id`` is its slug, ``bundlelocation`` has the user's capability in it.

    ``integrity`` is for the script tag of a frontend that checks what it loads.
    """

    database_id: Annotated[str, Field(alias="database_id")]
    integrity: str


class DesignerPlugin(ManifestPlugin):
    """A plugin to load, with its modules, whose ``pluginId`` is the slug."""

    modules: list[ModuleRecord]


class Manifest(RootModel[dict[str, ManifestPlugin]]):
    """The user's plugins, keyed by slug."""


class DesignerManifest(RootModel[dict[str, DesignerPlugin]]):
    """The user's plugins with their modules, keyed by slug."""


@operation(answer=DesignerManifest, any_query=True)
async def designer(request: web.Request) -> web.StreamResponse:
    """Answer the user's plugins with their modules, keyed by slug.

    Left out is what a frontend could not load: disabled plugins and modules, plugins without a
    module, releases whose entry file is not as it was published or of a type that is not served.
    """
    return await _answer(
        request,
        lambda rows: DesignerManifest({row["id"]: DesignerPlugin(**row) for row in rows}),
    )


@operation(answer=Manifest, any_query=True)
async def manifest(request: web.Request) -> web.StreamResponse:
    """Answer the same plugins without their modules."""
    return await _answer(
        request, lambda rows: Manifest({row["id"]: ManifestPlugin(**row) for row in rows})
    )


def known(app: web.Application, path: str, proof: Proof) -> Content | None:
    """Return what was answered to the user of a proof before, if it is still so.

    Args:
        app: Keeps it.
        path: Of the request.
        proof: Whose user asks; None is returned for that of a token with scopes.
    """
    if proof.scopes is not None:
        return None
    publishes = auth.publishes(app[keys.CONFIG], admin=proof.user.role == "admin")
    return app[keys.MANIFESTS].get((proof.user.id, path, publishes))


async def _answer(
    request: web.Request, model: Callable[[Iterator[Json]], BaseModel]
) -> web.StreamResponse:
    """Answer from memory what was made for the user since something of it changed."""
    memory, user = request.app[keys.MANIFESTS], auth.signed_in(request)
    key = (user.id, request.path, auth.may_publish(request))
    content = memory.get(key)
    if content is None:
        since = memory.now()
        found = model(await _rows(request))
        content = await made.of(
            found.model_dump_json(by_alias=True).encode(), "application/json", heads.MADE
        )
        memory.keep(key, content, user.id, since, content.memory)
    return await made.answer(request, content)


async def _rows(request: web.Request) -> Iterator[Json]:
    installed = await lookup.installed(request)
    news = await lookup.news_of(request, installed)
    integrity = await request.app[keys.INTEGRITIES].of(item.release for item in installed)
    issue = request.app[keys.CAPABILITIES].issue
    return (
        _row(
            records.plugin_row(item, news[item.slug]) | {"integrity": integrity[item.release.id]},
            issue(item.id, item.release.digest),
            modules,
        )
        for item in installed
        if item.enabled
        and item.release.id in integrity
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
