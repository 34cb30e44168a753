"""Who may use which address: every route, for everybody; a new route needs a line in EXPECTED."""

import io
import json
import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import quote

import pytest

from pluginhub.accounts import api_tokens, users
from pluginhub.app import ROUTES
from pluginhub.models import Role, User
from pluginhub.web.routing import Route
from tests import bundles, hostile
from tests.conftest import OPERATOR, Hub, settings
from tests.web import raw
from tests.web.conftest import serving

Headers = dict[str, str]


class Statuses(NamedTuple):
    """What a request without body is answered, where Clock is published and nobody has it."""

    anonymous: int
    user: int
    admin: int
    operator: int


EXPECTED = {
    "DELETE /api/development/{slug}": Statuses(401, 403, 200, 401),
    "DELETE /api/plugins/{slug}": Statuses(401, 404, 404, 401),
    "DELETE /api/plugins/{slug}/pin": Statuses(401, 404, 404, 401),
    "DELETE /api/plugins/{slug}/releases/{version}/keep": Statuses(401, 403, 200, 200),
    "DELETE /api/plugins/{slug}/releases/{version}/yank": Statuses(401, 403, 200, 200),
    "DELETE /api/tokens/{id}": Statuses(401, 404, 404, 404),
    "DELETE /api/users/{name}": Statuses(401, 403, 404, 404),
    "DELETE /api/v1/plugin-api/{path:.*}": Statuses(404, 404, 404, 404),
    "DELETE /api/v1/plugin-state/cleanup": Statuses(401, 200, 200, 401),
    "DELETE /api/v1/plugin-state/{state}": Statuses(401, 404, 404, 401),
    "DELETE /api/v1/plugins/{id}": Statuses(401, 404, 404, 401),
    "DELETE /api/v1/plugins/{id}/uninstall": Statuses(401, 404, 404, 401),
    "GET /api/audit": Statuses(401, 403, 200, 200),
    "GET /api/history": Statuses(401, 200, 200, 401),
    "GET /api/export": Statuses(401, 200, 200, 401),
    "GET /api/managers": Statuses(401, 403, 200, 200),
    "GET /api/plugins": Statuses(401, 200, 200, 200),
    "GET /api/plugins/installed": Statuses(401, 200, 200, 401),
    "GET /api/plugins/installed/{slug}": Statuses(401, 404, 404, 401),
    "GET /api/plugins/jobs": Statuses(401, 403, 200, 200),
    "GET /api/plugins/jobs/{id}": Statuses(401, 403, 404, 404),
    "GET /api/plugins/jobs/{id}/events": Statuses(401, 403, 404, 404),
    "GET /api/plugins/system/stats": Statuses(401, 403, 200, 200),
    "GET /api/plugins/system/doctor": Statuses(401, 403, 200, 200),
    "GET /api/plugins/updates": Statuses(401, 200, 200, 401),
    "GET /api/plugins/{slug}": Statuses(401, 200, 200, 200),
    "GET /api/plugins/{slug}/config": Statuses(401, 404, 404, 401),
    "GET /api/plugins/{slug}/explain": Statuses(401, 404, 404, 401),
    "GET /api/plugins/{slug}/history": Statuses(401, 200, 200, 401),
    "GET /api/plugins/{slug}/releases": Statuses(401, 200, 200, 200),
    "GET /api/plugins/{slug}/releases/{version}": Statuses(401, 200, 200, 200),
    "GET /api/plugins/{slug}/status": Statuses(401, 404, 404, 401),
    "GET /api/tokens": Statuses(401, 200, 200, 401),
    "GET /api/users": Statuses(401, 403, 200, 200),
    "DELETE /api/webhooks/{id}": Statuses(401, 403, 404, 404),
    "GET /api/webhooks": Statuses(401, 403, 200, 200),
    "GET /api/webhooks/{id}/deliveries": Statuses(401, 403, 404, 404),
    "PATCH /api/webhooks/{id}": Statuses(401, 403, 404, 404),
    "POST /api/development": Statuses(401, 403, 422, 401),
    "POST /api/webhooks": Statuses(401, 403, 422, 422),
    "POST /api/webhooks/{id}/test": Statuses(401, 403, 404, 404),
    "GET /api/v1/auth/me": Statuses(401, 200, 200, 401),
    "GET /api/v1/events": Statuses(401, 200, 200, 200),
    "GET /api/v1/components": Statuses(404, 404, 404, 404),
    "GET /api/v1/navigation-routes": Statuses(404, 404, 404, 404),
    "GET /api/v1/navigation-routes/tree": Statuses(404, 404, 404, 404),
    "GET /api/v1/pages": Statuses(404, 404, 404, 404),
    "GET /api/v1/pages/route/{route:.+}": Statuses(404, 404, 404, 404),
    "GET /api/v1/pages/{id}": Statuses(404, 404, 404, 404),
    "GET /api/v1/plugin-api/{path:.*}": Statuses(404, 404, 404, 404),
    "GET /api/v1/plugin-state": Statuses(401, 200, 200, 401),
    "GET /api/v1/plugin-state/": Statuses(401, 200, 200, 401),
    "GET /api/v1/plugin-state/stats": Statuses(401, 200, 200, 401),
    "GET /api/v1/plugin-state/{state}": Statuses(401, 404, 404, 401),
    "GET /api/v1/plugins/available": Statuses(401, 200, 200, 200),
    "GET /api/v1/plugins/by-slug/{id}": Statuses(401, 404, 404, 401),
    "GET /api/v1/plugins/categories": Statuses(401, 200, 200, 401),
    "GET /api/v1/plugins/direct/{id}/modules/{module}": Statuses(401, 404, 404, 401),
    "GET /api/v1/plugins/manager": Statuses(401, 200, 200, 401),
    "GET /api/v1/plugins/manifest": Statuses(401, 200, 200, 401),
    "GET /api/v1/plugins/manifest/designer": Statuses(401, 200, 200, 401),
    "GET /api/v1/plugins/simple/{id}/modules/{module}": Statuses(401, 404, 404, 401),
    "GET /api/v1/plugins/tags": Statuses(401, 200, 200, 401),
    "GET /api/v1/plugins/test": Statuses(401, 200, 200, 401),
    "GET /api/v1/plugins/updates/available": Statuses(401, 200, 200, 401),
    "GET /api/v1/plugins/{id}/info": Statuses(401, 404, 404, 401),
    "GET /api/v1/plugins/{id}/modules": Statuses(401, 404, 404, 401),
    "GET /api/v1/plugins/{id}/modules/{module}": Statuses(401, 404, 404, 401),
    "GET /api/v1/plugins/{id}/status": Statuses(401, 200, 200, 401),
    "GET /api/v1/plugins/{id}/update/available": Statuses(401, 200, 200, 401),
    "GET /api/v1/plugins/{id}/{path:.*}": Statuses(401, 404, 404, 401),
    "GET /api/v1/public/plugins/{id}/{path:.+}": Statuses(401, 404, 404, 401),
    "GET /api/v1/settings/definitions": Statuses(404, 404, 404, 404),
    "GET /api/v1/settings/instances": Statuses(404, 404, 404, 404),
    "GET /readyz": Statuses(200, 200, 200, 200),
    "GET /metrics": Statuses(200, 200, 200, 200),  # from this machine
    "GET /docs": Statuses(200, 200, 200, 200),
    "GET /healthz": Statuses(200, 200, 200, 200),
    "GET /manifest-schema.json": Statuses(200, 200, 200, 200),
    "GET /openapi.json": Statuses(200, 200, 200, 200),
    "GET /static/{path:.+}": Statuses(404, 404, 404, 404),
    "HEAD /api/v1/plugin-api/{path:.*}": Statuses(404, 404, 404, 404),
    "HEAD /api/v1/public/plugins/{id}/{path:.+}": Statuses(401, 404, 404, 401),
    "HEAD /healthz": Statuses(200, 200, 200, 200),
    "PATCH /api/plugins/{slug}/config": Statuses(401, 422, 422, 422),
    "PATCH /api/users/{name}": Statuses(401, 403, 404, 404),
    "PATCH /api/v1/plugin-api/{path:.*}": Statuses(404, 404, 404, 404),
    "PATCH /api/v1/plugins/{id}": Statuses(401, 400, 400, 400),
    "PATCH /api/v1/plugins/{id}/modules/{module}": Statuses(401, 400, 400, 400),
    "POST /api/plugins": Statuses(401, 403, 422, 422),
    "POST /api/plugins/jobs/{id}/cancel": Statuses(401, 403, 404, 404),
    "POST /api/plugins/jobs/{id}/retry": Statuses(401, 403, 404, 404),
    "GET /api/plugins/system/working": Statuses(401, 403, 200, 200),
    "POST /api/plugins/system/backup": Statuses(401, 403, 200, 200),
    "POST /api/plugins/system/verify": Statuses(401, 403, 200, 200),
    "POST /api/plugins/system/cleanup": Statuses(401, 403, 200, 200),
    "POST /api/plugins/update": Statuses(401, 200, 200, 401),
    "POST /api/plugins/{slug}/disable": Statuses(401, 404, 404, 401),
    "POST /api/plugins/{slug}/enable": Statuses(401, 404, 404, 401),
    "POST /api/plugins/{slug}/install": Statuses(401, 201, 201, 401),
    "POST /api/plugins/{slug}/rollback": Statuses(401, 404, 404, 401),
    "POST /api/tokens": Statuses(401, 422, 422, 422),
    "POST /api/users": Statuses(401, 403, 422, 422),
    "POST /api/users/import": Statuses(401, 403, 422, 422),
    "POST /api/v1/auth/login": Statuses(422, 422, 422, 422),
    "POST /api/v1/auth/logout": Statuses(401, 200, 200, 200),
    "POST /api/v1/auth/refresh": Statuses(403, 403, 403, 403),
    "POST /api/v1/auth/register": Statuses(422, 422, 422, 422),
    "POST /api/v1/plugin-api/{path:.*}": Statuses(404, 404, 404, 404),
    "POST /api/v1/plugin-state": Statuses(401, 422, 422, 422),
    "POST /api/v1/plugin-state/": Statuses(401, 422, 422, 422),
    "POST /api/v1/plugin-state/bulk": Statuses(401, 422, 422, 422),
    "POST /api/v1/plugin-state/sync": Statuses(401, 200, 200, 401),
    "POST /api/v1/plugins/install": Statuses(401, 403, 422, 401),
    "POST /api/v1/plugins/install-from-url": Statuses(401, 403, 422, 422),
    "POST /api/v1/plugins/refresh-cache": Statuses(401, 200, 200, 401),
    "POST /api/v1/plugins/{id}/install": Statuses(401, 200, 200, 401),
    "POST /api/v1/plugins/{id}/register": Statuses(401, 200, 200, 401),
    "POST /api/v1/plugins/{id}/services/{action:restart|start|stop}": Statuses(401, 400, 400, 400),
    "POST /api/v1/plugins/{id}/test-loading": Statuses(401, 200, 200, 401),
    "POST /api/v1/plugins/{id}/update": Statuses(401, 404, 404, 401),
    "PUT /api/plugins/{slug}/channel": Statuses(401, 422, 422, 422),
    "PUT /api/plugins/{slug}/config": Statuses(401, 422, 422, 422),
    "PUT /api/plugins/{slug}/pin": Statuses(401, 404, 404, 401),
    "PUT /api/plugins/{slug}/releases/{version}/approval": Statuses(401, 403, 200, 200),
    "PUT /api/plugins/{slug}/releases/{version}/keep": Statuses(401, 403, 200, 200),
    "PUT /api/plugins/{slug}/releases/{version}/yank": Statuses(401, 403, 200, 200),
    "PUT /api/plugins/{slug}/update": Statuses(401, 404, 404, 401),
    "PUT /api/v1/auth/profile/password": Statuses(401, 400, 400, 401),
    "PUT /api/v1/auth/profile/username": Statuses(401, 400, 400, 401),
    "PUT /api/v1/plugin-api/{path:.*}": Statuses(404, 404, 404, 404),
    "PUT /api/v1/plugin-state/{state}": Statuses(401, 404, 404, 401),
}

