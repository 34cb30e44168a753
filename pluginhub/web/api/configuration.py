"""The native API: a user's configuration of a plugin, and where its updates may lead."""

from typing import Annotated

from aiohttp import web
from pydantic import StringConstraints

from pluginhub.lifecycle import configuration
from pluginhub.lifecycle.configure import configure, set_channel
from pluginhub.lifecycle.configure import pin as pin_plugin
from pluginhub.lifecycle.configure import unpin as unpin_plugin
from pluginhub.lifecycle.plan import Plan
from pluginhub.lifecycle.resources import Order
from pluginhub.manifest import JSONObject
from pluginhub.models import Channel
from pluginhub.web import auth, keys
from pluginhub.web.api import orders
from pluginhub.web.api.installations import current
from pluginhub.web.bodies import read_json


class Configuration(orders.Body):
    """The keys to set."""

    config: JSONObject


class Pin(orders.Body):
    """A range, or null for the release that the plugin is on."""

    range: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = None


class ChannelChoice(orders.Body):
    """Whether updates may lead to pre-releases."""

    channel: Channel


async def show(request: web.Request) -> web.Response:
    """Answer what is in force, what of it the user set, and the schema."""
    user = await auth.subject(request)
    found = await current(request, user.id)
    return web.json_response(
        {
            "slug": found.slug,
            "config": configuration.effective(found),
            "set": found.config,
            "schema": found.release.manifest.config_schema,
        }
    )


async def replace(request: web.Request) -> web.Response:
    """Set the whole configuration: keys that are not there take their defaults."""
    return await _configure(request, merge=False)


async def change(request: web.Request) -> web.Response:
    """Change some keys of the configuration: null removes one (RFC 7396)."""
    return await _configure(request, merge=True)


async def pin(request: web.Request) -> web.Response:
    """Let updates stay within a range."""
    body = await read_json(request, Pin)
    order = await orders.read(request, body)
    return await _answer(
        request,
        order,
        await pin_plugin(
            request.app[keys.RESOURCES], order, request.match_info["slug"], body.range
        ),
    )


async def unpin(request: web.Request) -> web.Response:
    """Let updates lead anywhere again."""
    order = await orders.read(request, await read_json(request, orders.Body))
    plan = await unpin_plugin(request.app[keys.RESOURCES], order, request.match_info["slug"])
    return await _answer(request, order, plan)


async def channel(request: web.Request) -> web.Response:
    """Choose whether updates may lead to pre-releases."""
    body = await read_json(request, ChannelChoice)
    order = await orders.read(request, body)
    plan = await set_channel(
        request.app[keys.RESOURCES], order, request.match_info["slug"], body.channel
    )
    return await _answer(request, order, plan)


async def _configure(request: web.Request, *, merge: bool) -> web.Response:
    body = await read_json(request, Configuration)
    order = await orders.read(request, body)
    plan = await configure(
        request.app[keys.RESOURCES],
        order,
        request.match_info["slug"],
        body.config,
        merge=merge,
    )
    return await _answer(request, order, plan)


async def _answer(request: web.Request, order: Order, plan: Plan) -> web.Response:
    return orders.answer(request, plan, await current(request, order.user_id))
