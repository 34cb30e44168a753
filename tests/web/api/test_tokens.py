"""API tokens over HTTP."""

import re
from typing import Any

from tests.conftest import Hub
from tests.web.api.calling import TIME, call

URL = "/api/tokens"


async def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    body = {"name": "build server", "scopes": ["publish", "read"], "expires_in": 90 * 86400}
    async with hub.client.post(URL, json=body, headers=ann) as answer:
        made = await answer.json()
        assert (answer.status, answer.headers["Cache-Control"]) == (201, "no-store")
    secret = made.pop("token")
    assert re.fullmatch(r"phub_[\w-]{43}", secret)
    assert made == {**made, "name": "build server", "scopes": ["publish", "read"]}
    assert TIME.fullmatch(made["created_at"])
    assert TIME.fullmatch(made["expires_at"])
    assert await call(hub, "GET", URL, ann) == (200, {"tokens": [made]})
    bearer = {"Authorization": f"Bearer {secret}"}
    assert await call(hub, "GET", URL, bearer) == (200, {"tokens": [made]})
    assert (await hub.client.delete(f"{URL}/{made['id']}", headers=ann)).status == 204
    assert (await call(hub, "GET", URL, bearer))[0] == 401
    assert await call(hub, "GET", URL, ann) == (200, {"tokens": []})


async def test_a_name_is_enough(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    status, made = await call(hub, "POST", URL, ann, {"name": "x"})
    assert (status, made["scopes"], made["expires_at"]) == (201, ["read"], None)


BAD: list[Any] = [
    {},
    {"name": ""},
    {"name": "x" * 101},
    {"name": "a\nb"},
    {"name": 7},
    {"name": "x", "scopes": []},
    {"name": "x", "scopes": ["root"]},
    {"name": "x", "scopes": "read"},
    {"name": "x", "scopes": ["admin"]},
    {"name": "x", "expires_in": 0},
    {"name": "x", "expires_in": 10**12},
    {"name": "x", "expires_in": "90d"},
    {"name": "x", "id": "y"},
    [],
]


async def test_a_bad_token_is_refused(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    for body in BAD:
        assert (await call(hub, "POST", URL, ann, body))[0] == 422, body
    assert await call(hub, "GET", URL, ann) == (200, {"tokens": []})


async def test_admins_and_the_command_line_act_for_others(hub: Hub) -> None:
    await hub.add_user("ann")
    root = await hub.sign_in(await hub.add_user("root", "admin"))
    for headers in (root, hub.operator):
        status, made = await call(hub, "POST", f"{URL}?user=ann", headers, {"name": "x"})
        assert status == 201
        _, found = await call(hub, "GET", f"{URL}?user=ann", headers)
        assert [each["id"] for each in found["tokens"]] == [made["id"]]
        own = f"{URL}/{made['id']}"
        whoever = "" if headers == hub.operator else "?user=ann"
        if whoever:
            assert (await call(hub, "DELETE", own, headers))[0] == 404
        assert (await hub.client.delete(own + whoever, headers=headers)).status == 204
    status, _ = await call(hub, "POST", f"{URL}?user=ann", root, {"name": "x", "scopes": ["admin"]})
    assert status == 422


async def test_strange_ids_are_not_found(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    for token_id in ("x", "%00", "%ff", "'", "a" * 3000):
        status, problem = await call(hub, "DELETE", f"{URL}/{token_id}", ann)
        assert (status, problem["code"]) == (404, "not-found"), token_id
