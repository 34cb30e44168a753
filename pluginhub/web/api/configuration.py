"""The native API: a user's configuration of a plugin, and where its updates may lead."""

from typing import Annotated

from aiohttp import web
from pydantic import ConfigDict, Field

from pluginhub import errors
from pluginhub.lifecycle import configuration
from pluginhub.lifecycle.configure import configure, set_channel
from pluginhub.lifecycle.configure import pin as pin_plugin
from pluginhub.lifecycle.configure import unpin as unpin_plugin
from pluginhub.lifecycle.plan import Plan, tag_of
from pluginhub.manifest import JSONObject
from pluginhub.models import Channel
from pluginhub.web import auth, keys, operations
from pluginhub.web.api import orders
from pluginhub.web.api.installations import ForUser, NoBody, current
from pluginhub.web.api.orders import Query
from pluginhub.web.api.plans import Carried
from pluginhub.web.operations import Answer, operation
from pluginhub.web.version_ranges import VersionOrRange

_REFUSALS = (
    errors.NotFoundError,
    errors.ConflictError,
    errors.InvalidError,
    errors.PreconditionFailedError,
)


class Configuration(orders.Body):
    """The keys to set."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"config": {"columns": 2}}]})

    config: JSONObject


class Pin(orders.Body):
    """A range, or null for the release that the plugin is on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"range": "^2"}]})

    range: VersionOrRange | None = None


class ChannelChoice(orders.Body):
    """Whether updates may lead to pre-releases."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"channel": "stable"}]})

    channel: Channel


class ConfigurationAnswer(Answer):
    """What is in force, what of it the user set, and the schema."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "slug": "Dashboard",
                    "config": {"columns": 2, "title": "Today"},
                    "set": {"columns": 2},
                    "schema": {"type": "object", "properties": {"columns": {"type": "integer"}}},
                }
            ]
        },
        validate_by_name=True,
        serialize_by_alias=True,
    )

    slug: str
    config: JSONObject
    set: JSONObject
    config_schema: Annotated[JSONObject | None, Field(alias="schema")]


@operation(answer=ConfigurationAnswer, errors=(errors.NotFoundError,))
async def show(request: web.Request, query: ForUser) -> web.Response:
    """Answer what is in force, what of it the user set, and the schema.

    Its ETag is what If-Match of the verbs on this plugin takes.
    """
    user = await auth.subject(request, query.user)
    found = await current(request, user.id)
    answer = ConfigurationAnswer(
        slug=found.slug,
        config=configuration.effective(found),
        set=found.config,
        config_schema=found.release.manifest.config_schema,
    )
    return operations.respond(answer, 200, tag_of(found))


@operation(errors=_REFUSALS)
async def replace(request: web.Request, query: Query, body: Configuration) -> Carried:
    """Set the whole configuration: keys that are not there take their defaults."""
    return await _configure(request, query, body, merge=False)


@operation(errors=_REFUSALS)
async def change(request: web.Request, query: Query, body: Configuration) -> Carried:
    """Change some keys of the configuration: null removes one (RFC 7396)."""
    return await _configure(request, query, body, merge=True)


@operation(errors=_REFUSALS)
async def pin(request: web.Request, query: Query, body: Pin) -> Carried:
    """Let updates stay within a range."""
    order = await orders.read(request, query, body)
    slug = request.match_info["slug"]
    plan = await pin_plugin(request.app[keys.RESOURCES], order, slug, body.range)
    return await _answer(request, query, order.user_id, plan)


@operation(errors=_REFUSALS)
async def unpin(request: web.Request, query: Query, body: NoBody) -> Carried:
    """Let updates lead anywhere again."""
    order = await orders.read(request, query, body)
    plan = await unpin_plugin(request.app[keys.RESOURCES], order, request.match_info["slug"])
    return await _answer(request, query, order.user_id, plan)


@operation(errors=_REFUSALS)
async def channel(request: web.Request, query: Query, body: ChannelChoice) -> Carried:
    """Choose whether updates may lead to pre-releases."""
    order = await orders.read(request, query, body)
    slug = request.match_info["slug"]
    plan = await set_channel(request.app[keys.RESOURCES], order, slug, body.channel)
    return await _answer(request, query, order.user_id, plan)


async def _configure(
    request: web.Request, query: Query, body: Configuration, *, merge: bool
) -> Carried:
    order = await orders.read(request, query, body)
    plan = await configure(
        request.app[keys.RESOURCES],
        order,
        request.match_info["slug"],
        body.config,
        merge=merge,
    )
    return await _answer(request, query, order.user_id, plan)


async def _answer(request: web.Request, query: Query, user_id: str, plan: Plan) -> Carried:
    return orders.answer(query, plan, await current(request, user_id))
