"""E11, E12 and E13: a module of the user, and the plugin that it belongs to."""

from aiohttp import web

from pluginhub.errors import NotFoundError
from pluginhub.lifecycle import application
from pluginhub.models import Installation
from pluginhub.web.compat import ids, lookup, records
from pluginhub.web.compat.records import Json, ModuleDetail, PluginDetail
from pluginhub.web.operations import Answer, operation


class Details(Answer):
    """A module and its plugin."""

    module: ModuleDetail
    plugin: PluginDetail


class PluginBrief(records.Record):
    """A plugin, in short."""

    id: str
    name: str
    description: str
    version: str


class ModuleBrief(records.Record):
    """A module, in short."""

    id: str
    plugin_id: str
    name: str
    display_name: str | None
    description: str | None


class Brief(Answer):
    """A module and its plugin, in short."""

    module: ModuleBrief
    plugin: PluginBrief


@operation(any_query=True, errors=(NotFoundError,))
async def details(request: web.Request) -> Details:
    """Answer a module of the user and its plugin."""
    plugin, module = await _rows(request)
    return Details(
        module=ModuleDetail.model_validate(module), plugin=PluginDetail.model_validate(plugin)
    )


@operation(any_query=True, errors=(NotFoundError,))
async def simple(request: web.Request) -> Brief:
    """Answer the names of a module of the user and of its plugin."""
    plugin, module = await _rows(request)
    return Brief(
        module=ModuleBrief.model_validate(module),
        plugin=PluginBrief.model_validate(
            {name: plugin[name] for name in PluginBrief.model_fields}
        ),
    )


async def _rows(request: web.Request) -> tuple[Json, Json]:
    plugin_id = request.match_info["id"]
    installation = await lookup.get(request, f"Plugin {plugin_id} not found")
    return await lookup.plugin_row(request, installation), _module(request, installation)


def _module(request: web.Request, installation: Installation) -> Json:
    wanted, plugin_id = request.match_info["module"], request.match_info["id"]
    name = ids.module_of(installation, wanted)
    for row in application.module_rows(installation):
        if row["name"] == name:
            return row
    raise NotFoundError(f"Module {wanted} not found in plugin {plugin_id}")
