"""A2-A5: sign in, refresh, sign out, who am I."""

import asyncio
import io
import threading
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse

import pluginhub
from pluginhub.accounts import users
from pluginhub.models import User
from pluginhub.web import keys
from tests.accounts.test_passwords import CountingHasher
from tests.conftest import OPERATOR, Hub, settings
from tests.web import raw
from tests.web.conftest import make_passwords_cheap, serving

PASSWORD = "correct horse"
LOGIN, REFRESH = "/api/v1/auth/login", "/api/v1/auth/refresh"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}  # what a browser says of it
LOGOUT, ME = "/api/v1/auth/logout", "/api/v1/auth/me"


async def ann(hub: Hub) -> User:
    make_passwords_cheap(hub)
    passwords = hub.app[keys.PASSWORDS]
    return await users.add(
        hub.database, passwords, "Ann", actor=OPERATOR, email="Ann@Example.com", password=PASSWORD
    )


async def login(hub: Hub, email: str = "Ann", password: str = PASSWORD) -> ClientResponse:
    hub.client.session.cookie_jar.clear()
    return await hub.client.post(LOGIN, json={"email": email, "password": password})


async def signed_in(hub: Hub) -> dict[str, Any]:
    await ann(hub)
    found: dict[str, Any] = await (await login(hub)).json()
    hub.client.session.cookie_jar.clear()
    return found


async def refresh(hub: Hub, token: str) -> ClientResponse:
    hub.client.session.cookie_jar.clear()
    answer = await hub.client.post(REFRESH, json={"refresh_token": token})
    hub.client.session.cookie_jar.clear()
    return answer


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def cookie_of(answer: ClientResponse) -> Morsel[str]:
    cookie: Morsel[str] = SimpleCookie(answer.headers["Set-Cookie"])["refresh_token"]
    return cookie


def as_json(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "username": "Ann",
        "email": "Ann@Example.com",
        "full_name": None,
        "profile_picture": None,
        "is_active": True,
        "is_verified": False,
        "version": pluginhub.__version__,
    }


async def test_a_sign_in_answers_what_the_frontend_reads(hub: Hub) -> None:
    user = await ann(hub)
    answer = await login(hub)
    body = await answer.json()
    access, refresh_token = body.pop("access_token"), body.pop("refresh_token")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert {type(access), type(refresh_token)} == {str}
    assert abs(body.pop("issued_at") - hub.database.now()) <= 1
    assert body == {
        "token_type": "bearer",
        "expires_in": 1800,
        "refresh_expires_in": 2_592_000,
        "user_id": user.id,
        "user": as_json(user),
    }


async def test_a_refresh_answers_the_same_without_the_user(hub: Hub) -> None:
    first = await signed_in(hub)
    answer = await refresh(hub, first["refresh_token"])
    body = await answer.json()
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert first.keys() - body.keys() == {"user"}
    assert body.keys() <= first.keys()
    assert body["access_token"] != first["access_token"]


async def test_me_is_the_bare_user(hub: Hub) -> None:
    user = await ann(hub)
    token = (await (await login(hub)).json())["access_token"]
    answer = await hub.client.get(ME, headers=bearer(token))
    assert (answer.status, await answer.json()) == (200, as_json(user))


async def test_a_sign_out_says_so_and_takes_the_cookie_away(hub: Hub) -> None:
    tokens = await signed_in(hub)
    answer = await hub.client.post(LOGOUT, headers=bearer(tokens["access_token"]))
    assert (answer.status, await answer.json()) == (200, {"message": "Successfully logged out"})
    cookie = cookie_of(answer)
    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", "0", "/")


async def test_a_sign_out_ends_both_tokens(hub: Hub) -> None:
    tokens = await signed_in(hub)
    await hub.client.post(LOGOUT, headers=bearer(tokens["access_token"]))
    assert (await hub.client.get(ME, headers=bearer(tokens["access_token"]))).status == 401
    assert (await refresh(hub, tokens["refresh_token"])).status == 403


@pytest.mark.parametrize("name", ["Ann", "aNN", "Ann@Example.com", "ann@EXAMPLE.com"])
async def test_a_user_signs_in_by_name_or_address_in_any_case(hub: Hub, name: str) -> None:
    await ann(hub)
    assert (await login(hub, name)).status == 200


