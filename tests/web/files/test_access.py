"""Decisions are made once, and never outlive what they rest on."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pluginhub.web import keys
from tests import bundles
from tests.conftest import Hub
from tests.web.files.test_serve import Site, site

Verb = Callable[[Site], Awaitable[Any]]


async def request(ann: Site, method: str, path: str, body: Any = None) -> None:
    url = f"/api/{path}"
    operator = ann.hub.operator
    async with ann.hub.client.request(method, url, json=body, headers=operator) as answer:
        assert answer.status < 300, await answer.text()


VERBS: dict[str, Verb] = {
    "disable": lambda ann: request(ann, "POST", "plugins/Clock/disable?user=ann"),
    "uninstall": lambda ann: request(ann, "DELETE", "plugins/Clock?user=ann"),
    "disable the user": lambda ann: request(ann, "PATCH", "users/ann", {"enabled": False}),
    "remove the user": lambda ann: request(ann, "DELETE", "users/ann"),
}


@pytest.mark.parametrize("verb", VERBS)
async def test_a_decision_ends_with_the_verb_that_takes_it_back(hub: Hub, verb: str) -> None:
    ann, ben = await site(hub), await site(hub, name="ben")
    urls = [f"{of.release}/dist/remoteEntry.js" for of in (ann, ben)]
    for _ in range(2):
        assert [(await hub.client.get(url)).status for url in urls] == [200, 200]
    await VERBS[verb](ann)
    assert [(await hub.client.get(url)).status for url in urls] == [404, 200]


async def test_the_id_of_a_user_is_no_capability(hub: Hub) -> None:
    ann = await site(hub)
    path = bundles.ENTRY
    for _ in range(2):  # known by token, and by capability
        assert (await hub.client.get(f"{ann.root}/{path}", headers=ann.headers)).status == 200
        assert (await hub.client.get(f"{ann.release}/{path}")).status == 200
    for forged in (ann.user.id, ann.user.id.upper(), "user", ""):
        assert (await hub.client.get(f"{ann.root}/t/{forged}/{path}")).status == 404


async def test_a_decision_by_token_follows_an_update_and_a_way_back(hub: Hub) -> None:
    ann = await site(hub)
    await hub.publish(bundles.bundle(version="2.0.0"))
    url = f"{ann.root}/dist/remoteEntry.js"
    for path, version in [(None, "1.0.0"), ("update", "2.0.0"), ("rollback", "1.0.0")]:
        if path:
            method = "PUT" if path == "update" else "POST"
            await request(ann, method, f"plugins/Clock/{path}?user=ann")
        for _ in range(2):
            answer = await hub.client.get(url, headers=ann.headers)
            assert version.encode() in await answer.read()


async def test_the_grace_of_a_release_that_was_left_ends_in_time(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await site(hub)
    await hub.publish(bundles.bundle(version="2.0.0"))
    await request(ann, "PUT", "plugins/Clock/update?user=ann")
    url = f"{ann.release}/dist/remoteEntry.js"
    for _ in range(2):
        assert (await hub.client.get(url)).status == 200
    later = hub.database.now() + 24 * 3600
    monkeypatch.setattr(hub.database, "_clock", lambda: later)
    assert (await hub.client.get(url)).status == 404


async def test_what_was_read_before_a_change_is_not_kept_after_it(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await site(hub)
    found = hub.app[keys.ACCESS]
    loadable = found._loadable

    async def slow(*asked: str) -> Any:
        rows = await loadable(*asked)
        await VERBS["disable"](ann)  # while the rows are on their way
        return rows

    monkeypatch.setattr(found, "_loadable", slow)
    grant = await found.by_capability(ann.entry["database_id"], ann.capability)
    assert grant is not None  # it was asked before the change
    assert found.known_by_capability(ann.entry["database_id"], ann.capability) is None
