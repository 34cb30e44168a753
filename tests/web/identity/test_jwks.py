"""The public keys of another application, and what happens while it cannot be reached."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from pluginhub.web.identity import jwks
from pluginhub.web.identity.jwks import KeySet
from tests.accounts.conftest import Clock


@dataclass
class Application:
    """An application that publishes its keys."""

    keys: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    body: bytes | None = None
    asked: int = 0
    server: TestServer = field(init=False)

    def rotate(self, *names: str) -> None:
        self.keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in names}

    async def answer(self, _request: web.Request) -> web.Response:
        self.asked += 1
        found = [
            {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": name}
            for name, key in self.keys.items()
        ]
        body = self.body or json.dumps({"keys": found}).encode()
        headers = {"Location": "/elsewhere"} if self.status == 302 else None
        return web.Response(body=body, status=self.status, headers=headers)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/jwks"))


@pytest.fixture(name="application")
async def _application() -> AsyncIterator[Application]:
    application = Application()
    application.rotate("one")
    app = web.Application()
    app.router.add_get("/jwks", application.answer)
    application.server = TestServer(app)
    async with application.server:
        yield application


async def test_the_keys_are_loaded_once_however_many_wait(application: Application) -> None:
    keys = KeySet(application.url)
    found = await asyncio.gather(*(keys.find("one") for _ in range(10)))
    assert None not in found
    assert application.asked == 1
    assert await keys.find(None) is found[0]  # there is only one


async def test_an_unknown_key_is_asked_for_but_not_all_the_time(application: Application) -> None:
    clock = Clock(0)
    keys = KeySet(application.url, clock)
    assert await keys.find("one")
    application.rotate("one", "two")
    for _ in range(5):
        assert await keys.find("two") is None
    assert application.asked == 1
    clock.time = 30
    assert await keys.find("two")
    assert await keys.find(None) is None  # which one is meant?
    assert application.asked == 2


async def test_a_key_that_is_taken_back_is_not_good_any_more(application: Application) -> None:
    clock = Clock(0)
    keys = KeySet(application.url, clock)
    assert await keys.find("one")
    application.rotate("two")
    clock.time = 30
    assert await keys.find("two")
    assert await keys.find("one") is None


BROKEN: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 404},
    {"status": 302},
    {"body": b"no JSON"},
    {"body": b"[]"},
    {"body": b"[" * 100_000},
    {"body": b" " * 2_000_000},
]


@pytest.mark.parametrize("fault", BROKEN)
async def test_known_keys_stay_while_the_address_answers_nonsense(
    application: Application, fault: dict[str, Any]
) -> None:
    clock = Clock(0)
    keys = KeySet(application.url, clock)
    known = await keys.find("one")
    vars(application).update(fault)
    clock.time = 30
    assert await keys.find("two") is None
    assert application.asked == 2
    assert await keys.find("one") is known is not None


async def test_known_keys_stay_while_nobody_answers(application: Application) -> None:
    clock = Clock(0)
    keys = KeySet(application.url, clock)
    known = await keys.find("one")
    await application.server.close()
    clock.time = 30
    assert await keys.find("two") is None
    assert await keys.find("one") is known is not None


async def test_the_keys_are_loaded_in_the_background(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "_FRESH", 0)
    monkeypatch.setattr(jwks, "_AGAIN", 0)
    keys = KeySet(application.url)
    async with keys.kept_fresh(), asyncio.timeout(5):
        while application.asked < 2:  # noqa: ASYNC110 - it goes on until it is stopped
            await asyncio.sleep(0)
        application.rotate("two")
        while "two" not in keys._keys:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0)
    asked = application.asked
    await asyncio.sleep(0)
    assert application.asked == asked
