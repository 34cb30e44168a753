"""Every webhook gets what it wants, in its order and at least once; a dead one harms no other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from pluginhub import background
from pluginhub.database import webhooks as rows
from pluginhub.database.connection import Database
from pluginhub.database.webhooks import Delivery
from pluginhub.events import sending
from pluginhub.events.feed import Feed
from pluginhub.events.sending import Sender
from pluginhub.events.signing import Signer
from pluginhub.events.webhooks import Webhooks
from pluginhub.sources.client import Client
from pluginhub.sources.guard import Guard
from tests.accounts.conftest import Clock
from tests.events.receiver import SETTINGS, Receiver, receiving
from tests.events.world import ANN, ROOT, record

SIGNER = Signer(b"k" * 32)


@dataclass
class World:
    """A sender that runs, by a clock that runs when somebody waits for it."""

    database: Database
    clock: Clock
    webhooks: Webhooks
    slept: list[float] = field(default_factory=list)

    async def add(self, url: str, *events: str) -> str:
        webhook, _ = await self.webhooks.add(url, events, actor=ROOT)
        return webhook.id

    async def ended(self, webhook_id: str, number: int) -> list[Delivery]:
        """Wait until so many deliveries are over, and return all, the oldest first."""
        async with asyncio.timeout(8):
            while True:
                found = await self.webhooks.deliveries(webhook_id)
                if sum(it.next_at is None for it in found) >= number:
                    return found[::-1]
                await asyncio.sleep(0.01)


@asynccontextmanager
async def sending_with(
    database: Database, clock: Clock, deadline: float = 5, **settings: Any
) -> AsyncIterator[World]:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.time += seconds
        await asyncio.sleep(0)

    feed = Feed(database, 10)
    await feed.begin()
    guard = Guard(SETTINGS.model_copy(update=settings))
    client = Client(guard, deadline)
    sender = Sender(database, feed, client, SIGNER, sleep)
    try:
        async with (
            background.running("events", feed.run),
            background.running("webhooks", sender.run),
        ):
            yield World(database, clock, Webhooks(database, guard, SIGNER, sender), slept)
    finally:
        await client.close()


@pytest.fixture(name="world")
async def _world(database: Database, clock: Clock) -> AsyncIterator[World]:
    async with sending_with(database, clock) as world:
        yield world


@pytest.fixture(name="receiver")
async def _receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def test_what_happens_is_sent_as_listeners_hear_it_and_signed(
    world: World, receiver: Receiver
) -> None:
    webhook = await world.add(f"{receiver.url}?token=x")
    await record(world.database, "install", user_id=ANN)
    [found] = await receiver.got(1)
    assert (found["type"], found["user"], found["slug"]) == ("installed", "ann", "Clock")
    headers = receiver.headers[0]
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Pluginhub-Event"] == "installed"
    assert headers["X-Pluginhub-Signature"].startswith(f"t={int(world.clock.time)},v1=")
    assert receiver.is_signed(0, SIGNER.secret(webhook))
    assert not receiver.is_signed(0, SIGNER.secret("0" * 32))
    [done] = await world.ended(webhook, 1)
    assert (done.status, done.error, done.attempts, done.type) == (204, None, 1, "installed")
    assert headers["X-Pluginhub-Delivery"] == done.id


async def test_only_what_is_wanted_is_sent(world: World, receiver: Receiver) -> None:
    await world.add(receiver.url, "yanked", "published")
    for action in ("install", "publish", "update", "yank"):
        await record(world.database, action)
    assert [it["type"] for it in await receiver.got(2)] == ["published", "yanked"]


async def test_what_is_not_taken_is_sent_again_later_and_later_and_then_given_up(
    world: World, receiver: Receiver
) -> None:
    receiver.statuses = [500, 404, 301, 307, 503, 500, 204]
    webhook = await world.add(receiver.url)
    await record(world.database, "publish")
    await record(world.database, "yank")
    await receiver.got(7)
    first, second = await world.ended(webhook, 2)
    assert world.slept == [5, 30, 120, 600, 3600]
    assert (first.attempts, first.status, first.error) == (6, 500, "the answer was 500")
    assert (second.attempts, second.status, second.error) == (1, 204, None)
    assert receiver.ids[:6] == [receiver.ids[0]] * 6
    assert receiver.ids[6] > receiver.ids[0]
    assert len({headers["X-Pluginhub-Delivery"] for headers in receiver.headers}) == 2
    assert {*receiver.paths} == {"POST /hook"}  # no redirect was followed


async def test_what_is_taken_at_last_is_not_sent_any_more(world: World, receiver: Receiver) -> None:
    receiver.statuses = [500, 500]
    webhook = await world.add(receiver.url)
    await record(world.database, "publish")
    await record(world.database, "yank")
    first, _ = await world.ended(webhook, 2)
    assert (first.attempts, first.status, world.slept) == (3, 204, [5, 30])
    assert len(receiver.bodies) == 4


async def test_a_receiver_that_hangs_holds_up_no_other(
    database: Database, clock: Clock, receiver: Receiver
) -> None:
    async with receiving() as slow, sending_with(database, clock) as world:
        hanging, go = asyncio.Event(), asyncio.Event()

        async def hang(_request: web.Request) -> web.Response:
            hanging.set()
            await go.wait()
            return web.Response()

        slow.answer = hang
        await world.add(slow.url)
        await world.add(receiver.url)
        for _ in range(3):
            await record(world.database, "publish")
        await hanging.wait()
        await receiver.got(3)
        assert len(slow.bodies) == 1
        go.set()
        await slow.got(3)
        assert slow.ids == receiver.ids == sorted(receiver.ids)


async def test_who_does_not_answer_in_time_has_not_taken_it(
    database: Database, clock: Clock, receiver: Receiver
) -> None:
    async with sending_with(database, clock, deadline=0.05) as world:

        async def hang(_request: web.Request) -> web.Response:
            receiver.answer = None
            await asyncio.sleep(0.5)
            return web.Response()

        receiver.answer = hang
        webhook = await world.add(receiver.url)
        await record(world.database, "publish")
        [done] = await world.ended(webhook, 1)
    assert (done.attempts, done.status, world.slept) == (2, 204, [5])


async def test_an_endless_answer_is_not_read(world: World, receiver: Receiver) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    receiver.answer = endless
    webhook = await world.add(receiver.url)
    await record(world.database, "publish")
    [done] = await world.ended(webhook, 1)
    assert (done.status, done.error) == (200, None)


async def test_nothing_is_sent_where_the_server_may_not_be_sent(
    database: Database, clock: Clock, receiver: Receiver
) -> None:
    async with sending_with(database, clock, allow_private_networks=()) as world:
        webhook = await world.add(receiver.url)
        await record(world.database, "publish")
        [done] = await world.ended(webhook, 1)
    assert (done.attempts, done.status, receiver.bodies) == (6, None, [])
    assert "leads to an address or a port" in (done.error or "")


async def test_after_a_crash_nothing_is_left_out_and_attempts_are_counted_on(
    database: Database, clock: Clock, receiver: Receiver
) -> None:
    stopped = asyncio.Event()

    async def never(_seconds: float) -> None:
        stopped.set()
        await asyncio.Event().wait()

    receiver.statuses = [204, 500]
    async with sending_with(database, clock) as world:
        webhook = await world.add(receiver.url)
        await record(database, "publish")
        await world.ended(webhook, 1)
        world.webhooks._sender._sleep = never
        await record(database, "yank")
        await record(database, "unyank")
        await stopped.wait()
    await record(database, "approve")
    async with sending_with(database, clock) as world:
        done = await world.ended(webhook, 4)
    types = [it["type"] for it in receiver.events]
    assert types == ["published", "yanked", "yanked", "unyanked", "approved"]
    assert [it.attempts for it in done] == [1, 2, 1, 1]
    assert world.slept == [5]


async def test_what_happens_while_it_is_off_is_not_sent(world: World, receiver: Receiver) -> None:
    webhook = await world.add(receiver.url)
    await world.webhooks.change(webhook, enabled=False, actor=ROOT)
    await record(world.database, "publish")
    await world.webhooks.change(webhook, enabled=True, actor=ROOT)
    await record(world.database, "yank")
    assert [it["type"] for it in await receiver.got(1)] == ["yanked"]


async def test_a_change_takes_effect_at_once_also_while_something_waits(
    world: World, receiver: Receiver
) -> None:
    waiting = asyncio.Event()

    async def never(_seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    sender = world.webhooks._sender
    receiver.statuses = [500]
    sender._sleep, before = never, sender._sleep
    webhook = await world.add(receiver.url)
    await record(world.database, "publish")
    await waiting.wait()
    sender._sleep = before
    async with receiving() as other:
        await world.webhooks.change(webhook, url=other.url, actor=ROOT)
        await other.got(1)
        await world.ended(webhook, 1)
        await world.webhooks.remove(webhook, actor=ROOT)
        await record(world.database, "yank")
        second = await world.add(receiver.url)
        await record(world.database, "unyank")
        await world.ended(second, 1)
        assert [it["type"] for it in other.events] == ["published"]
    assert [it["type"] for it in receiver.events] == ["published", "unyanked"]


async def test_a_webhook_that_goes_while_it_is_sent_to_leaves_nothing(
    world: World, receiver: Receiver
) -> None:
    going = asyncio.Event()

    async def remove(_request: web.Request) -> web.Response:
        async with world.database.transaction() as tx:
            await rows.remove(tx, webhook)
        going.set()
        return web.Response()

    receiver.answer = remove
    webhook = await world.add(receiver.url)
    other = await world.add(receiver.url, "yanked")
    await record(world.database, "publish")
    await going.wait()
    receiver.answer = None
    await record(world.database, "yank")
    await world.ended(other, 1)
    async with world.database.snapshot() as connection:
        assert await rows.deliveries(connection, webhook) == []


async def test_what_nobody_wants_is_passed_over_for_good(
    database: Database, clock: Clock, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_FAR", 10)
    async with sending_with(database, clock) as world:
        webhook = await world.add(receiver.url, "yanked")
        for _ in range(30):
            await record(database, "publish")
        async with asyncio.timeout(8):
            while (await position(world, webhook)) < 20:  # noqa: ASYNC110 - a row tells nobody
                await asyncio.sleep(0.01)
    assert receiver.bodies == []


async def position(world: World, webhook: str) -> int:
    [found] = [it for it in await world.webhooks.list_all() if it.id == webhook]
    return found.position
