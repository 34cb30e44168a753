"""The page of webhooks, with what became of the last events that were sent."""

from dataclasses import dataclass
from typing import Annotated

from aiohttp import web
from pydantic import BeforeValidator, Field, StringConstraints

from pluginhub.database import webhooks as rows
from pluginhub.database.webhooks import Delivery, Webhook
from pluginhub.events.actions import TYPES
from pluginhub.web import keys
from pluginhub.web.api.webhooks import Types, Url
from pluginhub.web.pages import forms, rendering

_SHOWN = 5  # deliveries of each
_PAGE = "/status/webhooks"


def _words(text: object) -> object:
    return text.replace(",", " ").split() if isinstance(text, str) else text


class NewWebhook(forms.Form):
    """An address that is to be sent what happens; without types of events, all of it."""

    url: Url
    events: Annotated[Types, BeforeValidator(_words)] = Field(default=[])


class OfWebhook(forms.Form):
    """Which webhook."""

    id: Annotated[str, StringConstraints(max_length=64)]


@dataclass(frozen=True, slots=True)
class Listed:
    """A webhook, and its last deliveries."""

    webhook: Webhook
    deliveries: list[Delivery]


async def show(request: web.Request) -> web.Response:
    """Answer the page."""
    return await _page(request)


async def add(request: web.Request) -> web.Response:
    """Send events to an address from now on, and show the secret."""
    form = await forms.read(request, NewWebhook)
    _, secret = await request.app[keys.WEBHOOKS].add(
        form.url, form.events, actor=request[keys.ACTOR]
    )
    return await _page(request, secret=secret)


async def enable(request: web.Request) -> web.Response:
    """Send events to a webhook again."""
    return await _switch(request, enabled=True)


async def disable(request: web.Request) -> web.Response:
    """Send nothing to a webhook for now."""
    return await _switch(request, enabled=False)


async def remove(request: web.Request) -> web.Response:
    """Forget a webhook."""
    form = await forms.read(request, OfWebhook)
    await request.app[keys.WEBHOOKS].remove(form.id, actor=request[keys.ACTOR])
    return rendering.see(request, _PAGE, "webhook-removed")


async def test(request: web.Request) -> web.Response:
    """Send a webhook a trial, and say what became of it."""
    form = await forms.read(request, OfWebhook)
    done = await request.app[keys.WEBHOOKS].try_out(form.id, actor=request[keys.ACTOR])
    return rendering.see(request, _PAGE, "webhook-refused" if done.error else "webhook-taken")


async def _switch(request: web.Request, *, enabled: bool) -> web.Response:
    form = await forms.read(request, OfWebhook)
    webhooks, actor = request.app[keys.WEBHOOKS], request[keys.ACTOR]
    await webhooks.change(form.id, enabled=enabled, actor=actor)
    return rendering.see(request, _PAGE, "webhook-on" if enabled else "webhook-off")


async def _page(request: web.Request, secret: str = "") -> web.Response:
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await rows.list_all(connection)
        latest = await rows.latest(connection, _SHOWN)
    return await rendering.render(
        request,
        "status_webhooks.html",
        webhooks=[Listed(webhook, latest.get(webhook.id, [])) for webhook in found],
        types=TYPES,
        secret=secret,
    )