# What stands for the parts of an address; x where it does not matter.
VALUES = {
    "id": "Clock",
    "module": "Face",
    "action": "start",
    "route": "home",
    "state": "1",
    "path": "dist/remoteEntry.js",
    "slug": "Clock",
    "name": "ghost",
    "version": "1.0.0",
}


def address(route: Route, **values: str) -> str:
    """Return an address that the route answers."""
    values = {**VALUES, **values}
    return re.sub(r"\{(\w+)(:[^}]*)?\}", lambda match: values.get(match[1], "x"), route.path)


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


async def answer(
    hub: Hub, method: str, url: str, headers: Headers, body: object = None
) -> tuple[int, str]:
    async with hub.client.request(method, url, headers=headers, json=body) as found:
        hub.client.session.cookie_jar.clear()
        if found.content_type == "text/event-stream":  # has no end
            return found.status, (await found.content.readuntil(b"\n\n")).decode()
        return found.status, await found.text()


Who = Callable[[Hub], Awaitable[Headers]]
_numbers = iter(range(10**9))


async def fresh(hub: Hub, role: Role = "user") -> User:
    return await hub.add_user(f"user{next(_numbers)}", role)


async def anonymous(_hub: Hub) -> Headers:
    return {}


async def other_scheme(_hub: Hub) -> Headers:
    return {"Authorization": "Basic YTpi"}


