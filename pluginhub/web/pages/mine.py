"""The page of what a user has."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from pluginhub.database import installations, releases
from pluginhub.lifecycle import updates
from pluginhub.lifecycle.resources import Order
from pluginhub.lifecycle.update import update_all as update_all_plugins
from pluginhub.models import Installation, Release
from pluginhub.web import auth, keys
from pluginhub.web.api.shapes import notice_of
from pluginhub.web.pages import rendering


@dataclass(frozen=True, slots=True)
class Owned:
    """A plugin of a user, as the page shows it.

    Attributes:
        latest: The version that an update leads to, or None.
        previous: The version that a roll back leads to, or None.
        notice: What the user should know of the release, or None.
    """

    installation: Installation
    latest: str | None
    previous: str | None
    notice: str | None

    @property
    def release(self) -> Release:
        """What is installed."""
        return self.installation.release


async def owned(request: web.Request, installed: Sequence[Installation]) -> list[Owned]:
    """Return what a page shows of some installations of the user who asks."""
    news = await updates.about(
        request.app[keys.RESOURCES], installed, may_publish=auth.may_publish(request)
    )
    before = {it.previous_release_id for it in installed if it.previous_release_id is not None}
    async with request.app[keys.DATABASE].snapshot() as connection:
        known = await releases.get_many(connection, before)
    return [_owned(item.installation, item.latest, known) for item in news]


def _owned(installation: Installation, latest: str | None, known: dict[int, Release]) -> Owned:
    previous = known.get(installation.previous_release_id or -1)
    return Owned(
        installation,
        latest,
        previous.version if previous else None,
        notice_of(installation.release),
    )


async def show(request: web.Request) -> web.Response:
    """Answer the page."""
    user = auth.signed_in(request)
    async with request.app[keys.DATABASE].snapshot() as connection:
        installed = await installations.list_of(connection, user.id)
    plugins = await owned(request, installed)
    outdated = [item for item in plugins if item.latest]
    return await rendering.render(request, "mine.html", plugins=plugins, outdated=outdated)


async def update_all(request: web.Request) -> web.Response:
    """Update everything; what cannot be updated stays, and the page says why."""
    order = Order(auth.signed_in(request).id, request[keys.ACTOR])
    plans = await update_all_plugins(request.app[keys.RESOURCES], order)
    left = [note for plan in plans for note in plan.blocked]
    if not left:
        return rendering.see(request, "/", "updated-all")
    return await rendering.render(request, "left.html", notes=left)
