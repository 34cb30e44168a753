"""The native API: what a user tries out while somebody writes it."""

from typing import Any

from aiohttp import web
from pydantic import ConfigDict

from pluginhub import errors
from pluginhub.lifecycle import develop
from pluginhub.lifecycle.resources import Order
from pluginhub.web import auth, keys
from pluginhub.web.api.installations import ForUser
from pluginhub.web.api.plans import PLAN_EXAMPLE, OnlyPlan, PlanAnswer
from pluginhub.web.api.publishing import received
from pluginhub.web.operations import Answer, operation
from pluginhub.web.queries import Switch

_EXAMPLE: dict[str, Any] = {
    "slug": "Dashboard",
    "version": "2.2.0+dev.812",
    "created": True,
    "previous_version": "2.2.0+dev.811",
    "unread": [],
}
_REFUSALS = (
    errors.NotFoundError,
    errors.ConflictError,
    errors.HookError,
    errors.HookTimeoutError,
    errors.HooksSuspendedError,
)


class Save(ForUser):
    """Who tries it out, and whether what it refuses of their configuration may go."""

    reset_config: Switch = False


class Tried(Answer):
    """What the user has now; ``created`` is false if they had these bytes already."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    slug: str
    version: str
    created: bool
    previous_version: str | None
    unread: list[str]


class Ended(OnlyPlan):
    """How the user went back to what they had before; without steps if there was nothing to do."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"plan": PLAN_EXAMPLE}]})


@operation(
    sends=("application/octet-stream", "application/gzip", "application/zip"),
    errors=(errors.BadBundleError, errors.NoSpaceError, *_REFUSALS),
)
async def save(request: web.Request, query: Save) -> Tried:
    """Give a user the bundle that is the body, as a release that nobody else sees.

    It takes the place of the one before, and of no version that is published.
    """
    order = await _order(request, query)
    async with received(request) as (bundle, _):
        found = await develop.develop(
            request.app[keys.RESOURCES], order, bundle, reset_config=query.reset_config
        )
    return Tried(
        slug=found.release.slug,
        version=found.release.version,
        created=found.created,
        previous_version=found.previous,
        unread=list(found.unread),
    )


@operation(errors=_REFUSALS)
async def end(request: web.Request, query: ForUser) -> Ended:
    """Return a user to what they had of a plugin before they tried releases of it out."""
    order = await _order(request, query)
    plan = await develop.end(request.app[keys.RESOURCES], order, request.match_info["slug"])
    return Ended(plan=PlanAnswer.of(plan))


async def _order(request: web.Request, query: ForUser) -> Order:
    user = await auth.subject(request, query.user)
    return Order(user.id, request[keys.ACTOR])