async def user(hub: Hub) -> Headers:
    return await hub.sign_in(await fresh(hub))


async def admin(hub: Hub) -> Headers:
    return await hub.sign_in(await fresh(hub, "admin"))


async def operator(hub: Hub) -> Headers:
    return hub.operator


async def signed_out(hub: Hub) -> Headers:
    headers = await admin(hub)
    await hub.client.post("/api/v1/auth/logout", headers=headers)
    return headers


async def disabled(hub: Hub) -> Headers:
    account = await fresh(hub, "admin")
    headers = await hub.sign_in(account)
    await users.set_enabled(hub.database, account.name, enabled=False, actor=OPERATOR)
    return headers


async def removed(hub: Hub) -> Headers:
    account = await fresh(hub, "admin")
    headers = await hub.sign_in(account)
    await users.remove(hub.database, account.name, actor=OPERATOR)
    return headers


async def expired(hub: Hub) -> Headers:
    headers = await admin(hub)
    async with hub.database.transaction() as tx:
        await tx.execute("UPDATE tokens SET expires_at = created_at")
    return headers


async def token(hub: Hub, account: User, *scopes: api_tokens.Scope) -> Headers:
    _, secret = await api_tokens.create(hub.database, account, "test", scopes, None, actor=OPERATOR)
    return {"Authorization": f"Bearer {secret}"}


