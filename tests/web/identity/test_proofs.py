"""How a request proves who it comes from."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict

from pluginhub.accounts import api_tokens, users
from pluginhub.app import create_app
from pluginhub.config import Config
from pluginhub.errors import ConfigError
from pluginhub.web import keys
from tests.conftest import OPERATOR, Hub
from tests.web.conftest import make_passwords_cheap, serving, with_auth
from tests.web.identity.test_forgery import browser

Verb = Callable[[Hub, Mapping[str, str]], Awaitable[None]]

ME = "/api/v1/auth/me"
BY_PROXY = {"trusted_proxies": ("127.0.0.1/32",)}


async def name(hub: Hub, headers: Mapping[str, str]) -> str:
    async with hub.client.get(ME, headers=headers) as answer:
        found = await answer.json()
        return str(found.get("username") or found["detail"])


async def test_a_token_counts_before_the_cookie(hub: Hub) -> None:
    cookie = await browser(hub)  # of ann
    ben = await hub.sign_in(await hub.add_user("ben"))
    assert await name(hub, cookie) == "ann"
    assert await name(hub, {**cookie, **ben}) == "ben"
    assert await name(hub, {**cookie, "Authorization": "Bearer x"}) == "Invalid token"


async def test_what_scripts_send_that_have_no_token_is_none(hub: Hub) -> None:
    cookie = await browser(hub)
    for header in ("Bearer null", "Bearer undefined", "Bearer ", "Bearer", "Basic YTpi"):
        assert await name(hub, {**cookie, "Authorization": header}) == "ann"
        assert await name(hub, {"Authorization": header}) == "Not authenticated"


async def test_a_cookie_that_is_not_valid_is_none(hub: Hub) -> None:
    cookie = await browser(hub)
    for value in ("refresh_token=", "refresh_token=x", "access_token=x", "\x80"):
        assert await name(hub, {"Cookie": value}) == "Not authenticated"
    await users.set_enabled(hub.database, "ann", enabled=False, actor=OPERATOR)
    assert await name(hub, cookie) == "Not authenticated"


async def test_an_api_token_opens_what_its_scopes_say(hub: Hub) -> None:
    root = await hub.add_user("root", "admin")
    statuses = {}
    scopes: tuple[api_tokens.Scope, ...] = ("read", "install", "publish", "admin")
    calls = [("GET", ME), ("POST", "/api/plugins/update"), ("POST", "/api/plugins")]
    calls += [("GET", "/api/users"), ("POST", "/api/plugins/update?user=root"), ("POST", TOKENS)]
    for scope in scopes:
        _, secret = await api_tokens.create(hub.database, root, "x", (scope,), None, actor=OPERATOR)
        headers = {"Authorization": f"Bearer {secret}"}
        statuses[scope] = [
            (await hub.client.request(method, url, headers=headers)).status for method, url in calls
        ]
    assert statuses == {
        "read": [200, 403, 403, 403, 403, 403],
        "install": [200, 200, 403, 403, 403, 403],
        "publish": [200, 403, 422, 403, 403, 403],
        "admin": [200, 200, 422, 200, 200, 403],
    }


TOKENS = "/api/tokens"


async def test_a_token_gives_no_more_than_its_user_has(hub: Hub) -> None:
    root = await hub.add_user("root", "admin")
    _, secret = await api_tokens.create(hub.database, root, "x", ("admin",), None, actor=OPERATOR)
    headers = {"Authorization": f"Bearer {secret}"}
    assert (await hub.client.get("/api/users", headers=headers)).status == 200
    async with hub.database.transaction() as tx:
        await tx.execute("UPDATE users SET role = 'user'")
    assert (await hub.client.get("/api/users", headers=headers)).status == 403
    assert await name(hub, headers) == "root"


def by_proxy(tmp_path: Path, **auth: str) -> Config:
    return with_auth(tmp_path / "data", BY_PROXY, proxy_header="X-Remote-User", **auth)


async def test_a_trusted_proxy_names_its_users(tmp_path: Path) -> None:
    async with serving(by_proxy(tmp_path)) as hub:
        await hub.add_user("root", "admin")
        assert await name(hub, {"X-Remote-User": "ann"}) == "ann"
        assert await name(hub, {"x-remote-user": " Ben@example.org "}) == "Ben"
        assert await name(hub, {"X-Remote-User": "ROOT"}) == "root"
        twice = CIMultiDict([("X-Remote-User", "root"), ("X-Remote-User", "ann")])
        nobody: list[Mapping[str, str]] = [
            {},
            {"X-Remote-User": ""},
            {"X-Remote-User": "x" * 256},
            twice,
        ]
        for headers in [*nobody, {"X-Remote-User": "a\x80"}, {"Remote-User": "root"}]:
            assert await name(hub, headers) == "Not authenticated", headers
        await users.set_enabled(hub.database, "ann", enabled=False, actor=OPERATOR)
        assert await name(hub, {"X-Remote-User": "ann"}) == "Not authenticated"
        users_now = await (await hub.client.get("/api/users", headers=hub.operator)).json()
        assert [each["name"] for each in users_now["users"]] == ["ann", "Ben", "root"]


async def test_a_proxy_answers_for_no_foreign_page(tmp_path: Path) -> None:
    async with serving(by_proxy(tmp_path)) as hub:
        for page, status in [({}, 403), ({"Sec-Fetch-Site": "same-origin"}, 200)]:
            headers = {"X-Remote-User": "ann", **page}
            answer = await hub.client.post("/api/plugins/update", headers=headers)
            assert answer.status == status


async def test_nobody_takes_a_name_before_the_proxy_brings_its_user(tmp_path: Path) -> None:
    async with serving(by_proxy(tmp_path)) as hub:
        mallory = await hub.sign_in(await hub.add_user("mallory"))
        url, body = "/api/v1/auth/profile/username", {"username": "ann"}
        assert (await hub.client.put(url, json=body, headers=mallory)).status == 403
    with pytest.raises(ConfigError, match="under the names of the proxy's users"):
        await TestServer(create_app(by_proxy(tmp_path, registration="open"))).start_server()


async def test_from_anybody_else_the_header_means_nothing(tmp_path: Path, hub: Hub) -> None:
    assert await name(hub, {"X-Remote-User": "root"}) == "Not authenticated"
    server = {"trusted_proxies": ("10.0.0.0/8",)}
    config = with_auth(tmp_path / "other", server, proxy_header="X-Remote-User")
    async with serving(config) as other:
        for headers in ({}, {"X-Forwarded-For": "10.0.0.1"}):
            found = await name(other, {"X-Remote-User": "root", **headers})
            assert found == "Not authenticated"
    config = with_auth(tmp_path / "third", proxy_header="X-Remote-User")
    with pytest.raises(ConfigError, match="nobody is believed until"):
        await TestServer(create_app(config)).start_server()


async def sign_out(hub: Hub, headers: Mapping[str, str]) -> None:
    answer = await hub.client.post("/api/v1/auth/logout", headers=headers)
    assert answer.status == 200


async def change_password(hub: Hub, _headers: Mapping[str, str]) -> None:
    passwords = hub.app[keys.PASSWORDS]
    await users.set_password(hub.database, passwords, "ann", "another horse", actor=OPERATOR)


async def disable(hub: Hub, _headers: Mapping[str, str]) -> None:
    await users.set_enabled(hub.database, "ann", enabled=False, actor=OPERATOR)


async def remove(hub: Hub, _headers: Mapping[str, str]) -> None:
    await users.remove(hub.database, "ann", actor=OPERATOR)


@pytest.mark.parametrize("verb", [sign_out, change_password, disable, remove])
async def test_a_token_ends_with_the_verb_that_takes_it_back(hub: Hub, verb: Verb) -> None:
    make_passwords_cheap(hub)
    ann, ben = [await hub.sign_in(await hub.add_user(name)) for name in ("ann", "ben")]
    for _ in range(2):
        assert [await name(hub, ann), await name(hub, ben)] == ["ann", "ben"]
    await verb(hub, ann)
    assert [await name(hub, ann), await name(hub, ben)] == ["Invalid token", "ben"]


async def test_an_api_token_ends_when_it_is_revoked(hub: Hub) -> None:
    ann = await hub.add_user("ann")
    token, secret = await api_tokens.create(hub.database, ann, "x", ("read",), None, actor=OPERATOR)
    headers = {"Authorization": f"Bearer {secret}"}
    for _ in range(2):
        assert await name(hub, headers) == "ann"
    await api_tokens.revoke(hub.database, token.id, ann, actor=OPERATOR)
    assert await name(hub, headers) == "Invalid token"


async def test_a_token_ends_in_time(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    user = await hub.add_user("ann")
    _, secret = await api_tokens.create(hub.database, user, "x", ("read",), 3600, actor=OPERATOR)
    proofs = [{"Authorization": f"Bearer {secret}"}, await hub.sign_in(user)]
    for _ in range(2):
        assert [await name(hub, proof) for proof in proofs] == ["ann", "ann"]
    now, lifetime = hub.database.now(), hub.app[keys.CONFIG].auth.access_lifetime
    for later, expected in [(lifetime, ["ann", "Invalid token"]), (3600, ["Invalid token"] * 2)]:
        monkeypatch.setattr(hub.database, "_clock", lambda end=later: now + end)
        assert [await name(hub, proof) for proof in proofs] == expected


async def test_a_role_that_was_taken_away_is_gone_at_once(hub: Hub) -> None:
    root = await hub.add_user("root", "admin")
    headers = await hub.sign_in(root)
    for _ in range(2):
        assert (await hub.client.get("/api/users", headers=headers)).status == 200
    async with hub.database.transaction() as tx:
        await tx.execute("UPDATE users SET role = 'user' WHERE name = 'root'")
    assert (await hub.client.get("/api/users", headers=headers)).status == 403


async def test_a_cookie_is_no_token_and_a_token_no_cookie(hub: Hub) -> None:
    cookie = await browser(hub)
    refresh = cookie["Cookie"].partition("=")[2]
    access = (await hub.sign_in(await hub.add_user("ben")))["Authorization"].split()[1]
    for _ in range(2):
        assert await name(hub, cookie) == "ann"
        assert await name(hub, {"Authorization": f"Bearer {refresh}"}) == "Invalid token"
        assert await name(hub, {"Cookie": f"refresh_token={access}"}) == "Not authenticated"


async def test_of_many_tokens_the_last_are_kept_in_memory(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    await name(hub, ann)
    assert hub.app[keys.PROOFS].get(("_by_token", ann["Authorization"].split()[1]))
    await name(hub, {"Authorization": "Bearer unknown"})
    assert hub.app[keys.PROOFS].get(("_by_token", "unknown")) is None
