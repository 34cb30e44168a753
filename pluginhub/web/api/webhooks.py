"""The native API: addresses that are sent what happens."""

from typing import Annotated, Any, Literal, Self

from aiohttp import web
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from pluginhub import errors
from pluginhub.database.webhooks import Delivery, Webhook
from pluginhub.events.actions import TYPES
from pluginhub.web import keys
from pluginhub.web.api.shapes import moment
from pluginhub.web.operations import Answer, Body, operation

_EXAMPLE: JsonDict = {
    "id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f",
    "url": "https://chat.example.org/hooks/plugins",
    "events": ["published", "yanked"],
    "enabled": True,
    "created_at": "2026-05-01T09:30:00Z",
}
_DELIVERY_EXAMPLE: JsonDict = {
    "id": "5e1d9b7a3c2f4e608a7b9c0d1e2f3a4b",
    "event_id": 17,
    "event": "published",
    "state": "waiting",
    "at": "2026-05-01T09:30:00Z",
    "status": 503,
    "error": "the answer was 503",
    "attempts": 2,
    "duration_ms": 41,
    "next_attempt_at": "2026-05-01T09:30:30Z",
}


def _known(kind: str) -> str:
    if kind not in TYPES:
        raise ValueError(f"must be one of {', '.join(TYPES)}")
    return kind


Url = Annotated[str, StringConstraints(min_length=1, max_length=2048)]
Type = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": [*TYPES]})]
Types = Annotated[list[Type], Field(max_length=len(TYPES))]


class NewWebhook(Body):
    """An address that is to be sent what happens."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": _EXAMPLE["url"], "events": _EXAMPLE["events"]}]}
    )

    url: Url
    events: Types = Field(default=[], description="Types of events; none for all.")


class WebhookChange(Body):
    """What is to be another of a webhook."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": False}]})

    url: Url | None = None
    events: Types | None = None
    enabled: bool | None = None


class WebhookAnswer(Answer):
    """A webhook without its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    url: str
    events: list[str]
    enabled: bool
    created_at: str

    @classmethod
    def of(cls, found: Webhook, **more: Any) -> Self:
        """Return how a webhook is shown; ``more`` are the fields of a derived model."""
        return cls(
            id=found.id,
            url=found.url,
            events=list(found.events),
            enabled=found.enabled,
            created_at=moment(found.created_at),
            **more,
        )


class NewWebhookAnswer(WebhookAnswer):
    """A webhook with its secret, which is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_EXAMPLE, "secret": "Zs4XcRZ4PSSXTmwu"}]}
    )

    secret: str


class WebhooksAnswer(Answer):
    """All webhooks, the oldest first."""

    webhooks: list[WebhookAnswer]


class DeliveryAnswer(Answer):
    """What became of an event that was sent to a webhook."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DELIVERY_EXAMPLE]})

    id: str
    event_id: int | None
    event: str
    state: Literal["delivered", "waiting", "given-up"]
    at: str
    status: int | None
    error: str | None
    attempts: int
    duration_ms: int
    next_attempt_at: str | None

    @classmethod
    def of(cls, found: Delivery) -> Self:
        """Return how a delivery is shown."""
        waits = found.next_at is not None
        return cls(
            id=found.id,
            event_id=found.event_id,
            event=found.type,
            state="delivered" if found.error is None else "waiting" if waits else "given-up",
            at=moment(found.at),
            status=found.status,
            error=found.error,
            attempts=found.attempts,
            duration_ms=found.duration,
            next_attempt_at=None if found.next_at is None else moment(found.next_at),
        )


class DeliveriesAnswer(Answer):
    """The last deliveries of a webhook, the newest first."""

    deliveries: list[DeliveryAnswer]


@operation()
async def list_all(request: web.Request) -> WebhooksAnswer:
    """Answer all webhooks."""
    found = await request.app[keys.WEBHOOKS].list_all()
    return WebhooksAnswer(webhooks=[WebhookAnswer.of(webhook) for webhook in found])


@operation(
    status=201,
    answer=NewWebhookAnswer,
    errors=(errors.SourceError, errors.ConflictError),
    creates=True,
)
async def add(request: web.Request, body: NewWebhook) -> web.Response:
    """Send events to an address from now on. The answer alone holds the secret."""
    webhook, secret = await request.app[keys.WEBHOOKS].add(
        body.url, body.events, actor=request[keys.ACTOR]
    )
    answer = NewWebhookAnswer.of(webhook, secret=secret)
    return web.json_response(
        body=answer.model_dump_json().encode(), status=201, headers={"Cache-Control": "no-store"}
    )


@operation(errors=(errors.NotFoundError, errors.SourceError))
async def change(request: web.Request, body: WebhookChange) -> WebhookAnswer:
    """Change a webhook; what happens while it is off is not sent later."""
    changed = await request.app[keys.WEBHOOKS].change(
        request.match_info["id"],
        url=body.url,
        events=body.events,
        enabled=body.enabled,
        actor=request[keys.ACTOR],
    )
    return WebhookAnswer.of(changed)


@operation(status=204, errors=(errors.NotFoundError,))
async def remove(request: web.Request) -> None:
    """Send nothing more to a webhook."""
    await request.app[keys.WEBHOOKS].remove(request.match_info["id"], actor=request[keys.ACTOR])


@operation(errors=(errors.NotFoundError,))
async def test(request: web.Request) -> DeliveryAnswer:
    """Send a webhook an event of the type ``test``, once, and answer what became of it."""
    actor = request[keys.ACTOR]
    done = await request.app[keys.WEBHOOKS].try_out(request.match_info["id"], actor=actor)
    return DeliveryAnswer.of(done)


@operation(errors=(errors.NotFoundError,))
async def deliveries(request: web.Request) -> DeliveriesAnswer:
    """Answer what became of the last events that were sent to a webhook."""
    found = await request.app[keys.WEBHOOKS].deliveries(request.match_info["id"])
    return DeliveriesAnswer(deliveries=[DeliveryAnswer.of(delivery) for delivery in found])
