"""Accounts over HTTP, for admins."""

import io
from typing import Any

import pytest

from pluginhub.accounts import sessions
from pluginhub.web import keys
from tests import bundles
from tests.conftest import Hub
from tests.web.conftest import make_passwords_cheap

PASSWORD = "correct horse"
JSON = {"Content-Type": "application/json"}


async def call(
    hub: Hub, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    headers = hub.operator if headers is None else headers
    async with hub.client.request(method, path, json=body, headers=headers) as answer:
        return answer.status, await answer.json() if await answer.read() else None


async def can_sign_in(hub: Hub, name: str, password: str) -> bool:
    body = {"email": name, "password": password}
    return (await hub.client.post("/api/v1/auth/login", json=body)).status == 200


@pytest.mark.parametrize("role", ["admin", "user"])
async def test_a_new_user_is_answered_and_can_sign_in(hub: Hub, role: str) -> None:
    make_passwords_cheap(hub)
    body = {"name": "Ann", "email": "ann@example.com", "password": PASSWORD, "role": role}
    status, user = await call(hub, "POST", "/api/users", body)
    assert (status, len(user.pop("id"))) == (201, 32)
    assert user == {"name": "Ann", "email": "ann@example.com", "role": role, "enabled": True}
    assert await can_sign_in(hub, "ann", PASSWORD)


async def test_a_name_is_enough_for_a_user(hub: Hub) -> None:
    status, user = await call(hub, "POST", "/api/users", {"name": "ann"})
    assert (status, user["email"], user["role"]) == (201, None, "user")
    assert not await can_sign_in(hub, "ann", "")


BAD = {
    "nothing": None,
    "no name": {},
    "a bad name": {"name": "a b"},
    "a number as name": {"name": 1},
    "null as name": {"name": None},
    "a bad address": {"name": "ann", "email": "ann"},
    "a short password": {"name": "ann", "password": "short"},
    "a long password": {"name": "ann", "password": "a" * 1025},
    "an unknown role": {"name": "ann", "role": "king"},
    "an id": {"name": "ann", "id": "0" * 32},
    "enabled": {"name": "ann", "enabled": True},
    "is_admin": {"name": "ann", "is_admin": True},
    "password_hash": {"name": "ann", "password_hash": "x"},
    "an array": ["ann"],
}


async def test_a_bad_user_is_refused_whole(hub: Hub) -> None:
    answers = {name: await call(hub, "POST", "/api/users", body) for name, body in BAD.items()}
    assert {name: status for name, (status, _) in answers.items()} == dict.fromkeys(BAD, 422)
    assert await call(hub, "GET", "/api/users") == (200, {"users": []})


async def test_a_name_or_address_that_is_taken_is_a_conflict(hub: Hub) -> None:
    await call(hub, "POST", "/api/users", {"name": "ann", "email": "ann@example.com"})
    for body in ({"name": "ANN"}, {"name": "ben", "email": "Ann@example.com"}):
        status, problem = await call(hub, "POST", "/api/users", body)
        assert (status, problem["code"]) == (409, "conflict")


async def test_all_users_are_listed_by_name_without_their_hashes(hub: Hub) -> None:
    make_passwords_cheap(hub)
    for name in ("cleo", "Ann", "ben"):
        await call(hub, "POST", "/api/users", {"name": name, "password": PASSWORD})
    status, answer = await call(hub, "GET", "/api/users")
    assert (status, [user["name"] for user in answer["users"]]) == (200, ["Ann", "ben", "cleo"])
    assert {*answer["users"][0]} == {"id", "name", "email", "role", "enabled"}


async def test_a_user_is_disabled_and_enabled(hub: Hub) -> None:
    headers = await hub.sign_in(await hub.add_user("ann"))
    status, user = await call(hub, "PATCH", "/api/users/ANN", {"enabled": False})
    assert (status, user["enabled"]) == (200, False)
    assert (await call(hub, "GET", "/api/plugins", headers=headers))[0] == 401
    assert (await call(hub, "PATCH", "/api/users/ann", {"enabled": True}))[1]["enabled"] is True


async def test_a_new_password_replaces_the_old_one_and_ends_all_sessions(hub: Hub) -> None:
    make_passwords_cheap(hub)
    await call(hub, "POST", "/api/users", {"name": "ann", "password": PASSWORD})
    auth = hub.app[keys.CONFIG].auth
    database, passwords = hub.database, hub.app[keys.PASSWORDS]
    pair = await sessions.sign_in(database, passwords, auth, "ann", PASSWORD)
    assert (await call(hub, "PATCH", "/api/users/ann", {"password": "another horse"}))[0] == 200
    assert await sessions.identify(database, pair.access_token, "access") is None
    assert [await can_sign_in(hub, "ann", old) for old in (PASSWORD, "another horse")] == [
        False,
        True,
    ]


async def test_an_empty_change_changes_nothing(hub: Hub) -> None:
    headers = await hub.sign_in(await hub.add_user("ann"))
    for body in ({}, {"enabled": None, "password": None}):
        assert (await call(hub, "PATCH", "/api/users/ann", body))[0] == 200
    assert (await call(hub, "GET", "/api/plugins", headers=headers))[0] == 200


async def test_a_bad_change_changes_nothing(hub: Hub) -> None:
    await hub.add_user("ann")
    before = await call(hub, "GET", "/api/users")
    bad: list[Any] = [{"role": "admin"}, {"name": "ben"}, {"enabled": "maybe"}, ["x"], 1, "x"]
    for body in [*bad, {"password": "short"}, {"enabled": False, "id": "x"}]:
        assert (await call(hub, "PATCH", "/api/users/ann", body))[0] == 422, body
    assert await call(hub, "GET", "/api/users") == before


async def test_a_change_with_one_bad_part_changes_nothing(hub: Hub) -> None:
    await hub.add_user("ann")
    body = {"enabled": False, "password": "short"}
    assert (await call(hub, "PATCH", "/api/users/ann", body))[0] == 422
    assert (await call(hub, "GET", "/api/users"))[1]["users"][0]["enabled"] is True


async def test_a_removed_user_is_gone_with_what_was_theirs(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    ann = await hub.sign_in(await hub.add_user("ann"))
    ben = await hub.sign_in(await hub.add_user("ben"))
    for headers in (ann, ben):
        await hub.install("Clock", headers)
    entry = (await hub.designer(ann))["Clock"]
    assert await call(hub, "DELETE", "/api/users/ann") == (204, None)
    assert (await hub.load(entry)).status == 404
    assert [*await hub.designer(ben)] == ["Clock"]
    assert (await call(hub, "GET", "/api/plugins/installed?user=ann"))[0] == 404


async def test_who_does_not_exist_is_not_found(hub: Hub) -> None:
    for name in ("ghost", "%00", "%ff", "..%2fetc", "'", "a" * 3000):
        for method, body in [("PATCH", {"enabled": True}), ("DELETE", None)]:
            status, problem = await call(hub, method, f"/api/users/{name}", body)
            assert (status, problem["code"]) == (404, "not-found"), name


async def test_a_body_that_is_no_json_is_refused(hub: Hub) -> None:
    await hub.add_user("ann")
    for method, path in [("POST", "/api/users"), ("PATCH", "/api/users/ann")]:
        for body in (b"{", b"name=ann", b"[" * 100_000, b'{"name": "\\ud800"}', b'{"name": NaN}'):
            answer = await hub.client.request(
                method, path, data=io.BytesIO(body), headers={**hub.operator, **JSON}
            )
            assert answer.status == 400, body[:20]


async def test_password_and_switch_may_be_changed_at_once(hub: Hub) -> None:
    await hub.add_user("ann")
    body = {"enabled": False, "password": PASSWORD}
    status, changed = await call(hub, "PATCH", "/api/users/ann", body)
    assert (status, changed["enabled"]) == (200, False)
    login = {"email": "ann", "password": PASSWORD}
    assert (await hub.client.post("/api/v1/auth/login", json=login)).status == 401
    await call(hub, "PATCH", "/api/users/ann", {"enabled": True})
    assert (await hub.client.post("/api/v1/auth/login", json=login)).status == 200