async def test_ten_wrong_passwords_shut_an_address_out_for_a_while(hub: Hub) -> None:
    await ann(hub)
    wrong = [(await login(hub, password="wrong horse")).status for _ in range(12)]
    assert wrong == [401] * 10 + [429] * 2
    refused = await login(hub)
    assert (refused.status, type((await refused.json())["detail"])) == (429, str)
    assert 0 < int(refused.headers["Retry-After"]) <= 900


async def test_a_flood_of_sign_ins_is_refused_and_everybody_else_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = threading.Event()
    monkeypatch.setattr(CountingHasher, "begin", lambda _: held.wait())
    body = {"email": "nobody", "password": "wrong horse"}
    statuses: list[int] = []

    async def sign_in(number: int) -> None:
        headers = {"X-Forwarded-For": f"192.0.2.{number}"}
        async with hub.client.post(LOGIN, json=body, headers=headers) as answer:
            statuses.append(answer.status)
            assert answer.status == 401 or int(answer.headers["Retry-After"]) >= 1

    async with serving(settings(tmp_path / "data", trusted_proxies=("127.0.0.1/32",))) as hub:
        hub.app[keys.PASSWORDS]._hasher = CountingHasher()
        ben = await hub.sign_in(await hub.add_user("ben"))
        flood = [asyncio.create_task(sign_in(number)) for number in range(50)]
        while len(statuses) < 30:
            assert await hub.designer(ben) == {}
        held.set()
        await asyncio.gather(*flood)
    assert statuses == [503] * 30 + [401] * 20


async def test_a_refresh_is_not_limited(hub: Hub) -> None:
    token = (await signed_in(hub))["refresh_token"]
    for _ in range(15):
        answer = await refresh(hub, token)
        assert answer.status == 200
        token = (await answer.json())["refresh_token"]


async def test_wrong_password_and_unknown_user_cannot_be_told_apart(hub: Hub) -> None:
    await ann(hub)
    hub.app[keys.PASSWORDS]._hasher = hasher = CountingHasher()
    seen = set()
    for name, password in [("nobody", PASSWORD), ("Ann", "wrong horse"), ("a@b", "x")] * 2:
        before = hasher.calls
        answer = await login(hub, name, password)
        seen.add((answer.status, await answer.text(), hasher.calls - before))
    assert seen == {(401, '{"detail": "Invalid email or password"}', 1)}


async def test_a_refused_sign_in_sets_no_cookie(hub: Hub) -> None:
    await ann(hub)
    answer = await login(hub, password="wrong horse")
    assert "Set-Cookie" not in answer.headers


async def test_the_cookie_is_for_the_browser_alone(hub: Hub) -> None:
    await ann(hub)
    answer = await login(hub)
    cookie = cookie_of(answer)
    assert cookie.value == (await answer.json())["refresh_token"]
    assert cookie["httponly"] is True
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == ("Lax", "/", "2592000")
    assert (cookie["secure"], cookie["domain"]) == ("", "")


async def test_over_https_the_cookie_never_travels_without(tmp_path: Path) -> None:
    config = settings(tmp_path / "data", trusted_proxies=("127.0.0.1/32",))
    async with serving(config) as hub:
        await ann(hub)
        assert cookie_of(await login(hub))["secure"] == ""
        body = {"email": "Ann", "password": PASSWORD}
        by_tls = {"X-Forwarded-Proto": "https"}
        assert cookie_of(await hub.client.post(LOGIN, json=body, headers=by_tls))["secure"] is True


async def test_a_cookie_that_somebody_else_planted_is_not_taken_over(hub: Hub) -> None:
    await ann(hub)
    planted = {"Cookie": "refresh_token=planted-by-somebody-else"}
    body = {"email": "Ann", "password": PASSWORD}
    answer = await hub.client.post(LOGIN, json=body, headers={**OWN_PAGE, **planted})
    assert cookie_of(answer).value not in {"", "planted-by-somebody-else"}
    hub.client.session.cookie_jar.clear()
    assert (await hub.client.get(ME, headers=planted)).status == 401
    answer = await hub.client.post(REFRESH, headers={**OWN_PAGE, **planted})
    assert answer.status == 403


