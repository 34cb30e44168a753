"""Who may use which address; a new route is covered as soon as it stands in ROUTES."""

import re

import pytest

from pluginhub.app import ROUTES
from pluginhub.web.routing import Route
from tests import bundles
from tests.conftest import Hub

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


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
# They do not exist where compat.shell is off.
SHELL = {
    "GET /api/v1/settings/definitions",
    "GET /api/v1/settings/instances",
    "GET /api/v1/navigation-routes",
    "GET /api/v1/navigation-routes/tree",
    "GET /api/v1/components",
    "GET /api/v1/pages",
    "GET /api/v1/pages/{id}",
    "GET /api/v1/pages/route/{route:.+}",
}


def address(route: Route) -> str:
    """Return an address that the route answers."""
    return re.sub(r"\{(\w+)(:[^}]*)?\}", lambda match: VALUES[match[1]], route.path)


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


async def status(hub: Hub, route: Route, headers: dict[str, str]) -> int:
    async with hub.client.request(route.method, address(route), headers=headers) as answer:
        hub.client.session.cookie_jar.clear()
        return answer.status


async def matrix(hub: Hub, headers: dict[str, str]) -> dict[str, int]:
    await hub.publish(bundles.bundle())
    return {name(route): await status(hub, route, headers) for route in ROUTES}


def routes(*access: str) -> set[str]:
    return {name(route) for route in ROUTES if route.access in access}


def test_no_address_stands_twice_in_the_table() -> None:
    assert len({name(route) for route in ROUTES}) == len(ROUTES)


def test_few_addresses_are_public_and_each_is_known_here() -> None:
    assert routes("public") == {
        "POST /api/v1/auth/login",
        "POST /api/v1/auth/refresh",
        *(f"{method} /api/v1/plugin-api/{{path:.*}}" for method in METHODS),
        *SHELL,
        "GET /api/v1/public/plugins/{id}/{path:.+}",
        "HEAD /api/v1/public/plugins/{id}/{path:.+}",
        "GET /manifest-schema.json",
        "GET /openapi.json",
        "GET /docs",
        "GET /static/{path:.+}",
        "GET /healthz",
        "HEAD /healthz",
    }


def test_what_changes_what_others_have_is_for_admins() -> None:
    changing = {"POST /api/plugins/system/cleanup", "POST /api/users"}
    changing |= {"PUT /api/plugins/{slug}/releases/{version}/approval"}
    changing |= {"PATCH /api/users/{name}", "DELETE /api/users/{name}"}
    reading = {"GET /api/users", "GET /api/audit", "GET /api/managers"}
    reading |= {"GET /api/plugins/system/stats"}
    assert routes("admin") == changing | reading
    publishing = {"POST /api/v1/plugins/install", "POST /api/v1/plugins/install-from-url"}
    publishing |= {"POST /api/plugins"}
    assert routes("publisher") == publishing


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YTpi"}, {"Authorization": ""}])
async def test_without_a_token_only_public_addresses_answer(
    hub: Hub, headers: dict[str, str]
) -> None:
    found = await matrix(hub, headers)
    refused = {route for route, status in found.items() if status == 401}
    files = {route for route in found if "/public/" in route}  # these decide for themselves
    assert refused == routes("user", "publisher", "admin") | files
    assert max(found.values()) < 500


async def test_a_revoked_token_is_worth_nothing(hub: Hub) -> None:
    headers = await hub.sign_in(await hub.add_user("root", "admin"))
    await hub.client.post("/api/v1/auth/logout", headers=headers)
    found = await matrix(hub, headers)
    assert {found[route] for route in routes("user", "publisher", "admin")} == {401}


async def test_a_removed_user_is_nobody(hub: Hub) -> None:
    headers = await hub.sign_in(await hub.add_user("root", "admin"))
    await hub.client.delete("/api/users/root", headers=hub.operator)
    found = await matrix(hub, headers)
    assert {found[route] for route in routes("user", "publisher", "admin")} == {401}


FOR_OWNERS = {
    "PUT /api/plugins/{slug}/releases/{version}/yank",
    "DELETE /api/plugins/{slug}/releases/{version}/yank",
}


async def test_a_user_may_not_do_what_admins_and_owners_may(hub: Hub) -> None:
    ann = await hub.add_user("ann")
    await hub.publish(bundles.bundle())
    for route in ROUTES:
        found = await status(hub, route, await hub.sign_in(ann))
        assert found < 500, name(route)
        if route.access != "public":
            for_others = route.access in {"publisher", "admin"} or name(route) in FOR_OWNERS
            assert (found == 403) == for_others, name(route)
            assert found != 401, name(route)


async def test_an_admin_may_do_everything(hub: Hub) -> None:
    root = await hub.add_user("root", "admin")
    await hub.publish(bundles.bundle())
    for route in ROUTES:
        found = await status(hub, route, await hub.sign_in(root))
        assert found < 500, name(route)
        assert found not in {401, 403} or route.access == "public", name(route)


FOR_USERS_ONLY = {
    "POST /api/v1/plugins/install",
    "GET /api/v1/plugins/updates/available",
    "GET /api/v1/plugins/{slug}/update/available",
    "POST /api/v1/plugins/{slug}/update",
    # without ?user=NAME
    "GET /api/history",
    "GET /api/plugins/installed",
    "POST /api/plugins/update",
    "DELETE /api/plugins/{slug}",
    "POST /api/plugins/{slug}/install",
    "PUT /api/plugins/{slug}/update",
    "POST /api/plugins/{slug}/rollback",
    "POST /api/plugins/{slug}/enable",
    "POST /api/plugins/{slug}/disable",
    "GET /api/plugins/{slug}/config",
    "DELETE /api/plugins/{slug}/pin",
    "PUT /api/plugins/{slug}/pin",
    "GET /api/plugins/{slug}/status",
    "GET /api/plugins/{slug}/explain",
    "GET /api/plugins/{slug}/history",
}


# Their answer to a body that is missing comes before that to somebody who is no user.
BODY_FIRST = {
    "PATCH /api/v1/plugins/{id}",
    "PATCH /api/v1/plugins/{id}/modules/{module}",
    "POST /api/v1/plugins/{id}/services/{action:restart|start|stop}",
    "POST /api/v1/plugin-state",
    "POST /api/v1/plugin-state/",
    "POST /api/v1/plugin-state/bulk",
}


async def test_the_command_line_may_do_everything_but_be_a_user(hub: Hub) -> None:
    found = await matrix(hub, hub.operator)
    refused = {route for route, status in found.items() if status in {401, 403}}
    compat = {route for route in routes("user") if " /api/v1/" in route}
    for_anybody = {"POST /api/v1/auth/logout", "GET /api/v1/plugins/available"}
    assert refused - routes("public") == FOR_USERS_ONLY | compat - for_anybody - BODY_FIRST
    assert max(found.values()) < 500
