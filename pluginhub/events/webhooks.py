"""The verbs on webhooks: add, change, remove, try."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from yarl import URL

from pluginhub.database import audit, webhooks
from pluginhub.database.connection import Connection, Database
from pluginhub.database.webhooks import Delivery, Webhook
from pluginhub.errors import ConflictError, NotFoundError
from pluginhub.events import event
from pluginhub.events.actions import TEST
from pluginhub.events.sending import Sender
from pluginhub.events.signing import Signer
from pluginhub.models import Actor
from pluginhub.sources.guard import Guard

_MOST = 50  # webhooks


class Webhooks:
    """Keeps webhooks.

    Args:
        database: Has their rows.
        guard: Which addresses they may have.
        signer: Knows their secrets.
        sender: Sends to them.
    """

    def __init__(self, database: Database, guard: Guard, signer: Signer, sender: Sender) -> None:
        self._database = database
        self._guard = guard
        self._signer = signer
        self._sender = sender

    async def list_all(self) -> list[Webhook]:
        """Return all webhooks, the oldest first."""
        async with self._database.snapshot() as connection:
            return await webhooks.list_all(connection)

    async def add(self, url: str, events: Sequence[str], *, actor: Actor) -> tuple[Webhook, str]:
        """Send events to an address from now on.

        Args:
            url: The address.
            events: Types; none for all.
            actor: Who asks.

        Returns:
            The webhook, and the secret by which its receiver knows us.

        Raises:
            SourceError: This is no address, or none that the server is sent to.
            ConflictError: There are too many webhooks.
        """
        host = self._guard.parse(url).host
        async with self._database.transaction() as tx:
            if len(await webhooks.list_all(tx)) >= _MOST:
                raise ConflictError(f"there are {_MOST} webhooks already; remove one first")
            now = self._database.now()
            webhook = Webhook(
                id=secrets.token_hex(16),
                url=url,
                events=tuple(dict.fromkeys(events)),
                enabled=True,
                position=await audit.newest_id(tx),
                created_at=now,
            )
            await webhooks.add(tx, webhook)
            await audit.record(tx, actor, "add-webhook", webhook.id, now, host=host)
        self._sender.reload()
        return webhook, self._signer.secret(webhook.id)

    async def change(
        self,
        webhook_id: str,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        enabled: bool | None = None,
        actor: Actor,
    ) -> Webhook:
        """Change what is given of a webhook; what happens while it is off is not sent later.

        Raises:
            NotFoundError: There is no such webhook.
            SourceError: This is no address, or none that the server is sent to.
        """
        if url is not None:
            self._guard.parse(url)
        async with self._database.transaction() as tx:
            before = await _get(tx, webhook_id)
            after = replace(
                before,
                url=before.url if url is None else url,
                events=before.events if events is None else tuple(dict.fromkeys(events)),
                enabled=before.enabled if enabled is None else enabled,
            )
            await webhooks.change(tx, after)
            if before.enabled != after.enabled:
                await webhooks.give_up(tx, webhook_id)
                await webhooks.move(tx, webhook_id, await audit.newest_id(tx))
            await audit.record(
                tx,
                actor,
                "change-webhook",
                webhook_id,
                self._database.now(),
                host=URL(after.url).host,
                events=after.events,
                enabled=after.enabled,
            )
        self._sender.reload()
        return after

    async def remove(self, webhook_id: str, *, actor: Actor) -> None:
        """Send nothing more to a webhook, and forget what was sent to it.

        Raises:
            NotFoundError: There is no such webhook.
        """
        async with self._database.transaction() as tx:
            await _get(tx, webhook_id)
            await webhooks.remove(tx, webhook_id)
            await audit.record(tx, actor, "remove-webhook", webhook_id, self._database.now())
        self._sender.reload()

    async def try_out(self, webhook_id: str, *, actor: Actor) -> Delivery:
        """Send a webhook an event of the type ``test``, also if it is off, and once only.

        Raises:
            NotFoundError: There is no such webhook.
        """
        async with self._database.snapshot() as connection:
            webhook = await _get(connection, webhook_id)
        trial = Delivery(secrets.token_hex(16), webhook.id, None, TEST)
        body = event.content(None, TEST, self._database.now(), actor=actor.name)
        done = await self._sender.attempt(webhook, trial, body)
        async with self._database.transaction() as tx:
            await webhooks.record(tx, done)
        return done

    async def deliveries(self, webhook_id: str) -> list[Delivery]:
        """Return the last deliveries of a webhook, the newest first.

        Raises:
            NotFoundError: There is no such webhook.
        """
        async with self._database.snapshot() as connection:
            await _get(connection, webhook_id)
            return await webhooks.deliveries(connection, webhook_id)


async def _get(connection: Connection, webhook_id: str) -> Webhook:
    if webhook := await webhooks.find(connection, webhook_id):
        return webhook
    raise NotFoundError("there is no such webhook", webhook=webhook_id)