async def test_the_cookie_is_exchanged_and_set_again(hub: Hub) -> None:
    old = (await signed_in(hub))["refresh_token"]
    headers = {**OWN_PAGE, "Cookie": f"refresh_token={old}"}
    answer = await hub.client.post(REFRESH, headers=headers)
    assert answer.status == 200
    assert cookie_of(answer).value == (await answer.json())["refresh_token"] != old


async def test_the_cookie_goes_before_the_body(hub: Hub) -> None:
    token = (await signed_in(hub))["refresh_token"]
    body, cookie = {"refresh_token": "nonsense"}, {"Cookie": f"refresh_token={token}"}
    headers = {**OWN_PAGE, **cookie}
    assert (await hub.client.post(REFRESH, json=body, headers=headers)).status == 200


async def test_a_client_that_is_no_browser_shows_its_token_in_the_body(hub: Hub) -> None:
    token = (await signed_in(hub))["refresh_token"]
    cookie = {"Cookie": f"refresh_token={token}"}
    assert (await hub.client.post(REFRESH, headers=cookie)).status == 403
    body = {"refresh_token": token}
    assert (await hub.client.post(REFRESH, json=body, headers=cookie)).status == 200


FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://other.example.org"},
]


async def test_pages_of_other_sites_neither_sign_in_nor_refresh(hub: Hub) -> None:
    token = (await signed_in(hub))["refresh_token"]
    for headers in FOREIGN:
        body: dict[str, str] = {"email": "Ann", "password": PASSWORD}
        answer = await hub.client.post(LOGIN, json=body, headers=headers)
        assert (answer.status, "Set-Cookie" in answer.headers) == (403, False), headers
        for body in ({}, {"refresh_token": token}):
            cookie = {"Cookie": f"refresh_token={token}"}
            answer = await hub.client.post(REFRESH, json=body, headers={**headers, **cookie})
            assert (answer.status, type((await answer.json())["detail"])) == (403, str), headers
    assert (await refresh(hub, token)).status == 200


async def test_a_refresh_token_that_is_shown_again_ends_the_session(hub: Hub) -> None:
    first = await signed_in(hub)
    second = await (await refresh(hub, first["refresh_token"])).json()
    later = hub.database.now() + 11
    hub.database._clock = lambda: later
    assert (await refresh(hub, first["refresh_token"])).status == 403
    for tokens in (first, second):
        assert (await hub.client.get(ME, headers=bearer(tokens["access_token"]))).status == 401
    assert (await refresh(hub, second["refresh_token"])).status == 403


async def test_a_refused_refresh_is_403_because_the_frontend_waits_after_401(hub: Hub) -> None:
    tokens = await signed_in(hub)
    for body in ({}, {"refresh_token": None}, {"refresh_token": ""}, {"refresh_token": "x"}):
        answer = await hub.client.post(REFRESH, json=body)
        assert (answer.status, type((await answer.json())["detail"])) == (403, str), body
    assert (await refresh(hub, tokens["access_token"])).status == 403
    assert (await hub.client.post(REFRESH)).status == 403
    assert (await hub.client.post(REFRESH, headers={"Cookie": "refresh_token=x"})).status == 403


async def test_a_refresh_token_is_no_access_token(hub: Hub) -> None:
    tokens = await signed_in(hub)
    answer = await hub.client.get(ME, headers=bearer(tokens["refresh_token"]))
    assert (answer.status, await answer.json()) == (401, {"detail": "Invalid token"})


async def test_tokens_run_out(hub: Hub) -> None:
    tokens = await signed_in(hub)
    now = hub.database.now()
    hub.database._clock = lambda: now + tokens["expires_in"] + 1
    assert (await hub.client.get(ME, headers=bearer(tokens["access_token"]))).status == 401
    hub.database._clock = lambda: now + tokens["refresh_expires_in"] + 1
    assert (await refresh(hub, tokens["refresh_token"])).status == 403


async def test_a_disabled_user_is_out_at_once_on_a_connection_that_is_open(hub: Hub) -> None:
    tokens = await signed_in(hub)
    reader, writer = await raw.connect(hub)
    statuses = []
    for enabled in (True, False, True):
        await hub.client.patch("/api/users/ann", json={"enabled": enabled}, headers=hub.operator)
        token = tokens["access_token"]
        head = f"GET {ME} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {token}\r\n\r\n"
        writer.write(head.encode())
        answer = raw.parse(await reader.readuntil(b"\r\n\r\n"))
        await reader.readexactly(int(answer.headers["Content-Length"]))
        statuses.append(answer.status)
    writer.close()
    assert statuses == [200, 401, 401]
    assert (await refresh(hub, tokens["refresh_token"])).status == 403