async def reading_token(hub: Hub) -> Headers:
    return await token(hub, await fresh(hub, "admin"), "read")


async def revoked_token(hub: Hub) -> Headers:
    account = await fresh(hub, "admin")
    headers = await token(hub, account, "admin")
    async with hub.database.transaction() as tx:
        await tx.execute("DELETE FROM api_tokens")
    return headers


async def expired_token(hub: Hub) -> Headers:
    headers = await token(hub, await fresh(hub, "admin"), "admin")
    async with hub.database.transaction() as tx:
        await tx.execute("UPDATE api_tokens SET expires_at = created_at")
    return headers


async def tokens_user_disabled(hub: Hub) -> Headers:
    account = await fresh(hub, "admin")
    headers = await token(hub, account, "admin")
    await users.set_enabled(hub.database, account.name, enabled=False, actor=OPERATOR)
    return headers


async def matrix(hub: Hub, who: Who) -> dict[str, int]:
    """Return what somebody is answered by each route, each time as if it were the first."""
    await hub.publish(bundles.bundle())
    yank = "/api/plugins/Clock/releases/1.0.0/yank"
    found = {}
    for route in ROUTES:
        found[name(route)], _ = await answer(hub, route.method, address(route), await who(hub))
        await hub.client.delete(yank, headers=hub.operator)
    return found


