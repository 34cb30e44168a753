"""The native API: what users have installed."""

from typing import Annotated

from aiohttp import web
from pydantic import ConfigDict, Field, StringConstraints

from pluginhub import errors
from pluginhub.database import installations
from pluginhub.lifecycle.enable import switch
from pluginhub.lifecycle.install import install as install_plugin
from pluginhub.lifecycle.plan import Plan, tag_of
from pluginhub.lifecycle.rollback import roll_back as roll_plugin_back
from pluginhub.lifecycle.uninstall import uninstall as uninstall_plugin
from pluginhub.lifecycle.update import update as update_plugin
from pluginhub.lifecycle.update import update_all as update_all_plugins
from pluginhub.models import Channel, Installation
from pluginhub.web import auth, keys, operations
from pluginhub.web.api import orders
from pluginhub.web.api.orders import Query
from pluginhub.web.api.plans import (
    Carried,
    CarriedMove,
    Moved,
    OnlyPlan,
    PlanAnswer,
    Plans,
)
from pluginhub.web.api.shapes import INSTALLATION_EXAMPLE, InstallationAnswer
from pluginhub.web.operations import Answer, operation
from pluginhub.web.version_ranges import VersionOrRange

ModuleName = Annotated[str, StringConstraints(max_length=128)]

_REFUSALS = (
    errors.NotFoundError,
    errors.ConflictError,
    errors.InvalidError,
    errors.PreconditionFailedError,
)
_WITH_HOOKS = (
    *_REFUSALS,
    errors.HookError,
    errors.HookTimeoutError,
    errors.HooksSuspendedError,
)


class ForUser(operations.Query):
    """Whose; for admins."""

    user: str | None = None


class Install(orders.Body):
    """Which release: a version, a range, or null for the highest."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": "^2.1"}]})

    version: VersionOrRange | None = None
    channel: Channel = "stable"


class Update(orders.Body):
    """Where to, and whether what the new release refuses of the configuration may go."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": "2.1.0"}]})

    version: VersionOrRange | None = None
    reset_config: bool = False


class RollBack(orders.Body):
    """Whether what the release before refuses of the configuration may go."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reset_config": False}]})

    reset_config: bool = False


class UpdateAll(operations.Body):
    """Whether what new releases refuse of the configuration may go; a plan is for one plugin."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reset_config": False}]})

    reset_config: bool = False


class Switch(orders.Body):
    """Which modules; none means the plugin itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"modules": ["Overview"]}]})

    modules: Annotated[list[ModuleName], Field(default_factory=list, max_length=1000)]


class NoBody(orders.Body):
    """The plan that was shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class Installed(Answer):
    """What a user has, by slug."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"installations": [INSTALLATION_EXAMPLE]}]}
    )

    installations: list[InstallationAnswer]


@operation(errors=(errors.NotFoundError,))
async def installed(request: web.Request, query: ForUser) -> Installed:
    """Answer what a user has installed."""
    user = await auth.subject(request, query.user)
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await installations.list_of(connection, user.id)
    return Installed(installations=[InstallationAnswer.of(item) for item in found])


@operation(answer=InstallationAnswer, errors=(errors.NotFoundError,))
async def show(request: web.Request, query: ForUser) -> web.Response:
    """Answer what a user has of one plugin; its ETag is what If-Match of every verb takes."""
    user = await auth.subject(request, query.user)
    found = await current(request, user.id)
    return operations.respond(InstallationAnswer.of(found), 200, tag_of(found))


@operation(status=201, also=(200,), errors=_WITH_HOOKS, creates=True)
async def install(request: web.Request, query: Query, body: Install) -> web.Response | Carried:
    """Give a user a plugin, and what it depends on: 201, or 200 with a plan if it is a dry run."""
    order = await orders.read(request, query, body)
    slug = request.match_info["slug"]
    plan = await install_plugin(
        request.app[keys.RESOURCES], order, slug, body.version, channel=body.channel
    )
    answer = orders.answer(query, plan, _asked_for(plan, slug))
    return operations.respond(answer, 200) if query.dry_run else answer


@operation(errors=_WITH_HOOKS)
async def update(request: web.Request, query: Query, body: Update) -> CarriedMove:
    """Move a user's installation to another release."""
    order = await orders.read(request, query, body)
    plan = await update_plugin(
        request.app[keys.RESOURCES],
        order,
        request.match_info["slug"],
        body.version,
        reset_config=body.reset_config,
    )
    return await _moved(request, query, order.user_id, plan)


@operation(errors=_WITH_HOOKS)
async def update_all(request: web.Request, query: Query, body: UpdateAll) -> Plans:
    """Update everything that a user has."""
    order = await orders.read(request, query)
    plans = await update_all_plugins(
        request.app[keys.RESOURCES], order, reset_config=body.reset_config
    )
    return Plans(plans=[PlanAnswer.of(plan) for plan in plans])


@operation(errors=_WITH_HOOKS)
async def roll_back(request: web.Request, query: Query, body: RollBack) -> CarriedMove:
    """Return a user's installation to the release before."""
    order = await orders.read(request, query, body)
    plan = await roll_plugin_back(
        request.app[keys.RESOURCES],
        order,
        request.match_info["slug"],
        reset_config=body.reset_config,
    )
    return await _moved(request, query, order.user_id, plan)


@operation(errors=_WITH_HOOKS)
async def uninstall(request: web.Request, query: Query, body: NoBody) -> Carried:
    """Take a plugin from a user."""
    order = await orders.read(request, query, body)
    plan = await uninstall_plugin(request.app[keys.RESOURCES], order, request.match_info["slug"])
    return orders.answer(query, plan, plan.steps[0].before if plan.steps else None)


@operation(errors=_WITH_HOOKS)
async def enable(request: web.Request, query: Query, body: Switch) -> Carried:
    """Switch a user's plugin, or some of its modules, on."""
    return await _switch(request, query, body, enabled=True)


@operation(errors=_WITH_HOOKS)
async def disable(request: web.Request, query: Query, body: Switch) -> Carried:
    """Switch a user's plugin, or some of its modules, off."""
    return await _switch(request, query, body, enabled=False)


async def _switch(request: web.Request, query: Query, body: Switch, *, enabled: bool) -> Carried:
    order = await orders.read(request, query, body)
    slug = request.match_info["slug"]
    plan = await switch(
        request.app[keys.RESOURCES], order, slug, enabled=enabled, modules=body.modules
    )
    return orders.answer(query, plan, await current(request, order.user_id))


async def current(request: web.Request, user_id: str) -> Installation:
    """Return the installation that a request is about, as it is now."""
    async with request.app[keys.DATABASE].snapshot() as connection:
        return await installations.get(connection, user_id, request.match_info["slug"])


async def _moved(request: web.Request, query: Query, user_id: str, plan: Plan) -> CarriedMove:
    after, shown = await current(request, user_id), PlanAnswer.of(plan)
    if query.dry_run:
        return CarriedMove(OnlyPlan(plan=shown))
    step = next((step for step in plan.steps if step.slug == after.slug), None)
    previous = step.before.release.version if step and step.before else after.release.version
    return CarriedMove(Moved.of(after, plan=shown, previous_version=previous))


def _asked_for(plan: Plan, slug: str) -> Installation | None:
    return next((step.after for step in plan.steps if step.slug.lower() == slug.lower()), None)
