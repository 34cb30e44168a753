"""Who has seen something old changes nothing, and who has something does not get it again."""

import asyncio
from typing import Any

import pytest

from tests import bundles
from tests.conftest import Hub
from tests.web.api.calling import Headers, user

STATE = "/api/plugins/installed/Clock"
CONFIG = "/api/plugins/Clock/config"
# Verbs that change what a user has of Clock, with what they send.
CHANGING: list[tuple[str, str, Any]] = [
    ("PUT", "config", {"config": {"a": 2}}),
    ("PATCH", "config", {"config": {"a": 2}}),
    ("PUT", "pin", {"range": "^1"}),
    ("DELETE", "pin", {}),
    ("PUT", "channel", {"channel": "prerelease"}),
    ("POST", "disable", {}),
    ("PUT", "update", {}),
    ("POST", "rollback", {}),
    ("DELETE", "", {}),
]


@pytest.fixture(name="ann")
async def _ann(hub: Hub) -> Headers:
    headers = await user(hub)
    for version in ("1.0.0", "1.1.0"):
        await hub.publish(bundles.bundle(version=version))
        if version == "1.0.0":
            await hub.install("Clock", headers)
    return headers


async def tag(hub: Hub, headers: Headers, path: str = STATE) -> str:
    async with hub.client.get(path, headers=headers) as answer:
        assert answer.status == 200
        return answer.headers["ETag"]


async def send(hub: Hub, headers: Headers, verb: tuple[str, str, Any], match: str) -> int:
    method, path, body = verb
    url = f"/api/plugins/Clock/{path}".rstrip("/")
    sent = {**headers, "If-Match": match}
    async with hub.client.request(method, url, json=body, headers=sent) as answer:
        return answer.status


@pytest.mark.parametrize("path", [STATE, CONFIG, "/api/plugins", "/api/plugins/Clock"])
async def test_who_has_an_answer_does_not_get_it_again(hub: Hub, ann: Headers, path: str) -> None:
    known = await tag(hub, ann, path)
    for value, status in [(known, 304), (f'"x", {known}', 304), ("*", 304), ('"x"', 200)]:
        headers = {**ann, "If-None-Match": value}
        async with hub.client.get(path, headers=headers) as answer:
            assert answer.status == status, value
            assert answer.headers["ETag"] == known
            assert answer.headers["Cache-Control"] == "private, no-cache"
            assert "Authorization" in answer.headers["Vary"]
            assert bool(await answer.read()) is (status == 200)


@pytest.mark.parametrize("verb", CHANGING, ids=lambda verb: f"{verb[0]} {verb[1]}")
async def test_a_verb_on_something_old_is_refused(
    hub: Hub, ann: Headers, verb: tuple[str, str, Any]
) -> None:
    old = await tag(hub, ann)
    assert await send(hub, ann, ("PUT", "config", {"config": {"a": 1}}), old) == 200
    now = await tag(hub, ann)
    assert now == await tag(hub, ann, CONFIG) != old
    for match in (old, '"x"', f"W/{now}"):
        assert await send(hub, ann, verb, match) == 412, match
    assert await tag(hub, ann) == now
    assert await send(hub, ann, verb, f"{old}, {now}") in {200, 409}


async def test_of_two_who_saw_the_same_one_wins(hub: Hub, ann: Headers) -> None:
    seen = await tag(hub, ann)
    verbs = [("PUT", "config", {"config": {"a": number}}) for number in range(5)]
    found = await asyncio.gather(*(send(hub, ann, verb, seen) for verb in verbs))
    assert sorted(found) == [200, 412, 412, 412, 412]


async def test_any_state_will_do_for_a_star(hub: Hub, ann: Headers) -> None:
    assert await send(hub, ann, CHANGING[0], "*") == 200
