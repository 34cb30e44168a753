"""The native API: what users have installed."""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pluginhub.database import installations
from pluginhub.lifecycle.enable import switch
from pluginhub.lifecycle.install import install as install_plugin
from pluginhub.lifecycle.plan import Plan
from pluginhub.lifecycle.rollback import roll_back as roll_plugin_back
from pluginhub.lifecycle.uninstall import uninstall as uninstall_plugin
from pluginhub.lifecycle.update import update as update_plugin
from pluginhub.lifecycle.update import update_all as update_all_plugins
from pluginhub.models import Channel, Installation
from pluginhub.web import auth, keys
from pluginhub.web.api import orders, shapes
from pluginhub.web.bodies import read_json

VersionOrRange = Annotated[str, StringConstraints(min_length=1, max_length=256)]
ModuleName = Annotated[str, StringConstraints(max_length=128)]


class Install(orders.Body):
    """Which release: a version, a range, or null for the highest."""

    version: VersionOrRange | None = None
    channel: Channel = "stable"


class Update(orders.Body):
    """Where to, and whether what the new release refuses of the configuration may go."""

    version: VersionOrRange | None = None
    reset_config: bool = False


class RollBack(orders.Body):
    """Whether what the release before refuses of the configuration may go."""

    reset_config: bool = False


class UpdateAll(BaseModel):
    """Whether what new releases refuse of the configuration may go; a plan is for one plugin."""

    model_config = ConfigDict(extra="forbid")

    reset_config: bool = False


class Switch(orders.Body):
    """Which modules; none means the plugin itself."""

    modules: list[ModuleName] = Field(default_factory=list, max_length=1000)


async def installed(request: web.Request) -> web.Response:
    """Answer what a user has installed."""
    user = await auth.subject(request)
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await installations.list_of(connection, user.id)
    return web.json_response({"installations": [shapes.installation(item) for item in found]})


async def install(request: web.Request) -> web.Response:
    """Give a user a plugin, and what it depends on."""
    body = await read_json(request, Install)
    order = await orders.read(request, body)
    plan = await install_plugin(
        request.app[keys.RESOURCES],
        order,
        request.match_info["slug"],
        body.version,
        channel=body.channel,
    )
    response = orders.answer(request, plan, _asked_for(plan, request.match_info["slug"]))
    if not order.dry_run:
        response.set_status(201)
    return response


async def update(request: web.Request) -> web.Response:
    """Move a user's installation to another release."""
    body = await read_json(request, Update)
    order = await orders.read(request, body)
    plan = await update_plugin(
        request.app[keys.RESOURCES],
        order,
        request.match_info["slug"],
        body.version,
        reset_config=body.reset_config,
    )
    return await _moved(request, order.user_id, plan)


async def update_all(request: web.Request) -> web.Response:
    """Update everything that a user has."""
    body = await read_json(request, UpdateAll)
    order = await orders.read(request)
    plans = await update_all_plugins(
        request.app[keys.RESOURCES], order, reset_config=body.reset_config
    )
    return web.json_response({"plans": [shapes.plan(plan) for plan in plans]})


async def roll_back(request: web.Request) -> web.Response:
    """Return a user's installation to the release before."""
    body = await read_json(request, RollBack)
    order = await orders.read(request, body)
    plan = await roll_plugin_back(
        request.app[keys.RESOURCES],
        order,
        request.match_info["slug"],
        reset_config=body.reset_config,
    )
    return await _moved(request, order.user_id, plan)


async def uninstall(request: web.Request) -> web.Response:
    """Take a plugin from a user."""
    order = await orders.read(request, await read_json(request, orders.Body))
    plan = await uninstall_plugin(request.app[keys.RESOURCES], order, request.match_info["slug"])
    return orders.answer(request, plan, plan.steps[0].before if plan.steps else None)


async def enable(request: web.Request) -> web.Response:
    """Switch a user's plugin, or some of its modules, on."""
    return await _switch(request, enabled=True)


async def disable(request: web.Request) -> web.Response:
    """Switch a user's plugin, or some of its modules, off."""
    return await _switch(request, enabled=False)


async def _switch(request: web.Request, *, enabled: bool) -> web.Response:
    body = await read_json(request, Switch)
    order = await orders.read(request, body)
    slug = request.match_info["slug"]
    plan = await switch(
        request.app[keys.RESOURCES], order, slug, enabled=enabled, modules=body.modules
    )
    return orders.answer(request, plan, await current(request, order.user_id))


async def current(request: web.Request, user_id: str) -> Installation:
    """Return the installation that a request is about, as it is now."""
    async with request.app[keys.DATABASE].snapshot() as connection:
        return await installations.get(connection, user_id, request.match_info["slug"])


async def _moved(request: web.Request, user_id: str, plan: Plan) -> web.Response:
    after = await current(request, user_id)
    step = next((step for step in plan.steps if step.slug == after.slug), None)
    previous = step.before.release.version if step and step.before else after.release.version
    return orders.answer(request, plan, after, previous_version=previous)


def _asked_for(plan: Plan, slug: str) -> Installation | None:
    return next((step.after for step in plan.steps if step.slug.lower() == slug.lower()), None)
