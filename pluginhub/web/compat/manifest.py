"""E1: what the frontend loads at start, for the user who is signed in (http-api section 3.1)."""

from typing import Any
from urllib.parse import quote

from aiohttp import web
from pydantic.alias_generators import to_camel

from pluginhub.database import installations
from pluginhub.lifecycle import application, updates
from pluginhub.manifest import Module
from pluginhub.models import Installation
from pluginhub.storage import media_types
from pluginhub.web import auth, capabilities, keys

Json = dict[str, Any]

# Names of the application's columns that the frontend spells in a way of its own.
_IRREGULAR = {
    "bundle_method": "bundlemethod",
    "bundle_location": "bundlelocation",
    "is_local": "islocal",
}
_LEFT_OUT = frozenset({"id", "plugin_slug", "created_at", "updated_at"})


async def designer(request: web.Request) -> web.Response:
    """Answer the user's plugins with their modules, keyed by slug.

    Left out is what a frontend could not load: disabled plugins and modules, plugins without a
    module, releases whose entry file is not in its place or of a type that is not served.
    """
    user = auth.signed_in(request)
    async with request.app[keys.DATABASE].snapshot() as connection:
        installed = await installations.list_of(connection, user.id)
    news = await updates.about(
        request.app[keys.RESOURCES], installed, may_publish=auth.may_publish(request)
    )
    columns = {item.installation.slug: item.columns() for item in news}
    loadable = await request.app[keys.STORAGE].with_entry(item.release for item in installed)
    issue = request.app[keys.CAPABILITIES].issue
    answer = {
        item.release.slug: _plugin(
            item, issue(item.id, item.release.digest), modules, columns[item.slug]
        )
        for item in installed
        if item.enabled
        and item.release.id in loadable
        and media_types.of(item.release.manifest.entry)
        and (modules := _enabled_modules(item))
    }
    return web.json_response(answer, headers={"Cache-Control": "private, no-cache"})


def _enabled_modules(installation: Installation) -> list[Module]:
    return [
        module
        for module in installation.release.manifest.modules
        if module.name not in installation.disabled_modules
    ]


def _plugin(installation: Installation, capability: str, modules: list[Module], news: Json) -> Json:
    release = installation.release
    row = {**application.plugin_row(installation), **news}
    camel = {
        _IRREGULAR.get(name, to_camel(name)): value
        for name, value in row.items()
        if name not in _LEFT_OUT
    }
    wanted = {module.name for module in modules}
    return {
        **camel,
        "id": release.slug,
        "plugin_slug": release.slug,
        "database_id": row["id"],
        "bundlelocation": f"{capabilities.SEGMENT}/{capability}/{quote(release.manifest.entry)}",
        "modules": [
            _module(release.slug, module)
            for module in application.module_rows(installation)
            if module["name"] in wanted
        ],
    }


def _module(slug: str, row: Json) -> Json:
    camel = {to_camel(name): value for name, value in row.items() if name not in _LEFT_OUT}
    return {
        **camel,
        "id": row["id"],
        "pluginId": slug,
        "messages": row["messages"] or {"sends": [], "receives": []},
    }
