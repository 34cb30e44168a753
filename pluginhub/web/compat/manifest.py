"""E1: what the frontend loads at start, for the user who is signed in (http-api section 3.1)."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from aiohttp import web

from pluginhub.database import installations
from pluginhub.manifest import Module
from pluginhub.models import Installation
from pluginhub.storage import media_types
from pluginhub.web import auth, capabilities, keys
from pluginhub.web.compat import ids

Json = dict[str, Any]

# Keys of a plugin that the frontend may read, and that mean nothing here.
_THE_SAME_FOR_ALL: Json = {
    "type": "frontend",
    "pluginType": "frontend",
    "status": "activated",
    "official": False,
    "downloads": 0,
    "bundlemethod": "webpack",
    "islocal": False,
    "longDescription": None,
    "updateCheckUrl": None,
    "lastUpdateCheck": None,
    "updateAvailable": False,
    "latestVersion": None,
    "installationType": "local",
    "endpointsFile": None,
    "routePrefix": None,
    "configFields": {},
    "messages": {},
    "dependencies": [],
    "requiredServicesRuntime": [],
    "backendDependencies": [],
}


async def designer(request: web.Request) -> web.Response:
    """Answer the user's plugins with their modules, keyed by slug.

    Left out is what a frontend could not load: disabled plugins and modules, plugins without a
    module, releases whose entry file is not in its place or of a type that is not served.
    """
    user = auth.signed_in(request)
    async with request.app[keys.DATABASE].snapshot() as connection:
        installed = await installations.list_of(connection, user.id)
    loadable = await request.app[keys.STORAGE].with_entry(item.release for item in installed)
    issue = request.app[keys.CAPABILITIES].issue
    answer = {
        item.release.slug: _plugin(item, issue(item.id, item.release.digest), modules)
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


def _plugin(installation: Installation, capability: str, modules: list[Module]) -> Json:
    release, manifest = installation.release, installation.release.manifest
    updated = datetime.fromtimestamp(installation.updated_at, UTC)
    return {
        **_THE_SAME_FOR_ALL,
        "id": release.slug,
        "plugin_slug": release.slug,
        "database_id": ids.plugin_id(installation.user_id, release.slug),
        "name": manifest.name,
        "description": manifest.description,
        "version": release.version,
        "enabled": installation.enabled,
        "icon": manifest.icon,
        "category": manifest.category,
        "author": manifest.author,
        "lastUpdated": updated.strftime("%Y-%m-%d %H:%M:%S"),
        "compatibility": manifest.requires.host or "1.0.0",
        "scope": manifest.scope,
        "bundlelocation": f"{capabilities.SEGMENT}/{capability}/{quote(manifest.entry)}",
        "userId": installation.user_id,
        "sourceType": release.source_type,
        "sourceUrl": release.source_url,
        "permissions": manifest.permissions,
        "modules": [_module(installation, module) for module in modules],
    }


def _module(installation: Installation, module: Module) -> Json:
    slug = installation.release.slug
    return {
        "id": ids.module_id(installation.user_id, slug, module.name),
        "pluginId": slug,
        "name": module.name,
        "displayName": module.display_name,
        "description": module.description,
        "icon": module.icon,
        "category": module.category,
        "enabled": True,
        "priority": module.priority,
        "userId": installation.user_id,
        "props": module.props,
        "configFields": module.config_fields,
        "requiredServices": module.required_services,
        "layout": module.layout,
        "dependencies": module.dependencies,
        "tags": module.tags,
        "messages": module.messages or {"sends": [], "receives": []},
    }
