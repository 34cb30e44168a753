"""Reads from a request whose plugins it is about, and how it wants a verb carried out."""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints

from pluginhub.lifecycle.plan import Plan
from pluginhub.lifecycle.resources import Order
from pluginhub.models import Installation
from pluginhub.web import auth, keys, queries
from pluginhub.web.api import shapes
from pluginhub.web.api.shapes import Json


class Body(BaseModel):
    """What the body of every verb may say: the plan that was shown, which is to be carried out."""

    model_config = ConfigDict(extra="forbid")

    plan: Annotated[str, StringConstraints(max_length=64)] | None = None


async def read(request: web.Request, body: Body | None = None) -> Order:
    """Return the order in a request: ``?user=``, ``?dry_run=``, ``?skip_hooks=``.

    Raises:
        InvalidError: A switch has another value than true and false, or there are other
            parameters.
        ForbiddenError: Somebody else is named, and the one who asks is not an admin.
        NotFoundError: There is no such user.
    """
    queries.refuse_unknown(request, "user", "dry_run", "skip_hooks")
    user = await auth.subject(request)
    return Order(
        user.id,
        request[keys.ACTOR],
        dry_run=queries.switch(request, "dry_run"),
        plan_id=body.plan if body else None,
        skip_hooks=queries.switch(request, "skip_hooks"),
    )


def answer(
    request: web.Request, plan: Plan, installation: Installation | None, **more: object
) -> web.Response:
    """Answer what came of a verb, or what would come of it.

    Args:
        request: Says whether it was only asked.
        plan: Carried out, or not.
        installation: As it is now; None where only the plan counts.
        **more: Other keys.
    """
    body: Json = {"plan": shapes.plan(plan)}
    if queries.switch(request, "dry_run") or installation is None:
        return web.json_response(body)
    return web.json_response({**shapes.installation(installation), **more, **body})
