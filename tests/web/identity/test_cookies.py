"""The cookie of a browser."""

from http.cookies import Morsel, SimpleCookie
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from pluginhub.accounts import users
from pluginhub.web import keys
from tests.conftest import OPERATOR, settings
from tests.web.conftest import make_passwords_cheap, serving

PASSWORD = "correct horse"


def cookie_of(answer: ClientResponse) -> Morsel[str]:
    [line] = answer.headers.getall("Set-Cookie")
    cookie: Morsel[str] = SimpleCookie(line)["refresh_token"]
    return cookie


@pytest.mark.parametrize("base", ["", "/hub"])
async def test_the_cookie_goes_where_it_came_from_and_nowhere_else(
    tmp_path: Path, base: str
) -> None:
    config = settings(tmp_path / "data", base_path=base, trusted_proxies=("127.0.0.1/32",))
    async with serving(config) as hub:
        make_passwords_cheap(hub)
        await users.add(
            hub.database, hub.app[keys.PASSWORDS], "ann", actor=OPERATOR, password=PASSWORD
        )
        for scheme, secure in [("http", ""), ("https", True)]:
            forwarded = {"X-Forwarded-Proto": scheme}
            url = f"{base}/api/v1/auth/login"
            body = {"email": "ann", "password": PASSWORD}
            answer = await hub.client.post(url, json=body, headers=forwarded)
            hub.client.session.cookie_jar.clear()
            cookie = cookie_of(answer)
            assert (cookie["path"], cookie["secure"]) == (base or "/", secure)
            bearer = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
            url = f"{base}/api/v1/auth/logout"
            gone = cookie_of(await hub.client.post(url, headers={**forwarded, **bearer}))
            assert (gone.value, gone["path"], gone["max-age"]) == ("", base or "/", "0")
