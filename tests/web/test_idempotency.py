"""Requests that create something, sent twice, create it once."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from pluginhub.app import create_app
from pluginhub.database.connection import fetch_all
from pluginhub.web import idempotency, keys
from pluginhub.web.operations import Answer, Body, operation
from pluginhub.web.routing import Route, add_routes
from tests import bundles
from tests.conftest import Hub, settings
from tests.web.api.calling import Headers
from tests.web.conftest import make_passwords_cheap, running

KEY = "8c0f4d0a-6b1e-4f57-9d0e-3a5b7c9d1e2f"
OTHER = "0e9d8c7b-6a5f-4e3d-2c1b-0a9f8e7d6c5b"
BOB = {"name": "bob", "password": "correct horse battery"}

Told = tuple[int, Any, bool]


async def post(hub: Hub, path: str, headers: Headers, sent: Any, key: str = KEY) -> Told:
    """Return status, content, and whether it was answered so before."""
    body = {"data": sent} if isinstance(sent, bytes) else {"json": sent}
    headers = {**headers, idempotency.HEADER: key}
    async with hub.client.post(path, headers=headers, **body) as answer:
        return answer.status, await answer.json(), idempotency.REPLAYED in answer.headers


async def kept(hub: Hub) -> list[dict[str, Any]]:
    async with hub.database.snapshot() as connection:
        return [dict(row) for row in await fetch_all(connection, "SELECT * FROM idempotency_keys")]


async def add(hub: Hub) -> Callable[[], Awaitable[Told]]:
    make_passwords_cheap(hub)
    return lambda: post(hub, "/api/users", hub.operator, BOB)


async def publish(hub: Hub) -> Callable[[], Awaitable[Told]]:
    content = bundles.bundle()
    return lambda: post(hub, "/api/plugins", hub.operator, content)


async def install(hub: Hub) -> Callable[[], Awaitable[Told]]:
    await hub.publish(bundles.bundle())
    ann = await hub.sign_in(await hub.add_user("ann"))
    return lambda: post(hub, "/api/plugins/Clock/install", ann, {"version": "1.0.0"})


async def fetch(hub: Hub) -> Callable[[], Awaitable[Told]]:
    source = {"source_url": "https://github.com/example/clock"}
    return lambda: post(hub, "/api/plugins", hub.operator, source)


@pytest.mark.parametrize(("prepare", "status"), [(add, 201), (publish, 201), (install, 201)])
async def test_a_request_sent_again_is_answered_as_it_was(
    hub: Hub, prepare: Callable[[Hub], Awaitable[Callable[[], Awaitable[Told]]]], status: int
) -> None:
    send = await prepare(hub)
    first = await send()
    assert first[0] == status
    assert await send() == (*first[:2], True)


async def test_a_source_sent_again_is_the_same_job(hub: Hub) -> None:
    send = await fetch(hub)
    (status, job, _), again = await send(), await send()
    assert status == 202
    assert again == (202, job, True)
    listed = await hub.client.get("/api/plugins/jobs", headers=hub.operator)
    assert [found["id"] for found in (await listed.json())["jobs"]] == [job["id"]]


async def test_the_answer_keeps_the_address_that_it_names(hub: Hub) -> None:
    headers = {**hub.operator, idempotency.HEADER: KEY}
    body = {"source_url": "https://github.com/example/clock"}
    answers = [await hub.client.post("/api/plugins", json=body, headers=headers) for _ in range(2)]
    first, again = [answer.headers["Location"] for answer in answers]
    assert first == again
    assert first.startswith("/api/plugins/jobs/")


async def test_without_a_key_every_request_acts(hub: Hub) -> None:
    make_passwords_cheap(hub)
    answers = [
        await hub.client.post("/api/users", json=BOB, headers=hub.operator) for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [201, 409]
    assert await kept(hub) == []


@pytest.mark.parametrize(
    ("path", "sent"),
    [("/api/users", {**BOB, "name": "eve"}), ("/api/tokens", {"name": "ci"})],
)
async def test_a_key_is_for_one_request(hub: Hub, path: str, sent: Any) -> None:
    make_passwords_cheap(hub)
    await post(hub, "/api/users", hub.operator, BOB)
    status, problem, _ = await post(hub, path, hub.operator, sent)
    assert (status, problem["code"]) == (409, "idempotency-key-reused")


async def test_a_bundle_is_known_by_its_bytes(hub: Hub) -> None:
    await post(hub, "/api/plugins", hub.operator, bundles.bundle(version="1.0.0"))
    other = bundles.bundle(version="2.0.0")
    status, problem, _ = await post(hub, "/api/plugins", hub.operator, other)
    assert (status, problem["code"]) == (409, "idempotency-key-reused")


async def test_keys_of_others_are_other_keys(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    for name in ("ann", "ben"):
        user = await hub.sign_in(await hub.add_user(name))
        told = await post(hub, "/api/plugins/Clock/install", user, {})
        assert (told[0], told[2]) == (201, False)


async def test_what_failed_may_be_tried_again(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    assert (await post(hub, "/api/plugins/Clock/install", ann, {}))[0] == 404
    await hub.publish(bundles.bundle())
    assert (await post(hub, "/api/plugins/Clock/install", ann, {}))[0] == 201


async def test_the_secret_of_a_token_is_kept_nowhere(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    status, token, _ = await post(hub, "/api/tokens", ann, {"name": "ci"})
    assert status == 201
    status, problem, _ = await post(hub, "/api/tokens", ann, {"name": "ci"})
    assert (status, problem["code"]) == (409, "conflict")
    assert "once only" in problem["detail"]
    assert token["token"] not in json.dumps(await kept(hub))


async def test_neither_key_nor_request_can_be_read_from_the_database(hub: Hub) -> None:
    make_passwords_cheap(hub)
    await post(hub, "/api/users", hub.operator, BOB)
    text = json.dumps(await kept(hub))
    assert KEY not in text
    assert BOB["password"] not in text


@pytest.mark.parametrize("key", ["", "1", "fifteen-letters", "with a space in it", "ä" * 20])
async def test_a_key_that_others_may_have_as_well_is_refused(hub: Hub, key: str) -> None:
    status, problem, _ = await post(hub, "/api/users", hub.operator, BOB, key)
    assert (status, problem["code"]) == (422, "invalid")
    assert "UUID" in problem["detail"]


async def test_a_quoted_key_is_the_same_key(hub: Hub) -> None:
    make_passwords_cheap(hub)
    await post(hub, "/api/users", hub.operator, BOB, KEY)
    assert (await post(hub, "/api/users", hub.operator, BOB, f'"{KEY}"'))[2]


class Wish(Body):
    number: int = 1


class Granted(Answer):
    text: str


async def test_while_the_first_is_not_answered_the_second_has_to_wait(tmp_path: Path) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    @operation(creates=True)
    async def slow(_request: web.Request, body: Wish) -> Granted:
        """Answer when it is told to."""
        begun.set()
        await go_on.wait()
        return Granted(text=f"{body.number}")

    app = create_app(settings(tmp_path / "data"))
    add_routes(app, [Route("POST", "/slow", slow, "admin")])
    async with running(app, tmp_path) as hub:
        first = asyncio.create_task(post(hub, "/slow", hub.operator, {}))
        await begun.wait()
        status, problem, _ = await post(hub, "/slow", hub.operator, {})
        assert (status, problem["code"]) == (409, "conflict")
        go_on.set()
        assert (await first)[0] == 200
        assert await post(hub, "/slow", hub.operator, {}) == (200, {"text": "1"}, True)
        assert hub.app[keys.BEGUN] == set()
