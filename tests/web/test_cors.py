"""Browsers learn from every answer whether the page that asked may read it."""

import io
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from pluginhub.app import ROUTES
from pluginhub.database import installations
from tests import bundles
from tests.conftest import Hub, settings
from tests.web import raw
from tests.web.conftest import serving
from tests.web.test_routing import address

PAGE = "http://localhost:5173"


def readable(answer: ClientResponse) -> bool:
    headers = answer.headers
    assert "Origin" in headers["Vary"].split(", ")
    if "Access-Control-Allow-Origin" not in headers:
        assert "Access-Control-Allow-Credentials" not in headers
        return False
    assert headers["Access-Control-Allow-Origin"] == answer.request_info.headers["Origin"]
    assert headers["Access-Control-Allow-Credentials"] == "true"
    exposed = {"X-Request-ID", "ETag", "Location", "Retry-After"}
    assert set(headers["Access-Control-Expose-Headers"].split(", ")) == exposed
    return True


async def test_answers_of_every_kind_can_be_read(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    await hub.publish(bundles.bundle())
    headers = {**await hub.sign_in(await hub.add_user("ann")), "Origin": PAGE}
    await hub.install("Clock", headers)
    entry = (await hub.designer(headers))["Clock"]
    file = await hub.load(entry, headers={"Origin": PAGE})
    assert (file.status, readable(file)) == (200, True)
    login = {"email": "ann", "password": "wrong horse"}
    tries = [
        await hub.client.post("/api/v1/auth/login", json=login, headers=headers) for _ in range(11)
    ]
    large, json = io.BytesIO(b"x" * 2_000_000), {**headers, "Content-Type": "application/json"}
    answers = [
        await hub.client.get("/api/plugins", headers=headers),
        tries[0],
        await hub.client.get("/nowhere", headers=headers),
        await hub.client.put("/healthz", headers=headers),
        await hub.client.post("/api/plugins/Clock/install", data=large, headers=json),
        tries[-1],
    ]

    async def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(installations, "list_of", fail)
    answers.append(await hub.client.get("/api/plugins/installed", headers=headers))
    found = [(answer.status, readable(answer)) for answer in answers]
    assert found == [(status, True) for status in (200, 401, 404, 405, 413, 429, 500)]


async def test_other_pages_read_nothing(hub: Hub) -> None:
    for origin in ("null", "https://evil.example", f"{PAGE}.evil.example"):
        answer = await hub.client.get("/healthz", headers={"Origin": origin})
        assert (answer.status, readable(answer)) == (200, False), origin
    answer = await hub.client.get("/healthz")
    assert (answer.status, readable(answer)) == (200, False)


def preflight(origin: str, **more: str) -> dict[str, str]:
    named = {f"Access-Control-Request-{name}": value for name, value in more.items()}
    return {"Origin": origin, "Access-Control-Request-Method": "PUT", **named}


async def test_every_address_answers_a_preflight_to_anybody(hub: Hub) -> None:
    headers = preflight(PAGE, Headers="authorization,content-type, x-requested-with")
    for url in {address(route) for route in ROUTES} | {"/nowhere", "/api/v1/nowhere"}:
        answer = await hub.client.options(url, headers=headers)
        assert (answer.status, await answer.read(), readable(answer)) == (204, b"", True), url
        methods = answer.headers["Access-Control-Allow-Methods"].split(", ")
        assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= set(methods)
        allowed = answer.headers["Access-Control-Allow-Headers"]
        assert allowed == "authorization,content-type, x-requested-with"
        assert answer.headers["Access-Control-Max-Age"] == "600"


async def test_a_preflight_of_another_page_is_refused_without_a_hint(hub: Hub) -> None:
    for origin in ("null", "https://evil.example", ""):
        for url in ("/api/plugins", "/api/v1/auth/login"):
            answer = await hub.client.options(url, headers=preflight(origin))
            allowed = [name for name in answer.headers if name.startswith("Access-Control-")]
            assert (answer.status, allowed) == (403, []), origin


async def test_odd_names_of_headers_are_not_repeated(hub: Hub) -> None:
    for names in ("*", "a b", "x,", "a;b", "<script>"):
        answer = await hub.client.options("/healthz", headers=preflight(PAGE, Headers=names))
        assert "Access-Control-Allow-Headers" not in answer.headers, names


async def test_what_is_no_preflight_is_answered_by_the_address(hub: Hub) -> None:
    for headers in ({}, {"Origin": PAGE}, {"Access-Control-Request-Method": "PUT"}):
        answer = await raw.request(hub, "OPTIONS", b"/healthz", headers)
        assert answer.status == 405, headers


async def test_without_a_list_no_page_may_call(tmp_path: Path) -> None:
    async with serving(settings(tmp_path / "data", cors_origins=())) as hub:
        answer = await hub.client.get("/healthz", headers={"Origin": PAGE})
        assert not readable(answer)
        assert (await hub.client.options("/healthz", headers=preflight(PAGE))).status == 403
