"""Webhooks over HTTP, with a server that receives."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pluginhub.app import create_app
from pluginhub.config import Config
from tests import bundles
from tests.conftest import Hub, settings
from tests.events.receiver import SETTINGS, Receiver, receiving
from tests.web.conftest import running, serving

URL = "/api/webhooks"


def config(data: Path) -> Config:
    return settings(data).model_copy(update={"publish": SETTINGS})


@dataclass
class World:
    hub: Hub
    receiver: Receiver

    async def ask(self, method: str, path: str = "", body: Any = None) -> tuple[int, Any]:
        headers = self.hub.operator
        async with self.hub.client.request(
            method, f"{URL}{path}", json=body, headers=headers
        ) as answer:
            return answer.status, await answer.json() if answer.content_length else None

    async def add(self, *events: str) -> dict[str, Any]:
        status, made = await self.ask("POST", "", {"url": self.receiver.url, "events": events})
        assert status == 201, made
        found: dict[str, Any] = made
        return found


@pytest.fixture(name="world")
async def _world(tmp_path: Path) -> AsyncIterator[World]:
    async with receiving() as receiver, serving(config(tmp_path / "data")) as hub:
        yield World(hub, receiver)


async def test_a_webhook_is_made_shown_changed_and_removed(world: World) -> None:
    made = await world.add("yanked")
    secret = made.pop("secret")
    assert len(secret) == 43
    assert await world.ask("GET") == (200, {"webhooks": [made]})
    status, changed = await world.ask("PATCH", f"/{made['id']}", {"enabled": False, "events": []})
    assert (status, changed) == (200, {**made, "enabled": False, "events": []})
    assert (await world.ask("DELETE", f"/{made['id']}"))[0] == 204
    assert await world.ask("GET") == (200, {"webhooks": []})
    assert (await world.ask("DELETE", f"/{made['id']}"))[0] == 404


async def test_what_is_wrong_is_refused(world: World) -> None:
    made = await world.add()
    for body in (
        {"url": "https://x.example", "events": ["dance"]},
        {"url": "gopher://x.example"},
        {"url": ""},
        {"url": "https://x.example", "secret": "mine"},
        {},
    ):
        status, problem = await world.ask("POST", "", body)
        assert status == 422, problem
    assert (await world.ask("PATCH", f"/{made['id']}", {"events": ["dance"]}))[0] == 422


async def test_what_happens_is_sent_and_its_delivery_told(world: World) -> None:
    made = await world.add("published")
    await world.hub.publish(bundles.bundle())
    [event] = await world.receiver.got(1)
    assert (event["slug"], event["actor"]) == ("Clock", "operator")
    assert world.receiver.is_signed(0, made["secret"])
    async with asyncio.timeout(8):
        while True:
            _, found = await world.ask("GET", f"/{made['id']}/deliveries")
            if found["deliveries"]:
                break
    [delivery] = found["deliveries"]
    expected = {"event": "published", "state": "delivered", "status": 204, "attempts": 1}
    assert {key: delivery[key] for key in expected} == expected
    assert (delivery["event_id"], delivery["error"]) == (event["id"], None)
    assert delivery["next_attempt_at"] is None


async def test_a_failure_is_told_with_when_it_is_tried_again(world: World) -> None:
    world.receiver.statuses = [503]
    made = await world.add()
    await world.hub.publish(bundles.bundle())
    async with asyncio.timeout(8):
        while True:
            _, found = await world.ask("GET", f"/{made['id']}/deliveries")
            if found["deliveries"]:
                break
    [delivery] = found["deliveries"]
    assert (delivery["state"], delivery["error"]) == ("waiting", "the answer was 503")
    assert delivery["next_attempt_at"] > delivery["at"]


async def test_a_webhook_is_tried_out_once_also_if_it_is_off(world: World) -> None:
    made = await world.add("yanked")
    await world.ask("PATCH", f"/{made['id']}", {"enabled": False})
    status, done = await world.ask("POST", f"/{made['id']}/test")
    assert (status, done["event"], done["state"], done["status"]) == (200, "test", "delivered", 204)
    [event] = world.receiver.events
    assert (event["id"], event["type"], event["actor"]) == (None, "test", "operator")
    assert world.receiver.is_signed(0, made["secret"])
    world.receiver.statuses = [500]
    _, done = await world.ask("POST", f"/{made['id']}/test")
    assert (done["state"], done["attempts"]) == ("given-up", 1)
    _, found = await world.ask("GET", f"/{made['id']}/deliveries")
    assert [it["state"] for it in found["deliveries"]] == ["given-up", "delivered"]


@pytest.mark.parametrize("mode", ["safe_mode", "for_a_moment"])
async def test_nothing_is_sent_in_safe_mode_or_by_a_command_and_all_of_it_later(
    tmp_path: Path, mode: str
) -> None:
    data = tmp_path / "data"
    async with receiving() as receiver:
        async with running(create_app(config(data), **{mode: True}), data) as hub:
            await World(hub, receiver).add("published")
            await hub.publish(bundles.bundle())
            await asyncio.sleep(0.1)
            assert receiver.bodies == []
        async with serving(config(data)):
            assert [it["slug"] for it in await receiver.got(1)] == ["Clock"]


async def test_the_secret_is_the_same_after_a_restart_and_lies_in_no_row(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with receiving() as receiver:
        async with serving(config(data)) as hub:
            made = await World(hub, receiver).add()
        assert made["secret"].encode() not in (data / "pluginhub.db").read_bytes()
        async with serving(config(data)) as hub:
            await hub.publish(bundles.bundle())
            await receiver.got(1)
            assert receiver.is_signed(0, made["secret"])


async def test_a_stop_does_not_wait_for_a_receiver_that_hangs(tmp_path: Path) -> None:
    hanging, over = asyncio.Event(), asyncio.Event()

    async def hang(_request: Any) -> Any:
        hanging.set()
        await over.wait()

    async with receiving() as receiver:
        receiver.answer = hang
        async with asyncio.timeout(8), serving(config(tmp_path / "data")) as hub:
            await World(hub, receiver).add()
            await hub.publish(bundles.bundle())
            await hanging.wait()
        receiver.answer = None
        over.set()
        async with serving(config(tmp_path / "data")):
            assert {it["id"] for it in await receiver.got(2)} == {receiver.ids[0]}
