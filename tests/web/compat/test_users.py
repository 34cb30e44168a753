"""A1 and A5-A7: make an account, see it, change name and password."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import pluginhub
from tests.conftest import Hub
from tests.web.conftest import make_passwords_cheap, serving, with_auth

REGISTER, LOGIN, ME = "/api/v1/auth/register", "/api/v1/auth/login", "/api/v1/auth/me"
NAME, PASSWORD = "/api/v1/auth/profile/username", "/api/v1/auth/profile/password"
JANE = {"username": "jane", "email": "jane@example.com", "password": "correct horse"}

Headers = dict[str, str]


@pytest.fixture(name="open_hub")
async def _open_hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with serving(with_auth(tmp_path / "data", registration="open")) as hub:
        make_passwords_cheap(hub)
        yield hub


async def call(hub: Hub, method: str, url: str, body: Any, headers: Headers) -> tuple[int, Any]:
    async with hub.client.request(method, url, json=body, headers=headers) as answer:
        hub.client.session.cookie_jar.clear()
        return answer.status, await answer.json()


async def post(hub: Hub, url: str, body: Any) -> tuple[int, Any]:
    return await call(hub, "POST", url, body, {})


async def sign_in(hub: Hub, name: str = "jane", password: str | None = None) -> Headers:
    body = {"email": name, "password": password or JANE["password"]}
    status, tokens = await post(hub, LOGIN, body)
    assert status == 200, tokens
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def test_whoever_registers_is_answered_the_user_and_signs_in_next(open_hub: Hub) -> None:
    ignored = {"full_name": "", "profile_picture": "x", "version": "9", "is_admin": True}
    status, user = await post(open_hub, REGISTER, {**JANE, **ignored})
    assert status == 200
    assert user == {
        "id": user["id"],
        "username": "jane",
        "email": "jane@example.com",
        "full_name": None,
        "profile_picture": None,
        "is_active": True,
        "is_verified": False,
        "version": pluginhub.__version__,
    }
    headers = await sign_in(open_hub, "jane@example.com")
    assert await call(open_hub, "GET", ME, None, headers) == (200, user)
    assert (await call(open_hub, "GET", "/api/users", None, headers))[0] == 403
    async with open_hub.database.snapshot() as connection:
        rows = await connection.execute_fetchall("SELECT actor_id, actor_name, address FROM audit")
    assert [tuple(row) for row in rows] == [(user["id"], "jane", "127.0.0.1")]


async def test_what_is_taken_is_refused_in_the_words_of_the_frontend(open_hub: Hub) -> None:
    await post(open_hub, REGISTER, JANE)
    for change, detail in [
        ({"username": "JANE", "email": "other@example.com"}, "Username already taken"),
        ({"username": "other", "email": "JANE@example.com"}, "Email already registered"),
    ]:
        assert await post(open_hub, REGISTER, {**JANE, **change}) == (400, {"detail": detail})


BAD: list[dict[str, Any]] = [
    {"username": "ab"},
    {"username": "x" * 51},
    {"username": "a b c"},
    {"username": "operator"},
    {"username": None},
    {"email": "jane"},
    {"email": "a@b\u200b"},
    {"email": None},
    {"password": "short"},
    {"password": "x" * 1025},
    {"password": "ä" * 600},
    {"password": None},
]


async def test_a_bad_registration_is_refused(open_hub: Hub) -> None:
    for change in BAD[:9]:
        assert (await post(open_hub, REGISTER, {**JANE, **change}))[0] == 422, change
    assert await call(open_hub, "GET", "/api/users", None, open_hub.operator) == (
        200,
        {"users": []},
    )


async def test_bad_passwords_are_refused(open_hub: Hub) -> None:
    for change in BAD[9:]:
        assert (await post(open_hub, REGISTER, {**JANE, **change}))[0] == 422, change


async def test_too_many_registrations_from_one_address_are_refused(open_hub: Hub) -> None:
    for number in range(10):
        body = {**JANE, "username": f"jane{number}", "email": f"jane{number}@example.com"}
        assert (await post(open_hub, REGISTER, body))[0] == 200
    async with open_hub.client.post(REGISTER, json=JANE) as answer:
        assert (answer.status, int(answer.headers["Retry-After"]) > 3000) == (429, True)


async def test_a_closed_registration_says_so(hub: Hub) -> None:
    detail = "Registration is closed here: ask an admin for an account"
    assert await post(hub, REGISTER, JANE) == (403, {"detail": detail})
    assert (await call(hub, "GET", "/api/users", None, hub.operator))[1] == {"users": []}


async def test_a_page_of_another_site_registers_nobody(open_hub: Hub) -> None:
    foreign = {"Origin": "https://evil.example"}
    assert (await call(open_hub, "POST", REGISTER, JANE, foreign))[0] == 403


async def test_a_user_changes_their_name(open_hub: Hub) -> None:
    await post(open_hub, REGISTER, JANE)
    await post(open_hub, REGISTER, {**JANE, "username": "ben", "email": "ben@example.com"})
    headers = await sign_in(open_hub)
    for name, detail in [
        ("BEN", "Username already taken"),
        ("a b", "Invalid request body"),
        ("", "Invalid request body"),
        ("operator", "Invalid request body"),
        ("x" * 51, "Invalid request body"),
    ]:
        answer = await call(open_hub, "PUT", NAME, {"username": name}, headers)
        assert answer == (400, {"detail": detail}), name
    assert (await call(open_hub, "PUT", NAME, {}, headers))[0] == 400
    assert (await call(open_hub, "PUT", NAME, {"username": 7}, headers))[0] == 422
    for name in ("Jane", "jane2"):  # another case is free for its owner
        status, user = await call(open_hub, "PUT", NAME, {"username": name}, headers)
        assert (status, user["username"], user["email"]) == (200, name, "jane@example.com")
    await sign_in(open_hub, "jane2")
    assert (await post(open_hub, LOGIN, {"email": "jane", "password": "correct horse"}))[0] == 401


def change(current: str, new: str, confirm: str | None = None) -> dict[str, str]:
    confirm = new if confirm is None else confirm
    return {"current_password": current, "new_password": new, "confirm_password": confirm}


async def test_a_new_password_ends_all_other_sessions(open_hub: Hub) -> None:
    await post(open_hub, REGISTER, JANE)
    here, there = await sign_in(open_hub), await sign_in(open_hub)
    body = change("correct horse", "battery staple")
    done = (200, {"message": "Password updated successfully"})
    assert await call(open_hub, "PUT", PASSWORD, body, here) == done
    statuses = [(await call(open_hub, "GET", ME, None, each))[0] for each in (here, there)]
    assert statuses == [200, 401]
    await sign_in(open_hub, password="battery staple")
    old = {"email": "jane", "password": "correct horse"}
    assert (await post(open_hub, LOGIN, old))[0] == 401


async def test_a_bad_change_of_a_password_says_what_is_wrong(open_hub: Hub) -> None:
    await post(open_hub, REGISTER, JANE)
    headers = await sign_in(open_hub)
    for body, detail in [
        (change("wrong horse", "battery staple"), "Current password is incorrect"),
        (change("correct horse", "a" * 8, "b" * 8), "New password and confirmation do not match"),
        (change("correct horse", "short"), "New password must be at least 8 characters long"),
        (change("correct horse", "ä" * 600), "Invalid request body"),
        (change("correct horse", ""), "Invalid request body"),
        ({}, "Invalid request body"),
    ]:
        answer = await call(open_hub, "PUT", PASSWORD, body, headers)
        assert answer == (400, {"detail": detail}), body
    await sign_in(open_hub)


async def test_a_password_is_not_guessed_at_an_open_page(open_hub: Hub) -> None:
    await post(open_hub, REGISTER, JANE)
    headers = await sign_in(open_hub)
    body = change("wrong horse", "battery staple")
    answers = [await call(open_hub, "PUT", PASSWORD, body, headers) for _ in range(11)]
    assert [status for status, _ in answers] == [400] * 10 + [429]


async def test_who_has_no_password_cannot_change_it(open_hub: Hub) -> None:
    headers = await open_hub.sign_in(await open_hub.add_user("ann"))
    body = change("", "battery staple")
    assert (await call(open_hub, "PUT", PASSWORD, body, headers))[0] == 400
    body = change("x", "battery staple")
    detail = {"detail": "Current password is incorrect"}
    assert await call(open_hub, "PUT", PASSWORD, body, headers) == (400, detail)
