"""E14 and E15: a user switches a plugin, or one of its modules, on or off."""

from aiohttp import web
from pydantic import ConfigDict

from pluginhub.errors import HookError, MalformedError, NotFoundError
from pluginhub.lifecycle import application
from pluginhub.lifecycle.enable import switch
from pluginhub.web import keys
from pluginhub.web.compat import ids, lookup
from pluginhub.web.compat.answers import Done
from pluginhub.web.operations import Body, operation


class Switch(Body):
    """On or off."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={"required": ["enabled"], "examples": [{"enabled": False}]},
    )

    enabled: bool = False


@operation(any_query=True, errors=(MalformedError, NotFoundError, HookError))
async def plugin(request: web.Request, body: Switch) -> Done:
    """Switch one of the user's plugins on or off."""
    _require_enabled(body)
    asked = request.match_info["id"]
    found = await lookup.get(request, f"Plugin {asked} not found or you don't have permission")
    order = lookup.order(request)
    await switch(request.app[keys.RESOURCES], order, found.slug, enabled=body.enabled)
    plugin_id = application.id_of(found)
    return Done(message=f"Plugin {plugin_id} {_word(body)} successfully")


@operation(any_query=True, errors=(MalformedError, NotFoundError))
async def module(request: web.Request, body: Switch) -> Done:
    """Switch a module of one of the user's plugins on or off."""
    _require_enabled(body)
    asked, plugin_id = request.match_info["module"], request.match_info["id"]
    missing = f"Module {asked} not found in plugin {plugin_id} or you don't have permission"
    found = await lookup.get(request, missing)
    name = ids.module_of(found, asked)
    if name is None:
        raise NotFoundError(missing)
    order = lookup.order(request)
    await switch(
        request.app[keys.RESOURCES], order, found.slug, enabled=body.enabled, modules=[name]
    )
    module_id = application.module_id_of(found, name)
    return Done(message=f"Module {module_id} {_word(body)} successfully")


def _require_enabled(body: Switch) -> None:
    if "enabled" not in body.model_fields_set:
        raise MalformedError("Missing 'enabled' field in request body")


def _word(body: Switch) -> str:
    return "enabled" if body.enabled else "disabled"
