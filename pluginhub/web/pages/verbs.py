"""The verbs that a user's pages offer on one plugin."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Literal

from aiohttp import web
from pydantic import StringConstraints

from pluginhub.errors import NotFoundError
from pluginhub.lifecycle import configure, enable, install, rollback, uninstall, update
from pluginhub.lifecycle.plan import Plan
from pluginhub.lifecycle.resources import Order, Resources
from pluginhub.models import Channel
from pluginhub.web import auth, keys
from pluginhub.web.pages import forms
from pluginhub.web.queries import Switch
from pluginhub.web.version_ranges import VersionOrRange

# What is shown as a plan before it is done.
Reviewed = Literal["install", "update", "rollback", "uninstall"]


class Wish(forms.Form):
    """How a verb is to be carried out.

    Attributes:
        version: Where to, for install and update.
        range: To stay within, for pin.
        module: For enable and disable; none means the plugin itself.
        plan: The id of the plan that was shown.
        next: The page to go to afterwards.
    """

    version: VersionOrRange | None = None
    range: VersionOrRange | None = None
    channel: Channel = "stable"
    module: Annotated[str, StringConstraints(max_length=128)] | None = None
    plan: Annotated[str, StringConstraints(max_length=64)] | None = None
    reset_config: Switch = False
    skip_hooks: Switch = False
    next: Literal["mine", "plugin"] = "plugin"


Verb = Callable[[Resources, Order, str, Wish], Awaitable[Plan]]


async def _install(resources: Resources, order: Order, slug: str, wish: Wish) -> Plan:
    return await install.install(resources, order, slug, wish.version, channel=wish.channel)


async def _update(resources: Resources, order: Order, slug: str, wish: Wish) -> Plan:
    return await update.update(resources, order, slug, wish.version, reset_config=wish.reset_config)


async def _roll_back(resources: Resources, order: Order, slug: str, wish: Wish) -> Plan:
    return await rollback.roll_back(resources, order, slug, reset_config=wish.reset_config)


async def _uninstall(resources: Resources, order: Order, slug: str, _wish: Wish) -> Plan:
    return await uninstall.uninstall(resources, order, slug)


async def _enable(resources: Resources, order: Order, slug: str, wish: Wish) -> Plan:
    modules = [wish.module] if wish.module else []
    return await enable.switch(resources, order, slug, enabled=True, modules=modules)


async def _disable(resources: Resources, order: Order, slug: str, wish: Wish) -> Plan:
    modules = [wish.module] if wish.module else []
    return await enable.switch(resources, order, slug, enabled=False, modules=modules)


async def _pin(resources: Resources, order: Order, slug: str, wish: Wish) -> Plan:
    return await configure.pin(resources, order, slug, wish.range)


async def _unpin(resources: Resources, order: Order, slug: str, _wish: Wish) -> Plan:
    return await configure.unpin(resources, order, slug)


async def _channel(resources: Resources, order: Order, slug: str, wish: Wish) -> Plan:
    return await configure.set_channel(resources, order, slug, wish.channel)


VERBS: Mapping[str, Verb] = {
    "install": _install,
    "update": _update,
    "rollback": _roll_back,
    "uninstall": _uninstall,
    "enable": _enable,
    "disable": _disable,
    "pin": _pin,
    "unpin": _unpin,
    "channel": _channel,
}


async def carry_out(request: web.Request, wish: Wish, *, dry_run: bool = False) -> Plan:
    """Do what the address of a request names to the plugin that it names.

    Args:
        request: Of the user whose plugin it is.
        wish: How.
        dry_run: Return the plan, and change nothing.

    Raises:
        NotFoundError: There is no such verb or plugin.
        HubError: Of the verb.
    """
    verb = VERBS.get(request.match_info["action"])
    if verb is None:
        raise NotFoundError("there is no such page")
    order = Order(
        auth.signed_in(request).id,
        request[keys.ACTOR],
        dry_run=dry_run,
        plan_id=wish.plan,
        skip_hooks=wish.skip_hooks,
    )
    return await verb(request.app[keys.RESOURCES], order, request.match_info["slug"], wish)
