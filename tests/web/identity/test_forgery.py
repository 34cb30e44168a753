"""What a page of another site lets a browser ask for is refused."""

from pathlib import Path

import pytest

from pluginhub.accounts import sessions
from pluginhub.web import keys
from tests import bundles
from tests.conftest import Hub, settings
from tests.web.conftest import serving

URL = "/api/plugins/Clock/install"


async def browser(hub: Hub) -> dict[str, str]:
    """Return the cookie of a new user's browser."""
    user = await hub.add_user("ann")
    async with hub.database.transaction() as tx:
        auth = hub.app[keys.CONFIG].auth
        pair = await sessions._issue(tx, user, auth, "s" * 32, hub.database.now())
    return {"Cookie": f"refresh_token={pair.refresh_token}"}


OWN = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://hub.example:8080"},
    {"Origin": "http://localhost:5173"},
    {"Origin": "http://localhost:5173", "Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost:5173", "Sec-Fetch-Site": "cross-site"},
]
FOREIGN = [
    {},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://evil.example"},
    {"Origin": "https://hub.example:8080"},
    {"Origin": "http://hub.example"},
    {"Origin": "http://hub.example:8080.evil.example"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "Same-Origin"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://hub.example:9090", "Sec-Fetch-Site": "same-site"},
    {"Referer": "http://hub.example:8080/"},
]


async def ask(hub: Hub, headers: dict[str, str]) -> int:
    named = {"Host": "hub.example:8080", **headers}
    async with hub.client.post(URL, headers=named) as answer:
        return answer.status


async def test_with_a_cookie_only_own_pages_change_something(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    cookie = await browser(hub)
    for headers in FOREIGN:
        assert await ask(hub, {**cookie, **headers}) == 403, headers
        for url in ("/api/plugins/installed", "/api/v1/plugins/manifest/designer"):
            assert (await hub.client.get(url, headers={**cookie, **headers})).status == 200
    assert [await ask(hub, {**cookie, **headers}) for headers in OWN] == [201] + [409] * 5


async def test_a_token_is_proof_enough(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    bearer = await hub.sign_in(await hub.add_user("ben"))
    statuses = [await ask(hub, {**bearer, **headers}) for headers in [*FOREIGN, *OWN]]
    assert statuses == [201] + [409] * (len(statuses) - 1)


async def test_a_form_on_a_foreign_page_is_refused_as_well(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    cookie = await browser(hub)
    headers = {**cookie, "Origin": "https://evil.example"}
    for url in (URL, "/api/v1/auth/logout", "/api/v1/auth/refresh", "/api/v1/auth/login"):
        answer = await hub.client.post(url, data={"email": "ann"}, headers=headers)
        assert answer.status in {403, 415}, url
    assert await ask(hub, {**cookie, "Sec-Fetch-Site": "same-origin"}) == 201


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_behind_a_proxy_the_own_origin_is_the_one_that_the_browser_sees(
    tmp_path: Path, scheme: str
) -> None:
    config = settings(tmp_path / "data", trusted_proxies=("127.0.0.1/32",), cors_origins=())
    async with serving(config) as hub:
        await hub.publish(bundles.bundle())
        forwarded = {"X-Forwarded-Proto": scheme, "X-Forwarded-Host": "hub.example.org"}
        headers = {**await browser(hub), **forwarded}
        other = "http" if scheme == "https" else "https"
        for origin in (f"{other}://hub.example.org", "http://hub.example:8080"):
            assert await ask(hub, {**headers, "Origin": origin}) == 403
        assert await ask(hub, {**headers, "Origin": f"{scheme}://hub.example.org"}) == 201
