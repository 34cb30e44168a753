"""The verbs on webhooks, which only admins use: tests/web/api/test_webhooks.py."""

from collections.abc import AsyncIterator

import pytest

from pluginhub.config.sections import Publish
from pluginhub.database import audit
from pluginhub.database.connection import Database
from pluginhub.errors import ConflictError, NotFoundError, SourceError
from pluginhub.events.feed import Feed
from pluginhub.events.sending import Sender
from pluginhub.events.signing import Signer
from pluginhub.events.webhooks import Webhooks
from pluginhub.sources.client import Client
from pluginhub.sources.guard import Guard
from tests.events.world import ROOT, record

URL = "https://receiver.example/hook?token=secret"
KEY = b"k" * 32


@pytest.fixture(name="webhooks")
async def _webhooks(database: Database, feed: Feed) -> AsyncIterator[Webhooks]:
    guard, signer = Guard(Publish()), Signer(KEY)
    client = Client(guard, 1)
    yield Webhooks(database, guard, signer, Sender(database, feed, client, signer))
    await client.close()


async def test_a_webhook_begins_with_what_happens_next(
    database: Database, webhooks: Webhooks
) -> None:
    await record(database, "publish")
    webhook, secret = await webhooks.add(URL, ["yanked", "yanked"], actor=ROOT)
    assert (webhook.url, webhook.events, webhook.enabled) == (URL, ("yanked",), True)
    assert webhook.position == 1
    assert secret == Signer(KEY).secret(webhook.id)
    assert await webhooks.list_all() == [webhook]


@pytest.mark.parametrize("url", ["http://x.example/", "ftp://x.example", "https://a:b@x.example/"])
async def test_an_address_that_nobody_may_be_sent_to_is_refused(
    webhooks: Webhooks, url: str
) -> None:
    webhook, _ = await webhooks.add(URL, [], actor=ROOT)
    with pytest.raises(SourceError):
        await webhooks.add(url, [], actor=ROOT)
    with pytest.raises(SourceError):
        await webhooks.change(webhook.id, url=url, actor=ROOT)
    assert await webhooks.list_all() == [webhook]


async def test_only_what_is_given_is_changed(webhooks: Webhooks) -> None:
    webhook, _ = await webhooks.add(URL, ["yanked"], actor=ROOT)
    await webhooks.change(webhook.id, events=[], actor=ROOT)
    await webhooks.change(webhook.id, url="https://other.example/", actor=ROOT)
    changed = await webhooks.change(webhook.id, enabled=False, actor=ROOT)
    assert (changed.url, changed.events) == ("https://other.example/", ())
    [found] = await webhooks.list_all()
    assert (found.url, found.events, found.enabled) == ("https://other.example/", (), False)


async def test_there_are_so_many_and_no_more(webhooks: Webhooks) -> None:
    for _ in range(50):
        await webhooks.add(URL, [], actor=ROOT)
    with pytest.raises(ConflictError):
        await webhooks.add(URL, [], actor=ROOT)


async def test_what_is_not_there_is_said_so(webhooks: Webhooks) -> None:
    nothing = "0" * 32
    for verb in (
        webhooks.change(nothing, enabled=True, actor=ROOT),
        webhooks.remove(nothing, actor=ROOT),
        webhooks.try_out(nothing, actor=ROOT),
        webhooks.deliveries(nothing),
    ):
        with pytest.raises(NotFoundError):
            await verb


async def test_every_change_is_audited_and_no_secret_is_in_the_database(
    database: Database, webhooks: Webhooks
) -> None:
    webhook, secret = await webhooks.add(URL, [], actor=ROOT)
    await webhooks.change(webhook.id, enabled=False, actor=ROOT)
    await webhooks.remove(webhook.id, actor=ROOT)
    async with database.snapshot() as connection:
        found = await audit.search(connection)
    assert [it.action for it in found] == ["remove-webhook", "change-webhook", "add-webhook"]
    assert {it.target for it in found} == {webhook.id}
    assert "secret" not in str(found)
    async with database.snapshot() as connection:
        dump = [line async for line in connection.iterdump()]
    assert secret not in "".join(dump)
