"""Development releases over HTTP, and what everybody else is answered."""

from typing import Any

import pytest

from pluginhub.database import audit
from pluginhub.events import event
from pluginhub.events.event import Viewer
from tests import bundles
from tests.conftest import Hub
from tests.web.api.calling import Headers, call, user

SAVE = "/api/development?user=ann"


async def save(hub: Hub, content: bytes, path: str = SAVE) -> tuple[int, Any]:
    async with hub.client.post(path, data=content, headers=hub.operator) as answer:
        return answer.status, await answer.json()


async def save_one(hub: Hub) -> Headers:
    """Let ann try a release out that nobody published, and return her headers."""
    ann = await user(hub)
    await hub.publish(bundles.bundle("Sundial"))
    assert (await save(hub, bundles.bundle(description="secret")))[0] == 200
    return ann


async def test_a_bundle_is_tried_out_and_the_user_goes_back(hub: Hub) -> None:
    await user(hub)
    status, first = await save(hub, bundles.bundle())
    assert (status, first["created"], first["previous_version"]) == (200, True, None)
    second = (await save(hub, bundles.bundle(description="other")))[1]
    assert second["previous_version"] == first["version"]
    assert not (await save(hub, bundles.bundle(description="other")))[1]["created"]
    status, ended = await call(hub, "DELETE", "/api/development/Clock?user=ann", hub.operator)
    assert (status, ended["plan"]["verb"]) == (200, "uninstall")
    status, ended = await call(hub, "DELETE", "/api/development/Clock?user=ann", hub.operator)
    assert (status, ended["plan"]["steps"]) == (200, [])


async def test_only_admins_may(hub: Hub) -> None:
    ann = await user(hub)
    assert (await call(hub, "POST", "/api/development", ann))[0] == 403
    assert (await call(hub, "DELETE", "/api/development/Clock", ann))[0] == 403


async def test_a_bundle_that_breaks_a_rule_and_a_user_who_is_not_there_are_refused(
    hub: Hub,
) -> None:
    await user(hub)
    assert (await save(hub, b"nothing"))[1]["code"] == "bundle-not-an-archive"
    status, _ = await save(hub, bundles.bundle(), "/api/development?user=nobody")
    assert status == 404


async def test_its_frontend_loads_it(hub: Hub) -> None:
    ann = await save_one(hub)
    [entry] = (await hub.designer(ann)).values()
    assert entry["version"] == "1.0.0+dev.2"
    assert (await hub.load(entry)).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/plugins",
        "/api/plugins?search=secret",
        "/api/plugins/Clock",
        "/api/plugins/Clock/releases",
        "/api/plugins/Clock/releases/1.0.0+dev.2",
        "/api/plugins/installed",
        "/api/plugins/updates",
        "/api/history",
        "/api/v1/plugins/available",
        "/api/v1/plugins/updates/available",
        "/api/v1/plugins/manifest",
        "/api/v1/plugins/by-slug/Clock",
        "/plugins",
        "/plugins/Clock",
    ],
)
async def test_nothing_tells_others_of_it(hub: Hub, path: str) -> None:
    await save_one(hub)
    ben = hub.sign_in(await hub.add_user("ben"))
    async with hub.client.get(path, headers=await ben) as answer:
        text = await answer.text()
    assert "secret" not in text
    assert "+dev." not in text
    assert "The Clock" not in text


async def test_others_are_answered_as_of_a_plugin_that_is_not_there(hub: Hub) -> None:
    await save_one(hub)
    ben = await user(hub, "ben")
    for slug in ("Clock", "Nothing"):
        answers = [
            await call(hub, "GET", f"/api/plugins/{slug}", ben),
            await call(hub, "GET", f"/api/plugins/{slug}/releases/1.0.0+dev.2", ben),
            await call(hub, "POST", f"/api/plugins/{slug}/install", ben, {"version": "1.0.0"}),
            await call(hub, "PUT", f"/api/plugins/{slug}/releases/1.0.0/yank", ben, {}),
        ]
        assert [(status, body["code"]) for status, body in answers] == [(404, "not-found")] * 4
        assert not any("no release" in body["detail"] for _, body in answers)


async def test_its_user_sees_it(hub: Hub) -> None:
    ann = await save_one(hub)
    status, plugin = await call(hub, "GET", "/api/plugins/Clock", ann)
    assert (status, plugin["latest_version"]) == (200, "1.0.0+dev.2")
    async with hub.client.get("/plugins/Clock", headers=ann) as answer:
        assert "1.0.0+dev.2" in await answer.text()


async def test_its_events_are_for_its_user_and_for_admins(hub: Hub) -> None:
    await save_one(hub)
    async with hub.database.snapshot() as connection:
        entries = await audit.search(connection, slug="Clock")
    told = [found for entry in entries if (found := event.of(entry))]
    assert {it.type for it in told} == {"published", "installed"}
    assert all(event.shown(it, Viewer("b" * 32, admin=False)) is None for it in told)
    assert all(event.shown(it, Viewer(it.user_id, admin=False)) for it in told)


async def test_what_a_user_who_is_removed_had_goes_with_a_sweep(hub: Hub) -> None:
    await save_one(hub)
    async with hub.client.delete("/api/users/ann", headers=hub.operator) as answer:
        assert answer.status == 204
    sweep = "/api/plugins/system/cleanup?dry_run=true"
    status, body = await call(hub, "POST", sweep, hub.operator)
    [kept] = [it for it in body["kept"] if it["slug"] == "Clock"]
    assert (status, kept["version"]) == (200, "1.0.0+dev.2")
    assert "a moment ago" in kept["reason"]