def test_no_address_stands_twice_in_the_table() -> None:
    assert len({name(route) for route in ROUTES}) == len(ROUTES)


@pytest.mark.timeout(60)
async def test_everybody_is_answered_what_the_table_says(hub: Hub) -> None:
    columns = [await matrix(hub, who) for who in (anonymous, user, admin, operator)]
    found = {route: Statuses(*(column[route] for column in columns)) for route in columns[0]}
    wrong = {route: each for route, each in found.items() if EXPECTED.get(route) != each}
    lines = "".join(f'    "{route}": Statuses{tuple(each)},\n' for route, each in wrong.items())
    assert not wrong, f"not as expected:\n{lines}"


def test_the_table_says_what_the_kinds_of_access_mean() -> None:
    for route in ROUTES:
        expected = EXPECTED[name(route)]
        assert max(expected) < 500, name(route)
        if route.access != "public":
            assert expected.anonymous == 401, name(route)
            assert {expected.user, expected.admin}.isdisjoint({401}), name(route)
            assert expected.admin != 403, name(route)
        if route.access in {"admin", "publisher"}:
            assert expected.user == 403, name(route)


NOBODY = [
    other_scheme,
    signed_out,
    disabled,
    removed,
    expired,
    revoked_token,
    expired_token,
    tokens_user_disabled,
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("who", NOBODY)
async def test_who_is_not_signed_in_any_more_is_nobody(hub: Hub, who: Who) -> None:
    expected = {name(route): EXPECTED[name(route)].anonymous for route in ROUTES}
    assert await matrix(hub, who) == expected


@pytest.mark.timeout(60)
async def test_a_token_that_may_read_changes_nothing(hub: Hub) -> None:
    found = await matrix(hub, reading_token)
    for route in ROUTES:
        expected = EXPECTED[name(route)].user
        if route.access != "public" and route.method not in {"GET", "HEAD"}:
            expected = 403
        assert found[name(route)] == expected, name(route)


async def test_where_users_may_publish_they_pass(hub: Hub) -> None:
    config = settings(hub.data.parent / "other")
    publish = config.publish.model_copy(update={"allow": "users"})
    async with serving(config.model_copy(update={"publish": publish})) as other:
        for route in [route for route in ROUTES if route.access == "publisher"]:
            status, _ = await answer(other, route.method, address(route), await user(other))
            assert status not in {401, 403}, name(route)
            reader = await reading_token(other)
            assert (await answer(other, route.method, address(route), reader))[0] == 403
        ann, ben = await user(other), await user(other)
        for version, headers, expected in [("1", ann, 201), ("2", ben, 403), ("2", ann, 201)]:
            content = io.BytesIO(bundles.bundle(version=f"{version}.0.0"))
            async with other.client.post("/api/plugins", data=content, headers=headers) as found:
                assert found.status == expected, await found.text()


async def a_token_of(hub: Hub, owner: User) -> str:
    made, _ = await api_tokens.create(hub.database, owner, "x", ("read",), None, actor=OPERATOR)
    return made.id


async def a_state_of(hub: Hub, owner: User) -> str:
    state = {"plugin_id": "Clock", "state_data": {}}
    headers = await hub.sign_in(owner)
    async with hub.client.post("/api/v1/plugin-state", json=state, headers=headers) as made:
        found: str = (await made.json())["id"]
        return found


async def a_plugin_of(hub: Hub, owner: User) -> str:
    await hub.publish(bundles.bundle())
    await hub.install("Clock", await hub.sign_in(owner))
    return f"{owner.id}_Clock"


# What {id} of an address names: a thing of somebody, and one that does not exist. Jobs are asked
# for by those who may publish: tests/web/api/test_jobs.py.
THINGS: dict[str, tuple[Callable[[Hub, User], Awaitable[str]], str]] = {
    "/api/v1/plugin-state/": (a_state_of, "00000000-0000-4000-8000-000000000000"),
    "/api/tokens/": (a_token_of, "0" * 32),
    "/api/v1/plugins/": (a_plugin_of, f"{'0' * 32}_Clock"),
    "/api/v1/public/plugins/": (a_plugin_of, f"{'0' * 32}_Clock"),
}
# Bodies without which nothing is looked for.
BODIES = {
    "PATCH /api/v1/plugins/{id}": {"enabled": True},
    "PATCH /api/v1/plugins/{id}/modules/{module}": {"enabled": True},
    "POST /api/v1/plugins/{id}/services/{action:restart|start|stop}": {"definition_id": "x"},
}
OF_SOMEBODY = [
    route
    for route in ROUTES
    if re.search(r"\{(id|state)[:}]", route.path) and any(prefix in route.path for prefix in THINGS)
]


@pytest.mark.parametrize("route", OF_SOMEBODY, ids=name)
async def test_what_is_somebody_elses_answers_as_what_does_not_exist(
    hub: Hub, route: Route
) -> None:
    [(make, nowhere)] = [things for prefix, things in THINGS.items() if prefix in route.path]
    theirs = await make(hub, await fresh(hub))
    stranger = await user(hub)
    answers = []
    for thing in (theirs, nowhere):
        url = re.sub(r"\{(id|state)\}", thing, route.path)
        url = re.sub(r"\{(\w+)(:[^}]*)?\}", lambda match: VALUES.get(match[1], "x"), url)
        body = BODIES.get(name(route))
        status, text = await answer(hub, route.method, url, stranger, body)
        answers.append((status, text.replace(thing, "ID")))
    assert answers[0] == answers[1]


async def all_that_is_told(hub: Hub, headers: Headers) -> dict[str, tuple[int, str]]:
    """Return what somebody is answered everywhere where nothing is changed."""
    return {
        name(route): await answer(hub, route.method, address(route), headers)
        for route in ROUTES
        if route.method == "GET"
    }


async def test_nobody_can_tell_by_any_address_who_has_what(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    stranger, other = await user(hub), await user(hub)
    before = await all_that_is_told(hub, stranger)
    await hub.install("Clock", other)
    await hub.client.put("/api/plugins/Clock/config", json={"secret": "hunter2"}, headers=other)
    await hub.client.post("/api/plugins/Clock/disable", headers=other)
    state = {"plugin_id": "Clock", "state_data": {"secret": "hunter2"}}
    assert (await answer(hub, "POST", "/api/v1/plugin-state", other, state))[0] == 200
    after = await all_that_is_told(hub, stranger)
    own = "GET /api/export"  # which tells that it was asked for before
    ids = "GET /api/v1/events"  # whose numbers grow with whatever anybody does
    numbers = "GET /metrics"  # of all together, and only for this machine and admins
    told = {route for route, said in after.items() if said != before[route]} - {own, ids, numbers}
    assert re.fullmatch(r"retry: 2000\nid: [0-9]+\n\n", after[ids][1])
    assert "hunter2" not in after[own][1]
    assert told == HOW_MANY_HAVE_IT
    for route in told:
        assert after[route][1] == before[route][1].replace('"users":0', '"users":1'), route


# The catalogue says how many users have a release, and not who.
HOW_MANY_HAVE_IT = {
    "GET /api/plugins",
    "GET /api/plugins/{slug}",
    "GET /api/plugins/{slug}/releases",
    "GET /api/plugins/{slug}/releases/{version}",
}


@pytest.mark.timeout(60)
async def test_a_user_cannot_tell_by_any_address_who_else_there_is(hub: Hub) -> None:
    there = (await fresh(hub)).name
    for route in ROUTES:
        asked = [
            await answer(hub, route.method, f"{address(route)}?user={other}", await user(hub))
            for other in (there, "ghost")
        ]
        hidden = [(status, text.replace(there, "ghost")) for status, text in asked]
        if route.access != "public":
            assert hidden[0] == hidden[1] or hidden[0][0] < 300, name(route)


async def hostile_to(hub: Hub, route: Route, text: str, **headers: str) -> raw.Answer:
    """Put a text into every part of an address, into its query and into a body."""
    values = dict.fromkeys(VALUES.keys() - {"route"}, quote(text, safe=""))
    target = f"{address(route, **values)}?user={quote(text)}&{quote(text)}=1"
    body = json.dumps({"name": text, text: text, "email": text, "password": text}).encode()
    more = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    return await raw.request(hub, route.method, target.encode(), {**hub.operator, **more}, body)


@pytest.mark.timeout(60)
async def test_nothing_that_is_sent_comes_back_as_a_page_or_a_header(hub: Hub) -> None:
    for route in ROUTES:
        for text in ("<script>ran()</script>", "x\r\nX-Evil: 1\r\n\r\n<svg onload=ran()>"):
            found = await hostile_to(hub, route, text)
            kind, _, _ = found.headers.get("Content-Type", "").partition(";")
            assert kind in {"", "application/json", "application/problem+json"} or (
                (route.path, kind) in {("/docs", "text/html"), ("/metrics", "text/plain")}
            )
            assert found.headers["X-Content-Type-Options"] == "nosniff"
            assert found.status < 500
            assert "X-Evil" not in found.headers
            assert kind not in {"text/html", "text/plain"} or text.encode() not in found.body


@pytest.mark.timeout(60)
async def test_no_address_is_made_of_the_host_that_a_client_names(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    forwarded = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    for route in ROUTES:
        for person in (await admin(hub), hub.operator):
            headers = {**person, **forwarded, "Host": "evil.example"}
            async with hub.client.request(
                route.method, address(route), headers=headers, allow_redirects=False
            ) as found:
                endless = found.content_type == "text/event-stream"
                text = "" if endless else await found.text()
                seen = f"{[*found.headers.items()]} {text}"
            hub.client.session.cookie_jar.clear()
            assert "evil.example" not in seen, name(route)


async def test_nobody_is_sent_elsewhere(hub: Hub) -> None:
    for target in hostile.ELSEWHERE:
        for method in ("GET", "HEAD", "POST"):
            found = await raw.request(hub, method, target.encode(), hub.operator)
            assert found.status in {200, 400, 401, 404, 405, 413}, target
            assert "Location" not in found.headers
            assert "Refresh" not in found.headers


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/plugins/installed", "GET"),
        ("/api/plugins/update", "POST"),
        ("/api/plugins/Clock", "DELETE,GET"),
        ("/api/v1/plugins/manager", "GET"),
        ("/api/v1/plugins/Clock/install", "POST"),
        ("/api/v1/plugin-state/bulk", "POST"),
        ("/healthz", "GET,HEAD"),
    ],
)
async def test_what_an_address_does_not_know_is_answered_with_what_it_knows(
    hub: Hub, path: str, methods: str
) -> None:
    found = await hub.client.request("OPTIONS", path)
    assert (found.status, found.headers["Allow"]) == (405, methods)