SECRET = "hunter2-hunter2"
BAD_BODIES = {
    "a password of 1 MB": b'{"email": "Ann", "password": "%s"}' % (SECRET.encode() * 66_000),
    "a body of 2 MB": b'{"email": "Ann", "password": "%s"}' % (SECRET.encode() * 140_000),
    "a password with NUL": b'{"email": "Ann", "password": "hunter2-hunter2\\u0000"}',
    "a lone surrogate": b'{"email": "Ann", "password": "hunter2-hunter2\\ud800"}',
    "a lone surrogate as name": b'{"email": "\\udfff", "password": "hunter2-hunter2"}',
    "a surrogate in UTF-8": b'{"email": "Ann", "password": "hunter2-hunter2\xed\xa0\x80"}',
    "no UTF-8": b'{"email": "Ann", "password": "hunter2-hunter2\xff"}',
    "UTF-16": '{"email": "Ann", "password": "hunter2-hunter2"}'.encode("utf-16"),
    "a name with NUL": b'{"email": "Ann\\u0000", "password": "hunter2-hunter2"}',
    "no password": b'{"email": "Ann", "hunter2-hunter2": 1}',
    "no name": b'{"password": "hunter2-hunter2"}',
    "no keys": b"{}",
    "nothing": b"",
    "an array": b'["Ann", "hunter2-hunter2"]',
    "a string": b'"hunter2-hunter2"',
    "null": b"null",
    "a number as password": b'{"email": "Ann", "password": 12345678}',
    "an array as password": b'{"email": "Ann", "password": ["hunter2-hunter2"]}',
    "an object as name": b'{"email": {"$ne": 1}, "password": "hunter2-hunter2"}',
    "deep arrays": b'{"email": "Ann", "password": ' + b"[" * 100_000,
    "deep objects": b'{"email": "Ann", "password": ' + b'{"a":' * 100_000,
    "NaN": b'{"email": "Ann", "password": NaN}',
    "Infinity": b'{"email": "Ann", "password": -Infinity}',
    "a huge number": b'{"email": "Ann", "password": ' + b"9" * 5000 + b"}",
    "a huge exponent": b'{"email": "Ann", "password": 1e999999}',
    "a form": b"email=Ann&password=hunter2-hunter2",
    "half a document": b'{"email": "Ann", "password": "hunter2-hunter2',
    "more than a document": b'{"email": "Ann", "password": "hunter2-hunter2"} x',
    "single quotes": b"{'email': 'Ann', 'password': 'hunter2-hunter2'}",
}


@pytest.mark.parametrize("url", [LOGIN, REFRESH])
async def test_a_bad_body_is_the_fault_of_the_client_and_never_echoed(hub: Hub, url: str) -> None:
    await ann(hub)
    json = {"Content-Type": "application/json"}
    answers = {
        name: await hub.client.post(url, data=io.BytesIO(body), headers=json)
        for name, body in BAD_BODIES.items()
    }
    statuses = {answer.status for answer in answers.values()}
    assert statuses <= {400, 401, 403, 413, 422}, {name: a.status for name, a in answers.items()}
    texts = {name: await answer.text() for name, answer in answers.items()}
    echoed = [name for name, text in texts.items() if "hunter2" in text]
    assert echoed == []


async def test_a_compressed_body_is_refused(hub: Hub) -> None:
    answer = await hub.client.post(LOGIN, data=b"x", headers={"Content-Encoding": "gzip"})
    assert answer.status == 415


async def test_nothing_that_signs_in_is_kept_in_the_data_directory(hub: Hub) -> None:
    first = await signed_in(hub)
    second = await (await refresh(hub, first["refresh_token"])).json()
    tokens = [body[key] for body in (first, second) for key in ("access_token", "refresh_token")]
    files = [file for file in hub.data.rglob("*") if file.is_file()]
    content = b"".join(file.read_bytes() for file in files)
    assert b"$argon2id$" in content
    assert [secret for secret in [PASSWORD, *tokens] if secret.encode() in content] == []
