"""Finds what an address of the existing frontend's API names, among what its user has."""

from collections.abc import Sequence

from aiohttp import web

from pluginhub.database import former_ids, installations
from pluginhub.errors import NotFoundError
from pluginhub.lifecycle import updates
from pluginhub.lifecycle.resources import Order
from pluginhub.lifecycle.updates import News
from pluginhub.models import Installation
from pluginhub.web import auth, keys
from pluginhub.web.compat import ids, records
from pluginhub.web.compat.records import Json


async def installed(request: web.Request) -> list[Installation]:
    """Return what the user of a request has, by slug."""
    user = auth.signed_in(request)
    async with request.app[keys.DATABASE].snapshot() as connection:
        return await installations.list_of(connection, user.id)


async def find(request: web.Request) -> Installation | None:
    """Return the plugin that the address names by slug or id, or None if the user lacks it."""
    user, asked = auth.signed_in(request), request.match_info["id"]
    async with request.app[keys.DATABASE].snapshot() as connection:
        if found := await installations.find(connection, user.id, ids.slug_of(user, asked)):
            return found
        former = await former_ids.slug_of(connection, user.id, asked)
        return await installations.find(connection, user.id, former) if former else None


async def news_of(request: web.Request, found: Sequence[Installation]) -> dict[str, News]:
    """Return what there is to say of updates of the user's installations, by slug."""
    resources, may_publish = request.app[keys.RESOURCES], auth.may_publish(request)
    told = await updates.about(resources, found, may_publish=may_publish)
    return {news.installation.slug: news for news in told}


async def plugin_row(request: web.Request, found: Installation) -> Json:
    """Return the row of an installation of the user, with what there is to say of updates."""
    news = await news_of(request, [found])
    return records.plugin_row(found, news[found.slug])


async def get(request: web.Request, missing: str) -> Installation:
    """Return the plugin that the address names by slug or id.

    Args:
        request: What was asked.
        missing: What to say if the user does not have it.

    Raises:
        NotFoundError: The user does not have it.
    """
    if installation := await find(request):
        return installation
    raise NotFoundError(missing)


def named(request: web.Request) -> str:
    """Return the slug of the plugin that the address names, whether there is one or not."""
    return ids.slug_of(auth.signed_in(request), request.match_info["id"])


def order(request: web.Request) -> Order:
    """Return an order of the user of a request for their own plugins."""
    return Order(auth.signed_in(request).id, request[keys.ACTOR])
