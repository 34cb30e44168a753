"""Reads from a request whose plugins it is about, and how it wants a verb carried out."""

from typing import Annotated

from aiohttp import hdrs, web
from pydantic import StringConstraints

from pluginhub.lifecycle.plan import Plan
from pluginhub.lifecycle.resources import Order
from pluginhub.models import Installation
from pluginhub.web import auth, keys, operations
from pluginhub.web.api.plans import Carried, Done, OnlyPlan, PlanAnswer
from pluginhub.web.queries import Switch


class Body(operations.Body):
    """What the body of every verb may say: the plan that was shown, which is to be carried out."""

    plan: Annotated[str, StringConstraints(max_length=64)] | None = None


class Query(operations.Query):
    """For whom, and how.

    Attributes:
        user: Name of the user; for admins.
        dry_run: Answer the plan, and change nothing.
        skip_hooks: Run no hooks.
    """

    user: str | None = None
    dry_run: Switch = False
    skip_hooks: Switch = False


async def read(request: web.Request, query: Query, body: Body | None = None) -> Order:
    """Return the order in a request.

    Raises:
        ForbiddenError: Somebody else is named, and the one who asks is not an admin.
        NotFoundError: There is no such user.
    """
    user = await auth.subject(request, query.user)
    return Order(
        user.id,
        request[keys.ACTOR],
        dry_run=query.dry_run,
        plan_id=body.plan if body else None,
        skip_hooks=query.skip_hooks,
        if_match=_if_match(request),
    )


def _if_match(request: web.Request) -> frozenset[str] | None:
    """Return the tags of If-Match (RFC 9110, section 13.1.1); None where any state will do."""
    if request.headers.get(hdrs.IF_MATCH, "*").strip() == "*":
        return None
    return frozenset(tag.value for tag in request.if_match or () if not tag.is_weak)


def answer(query: Query, plan: Plan, installation: Installation | None) -> Carried:
    """Return what came of a verb, or what would come of it.

    Args:
        query: Says whether it was only asked.
        plan: Carried out, or not.
        installation: As it is now; None where only the plan counts.
    """
    shown = PlanAnswer.of(plan)
    if query.dry_run or installation is None:
        return Carried(OnlyPlan(plan=shown))
    return Carried(Done.of(installation, plan=shown))
