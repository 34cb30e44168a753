"""Sends events to webhooks: in their order, at least once, and none waits for another."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from pluginhub.database import webhooks
from pluginhub.database.connection import Database
from pluginhub.database.webhooks import Delivery, Webhook
from pluginhub.errors import SourceError
from pluginhub.events.event import Event, Viewer
from pluginhub.events.feed import Feed
from pluginhub.events.signing import Signer
from pluginhub.sources.client import Client

log = structlog.get_logger(__name__)

_WAITS = (5, 30, 120, 600, 3600)  # seconds before each further attempt
_FAR = 1000  # entries of the audit that may be read again after a restart
_TAKEN = range(200, 300)  # statuses
_EVERYTHING = Viewer(None, admin=True)


class Sender:
    """Sends what happens to all webhooks that are on.

    Args:
        database: Has them.
        feed: Tells what happens.
        client: Asks other servers; its deadline is theirs.
        signer: Signs what is sent.
        sleep: Waits some seconds.
    """

    def __init__(
        self,
        database: Database,
        feed: Feed,
        client: Client,
        signer: Signer,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._feed = feed
        self._client = client
        self._signer = signer
        self._sleep = sleep
        self._changed = asyncio.Event()

    def reload(self) -> None:
        """Look which webhooks there are: something of them is another."""
        self._changed.set()

    async def run(self) -> None:
        """Send until cancelled."""
        tasks: dict[Webhook, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                self._changed.clear()
                async with self._database.snapshot() as connection:
                    found = await webhooks.list_all(connection)
                wanted = {replace(webhook, position=0) for webhook in found if webhook.enabled}
                gone = [tasks.pop(webhook) for webhook in tasks.keys() - wanted]
                for task in gone:
                    task.cancel()
                if gone:
                    await asyncio.wait(gone)  # so that nothing is sent by two
                for webhook in wanted - tasks.keys():
                    tasks[webhook] = group.create_task(self._follow(webhook.id))
                await self._changed.wait()

    async def attempt(self, webhook: Webhook, delivery: Delivery, body: bytes) -> Delivery:
        """Send something once, and return what became of it."""
        now, loop = self._database.now(), asyncio.get_running_loop()
        headers = {
            "Content-Type": "application/json",
            "X-Pluginhub-Event": delivery.type,
            "X-Pluginhub-Delivery": delivery.id,
            "X-Pluginhub-Signature": self._signer.signature(webhook.id, now, body),
        }
        status: int | None = None
        begun = loop.time()
        try:
            status = await self._client.post(webhook.url, body, headers)
        except SourceError as refused:
            error: str | None = refused.message
        else:
            error = None if status in _TAKEN else f"the answer was {status}"
        return replace(
            delivery,
            attempts=delivery.attempts + 1,
            at=now,
            duration=round((loop.time() - begun) * 1000),
            status=status,
            error=error,
            next_at=None,
        )

    async def _follow(self, webhook_id: str) -> None:
        """Send a webhook what it wants of what happens, from where it is."""
        async with self._database.snapshot() as connection:
            webhook = await webhooks.find(connection, webhook_id)
        if webhook is None:
            return
        position = webhook.position
        async with self._feed.joined(_EVERYTHING, since=position) as listener:
            while not listener.ended:
                new = await self._feed.take(listener)
                for event in new:
                    if event.type in (webhook.events or (event.type,)):
                        await self._deliver(webhook, event)
                        position = event.id
                if listener.position - position >= _FAR:
                    position = listener.position
                    async with self._database.transaction() as tx:
                        await webhooks.move(tx, webhook.id, position)
                if not new:
                    await listener.news()

    async def _deliver(self, webhook: Webhook, event: Event) -> None:
        """Send an event until it is taken, or for as long as it makes sense."""
        # Of what is sent: numbers alone begin anew after a backup is restored.
        name = hashlib.blake2b(event.whole, key=webhook.id.encode(), digest_size=16).hexdigest()
        delivery = Delivery(name, webhook.id, event.id, event.type)
        async with self._database.snapshot() as connection:
            delivery = await webhooks.find_delivery(connection, delivery.id) or delivery
        while True:
            if delivery.next_at is not None:
                wait = delivery.next_at - self._database.now()
                await self._sleep(min(max(0, wait), _WAITS[-1]))  # a clock may have jumped
            delivery = _judged(await self.attempt(webhook, delivery, event.whole))
            done = delivery.next_at is None
            async with self._database.transaction() as tx:
                await webhooks.record(tx, delivery)
                if done:
                    await webhooks.move(tx, webhook.id, event.id)
            if done:
                break
        if delivery.error:
            log.warning("gave up sending an event", webhook=webhook.id, reason=delivery.error)


def _judged(delivery: Delivery) -> Delivery:
    """Return a delivery that was attempted with when it is attempted again."""
    if delivery.error is None or delivery.attempts > len(_WAITS):
        return delivery
    return replace(delivery, next_at=delivery.at + _WAITS[delivery.attempts - 1])
