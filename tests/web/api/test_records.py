"""What happened, why it is so, and what runs: to users of their own, to admins of all."""

import shutil
from typing import Any

import pytest

from tests import bundles
from tests.conftest import Hub, hooked
from tests.packages import FAMILIES
from tests.web.api.calling import TIME, Headers, ask, call, codes, refusal, user

STATUS = """
def status(self, context):
    place = context.config.get("place")
    if place is None:
        return Status("unhealthy", "there is no place", {"tried": 1})
    if place == "trouble":
        raise ValueError("no luck")
    return Status("healthy", f"{context.user_name} is in {place}")
"""


async def history(hub: Hub, headers: Headers, path: str = "/api/history") -> list[dict[str, Any]]:
    status, answer = await call(hub, "GET", path, headers)
    assert status == 200, answer
    found: list[dict[str, Any]] = answer["history"]
    return found


async def audit(hub: Hub, query: str = "") -> list[dict[str, Any]]:
    status, answer = await call(hub, "GET", f"/api/audit{query}", hub.operator)
    assert status == 200, answer
    found: list[dict[str, Any]] = answer["audit"]
    return found


@pytest.fixture(name="ann")
async def _ann(hub: Hub) -> Headers:
    """A user with a short past, beside another one."""
    for version in ("1.0.0", "1.1.0"):
        await hub.publish(bundles.bundle(version=version))
    await hub.publish(bundles.bundle("Map"))
    headers, ben = await user(hub), await user(hub, "ben")
    await hub.install("Map", ben)
    await hub.install("Clock", headers, "1.0.0")
    await ask(hub, "PUT", "Clock/update?user=ann", hub.operator)
    await ask(hub, "PATCH", "Clock/config", headers, {"config": {"a": 1}})
    await refusal(hub, "POST", "Clock/install", headers)
    await hub.install("Map", headers)
    return headers


async def test_a_plugin_says_how_it_is_for_each_of_its_users(hub: Hub) -> None:
    await hub.publish(hooked(STATUS))
    ann, ben = await user(hub), await user(hub, "ben")
    for headers in (ann, ben):
        await hub.install("Clock", headers)
    await ask(hub, "PUT", "Clock/config", ben, {"config": {"place": "Oslo"}})
    found = await ask(hub, "GET", "clock/status", ann)
    assert (found["slug"], found["version"]) == ("Clock", "1.0.0")
    told = {key: found[key] for key in ("status", "message", "details")}
    assert told == {
        "status": "unhealthy",
        "message": "there is no place",
        "details": {"tried": 1},
    }
    found = await ask(hub, "GET", "Clock/status", ben)
    assert (found["status"], found["message"]) == ("healthy", "ben is in Oslo")
    assert await ask(hub, "GET", "Clock/status?user=ben", hub.operator) == found


async def test_that_the_hook_of_a_status_fails_is_an_answer(hub: Hub) -> None:
    await hub.publish(hooked(STATUS))
    ann = await user(hub)
    await hub.install("Clock", ann)
    await ask(hub, "PUT", "Clock/config", ann, {"config": {"place": "trouble"}})
    for expected in (*["hook-failed"] * 3, "hooks-suspended"):
        found = await ask(hub, "GET", "Clock/status", ann)
        words = "no luck" if expected == "hook-failed" else "raised an error"
        assert (found["status"], words in found["message"]) == (expected, True)


async def test_a_plugin_without_hooks_is_healthy_while_its_files_are_there(
    hub: Hub, ann: Headers
) -> None:
    found = await ask(hub, "GET", "Clock/status", ann)
    assert (found["status"], found["message"], found["details"]) == ("healthy", "", {})
    shutil.rmtree(hub.storage.release_path("Clock", "1.1.0"))
    found = await ask(hub, "GET", "Clock/status", ann)
    assert found["status"] == "files-missing"
    assert found["message"] == "the files of Clock@1.1.0 are missing; publish it again"


async def test_a_plugin_of_the_older_system_says_how_it_is(hub: Hub) -> None:
    await hub.publish(bundles.tar_gz(FAMILIES["template"]("Clock", "1.0.0")))
    ann = await user(hub)
    await hub.install("Clock", ann)
    assert (await ask(hub, "GET", "Clock/status", ann))["status"] == "healthy"


async def test_it_is_explained_why_a_plugin_is_as_it_is(hub: Hub, ann: Headers) -> None:
    await hub.publish(bundles.bundle("Wall", dependencies={"Clock": "^1"}))
    await hub.install("Wall", ann)
    await ask(hub, "PUT", "Clock/pin", ann)
    await ask(hub, "POST", "Clock/disable", ann, {"modules": ["Face"]})
    await ask(hub, "POST", "Clock/disable", ann)
    await ask(hub, "PUT", "Clock/releases/1.1.0/yank", hub.operator, {"reason": "late"})
    found = await ask(hub, "GET", "clock/explain", ann)
    assert (found["version"], found["enabled"]) == ("1.1.0", False)
    assert codes(found["reasons"]) == [
        "disabled",
        "modules-disabled",
        "pin",
        "yanked",
        "range",
        "up-to-date",
    ]
    texts = [reason["text"] for reason in found["reasons"]]
    assert "switched off: Face" in texts
    assert "Clock@1.1.0 was withdrawn: late" in texts
    assert "Wall@1.0.0 needs Clock ^1" in texts
    last = found["last_change"]
    assert (last["action"], last["actor"], last["slug"]) == ("disable", "ann", "Clock")


async def test_the_history_of_a_plugin_is_what_was_done_to_it_the_newest_first(
    hub: Hub, ann: Headers
) -> None:
    found = await history(hub, ann, "/api/plugins/clock/history")
    assert not any("address" in item for item in found)
    assert [(item["action"], item["target"], item["actor"]) for item in found] == [
        ("configure", "Clock@1.1.0", "ann"),
        ("update", "Clock@1.1.0", "operator"),
        ("install", "Clock@1.0.0", "ann"),
    ]
    assert found[1]["details"] == {"reason": "asked-for", "previous": "1.0.0"}
    assert all(TIME.fullmatch(item["at"]) and item["result"] == "done" for item in found)
    assert found[0]["id"] > found[1]["id"] > found[2]["id"]
    assert {*found[0]["details"]["config"]} == {"from", "to"}


async def test_the_history_outlives_the_plugin(hub: Hub, ann: Headers) -> None:
    await ask(hub, "DELETE", "Clock", ann)
    found = await history(hub, ann, "/api/plugins/Clock/history")
    assert [item["action"] for item in found] == ["uninstall", "configure", "update", "install"]


async def test_a_user_sees_only_what_was_done_to_their_own_plugins(hub: Hub, ann: Headers) -> None:
    mine = [(item["action"], item["slug"]) for item in await history(hub, ann)]
    assert mine == [
        ("install", "Map"),
        ("configure", "Clock"),
        ("update", "Clock"),
        ("install", "Clock"),
    ]
    for path in ("/api/history", "/api/plugins/Map/history"):
        assert (await call(hub, "GET", f"{path}?user=ben", ann))[0] == 403
        theirs = await history(hub, hub.operator, f"{path}?user=ben")
        assert [item["target"] for item in theirs] == ["Map@1.0.0"]


async def test_a_limit_cuts_the_oldest_off(hub: Hub, ann: Headers) -> None:
    found = await history(hub, ann, "/api/history?limit=2")
    assert [item["action"] for item in found] == ["install", "configure"]
    for limit in ("0", "1001", "-1", "many", "", "1.5"):
        status, problem = await call(hub, "GET", f"/api/history?limit={limit}", ann)
        assert (status, problem["code"]) == (422, "invalid"), limit
        assert problem["detail"].startswith("limit: ")


async def test_a_history_is_read_page_by_page(hub: Hub, ann: Headers) -> None:
    for path in ("/api/history", "/api/plugins/Clock/history"):
        everything, pages = await history(hub, ann, path), list[dict[str, Any]]()
        while page := await history(
            hub, ann, f"{path}?limit=2&before={pages[-1]['id'] if pages else 999_999_999}"
        ):
            pages += page
        assert pages == everything
        assert len(pages) > 2
    for before in ("0", "-1", "x", "", str(2**63)):
        status, problem = await call(hub, "GET", f"/api/history?before={before}", ann)
        assert (status, problem["code"]) == (422, "invalid"), before
        assert problem["detail"].startswith("before: ")


@pytest.mark.usefixtures("ann")
async def test_the_audit_has_refusals_too_and_names_everybody(hub: Hub) -> None:
    found = await audit(hub, "?user=ANN&slug=Clock")
    rows = [(item["actor"], item["action"], item["user"], item["result"]) for item in found]
    assert rows == [
        ("ann", "install", "ann", "already-installed"),
        ("ann", "configure", "ann", "done"),
        ("operator", "update", "ann", "done"),
        ("ann", "install", "ann", "done"),
    ]
    assert {item["address"] for item in found} == {"127.0.0.1"}


@pytest.mark.usefixtures("ann")
async def test_the_audit_is_searched_by_each_of_its_columns(hub: Hub) -> None:
    everything = await audit(hub)
    for query, key, value in [
        ("action=publish", "action", "publish"),
        ("result=already-installed", "result", "already-installed"),
        ("slug=Map", "slug", "Map"),
        ("user=ben", "user", "ben"),
    ]:
        found = await audit(hub, f"?{query}")
        assert found == [item for item in everything if item[key] == value]
        assert found
    assert await audit(hub, "?action=install&slug=Map&user=ann&result=done&limit=5") == [
        everything[0]
    ]
    assert await audit(hub, "?action=nothing") == []


@pytest.mark.usefixtures("ann")
async def test_the_audit_is_read_page_by_page(hub: Hub) -> None:
    everything, pages = await audit(hub), list[dict[str, Any]]()
    while page := await audit(hub, f"?limit=3&before={pages[-1]['id'] if pages else 999_999_999}"):
        pages += page
    assert pages == everything


@pytest.mark.usefixtures("ann")
async def test_a_bad_search_of_the_audit_is_refused(hub: Hub) -> None:
    for query in ("limit=0", "limit=1001", "before=0", f"before={2**63}", "since=1", "before=x"):
        status, problem = await call(hub, "GET", f"/api/audit?{query}", hub.operator)
        assert (status, problem["code"]) == (422, "invalid"), query
    assert await audit(hub, "?user=ghost") == []


@pytest.mark.usefixtures("ann")
async def test_the_audit_knows_those_who_were_removed(hub: Hub) -> None:
    before = await audit(hub, "?user=ann")
    await hub.client.delete("/api/users/ann", headers=hub.operator)
    found = await audit(hub, "?user=Ann")
    assert found[1:] == before
    assert {item["user"] for item in found} == {"ann"}
    assert found[0]["action"] == "remove-user"


@pytest.mark.parametrize("path", ["/api/audit", "/api/managers"])
async def test_what_concerns_everybody_is_for_admins(hub: Hub, path: str, ann: Headers) -> None:
    for query in ("", "?user=ann"):
        status, problem = await call(hub, "GET", f"{path}{query}", ann)
        assert (status, problem["code"]) == (403, "forbidden")
        assert (await call(hub, "GET", f"{path}{query}", {}))[0] == 401


async def test_managers_are_there_once_a_hook_ran_and_are_shared_by_users(hub: Hub) -> None:
    _, answer = await call(hub, "GET", "/api/managers", hub.operator)
    assert answer == {
        "active": 0,
        "idle": 0,
        "loads": 0,
        "hits": 0,
        "failures": 0,
        "managers": [],
    }
    await hub.publish(hooked(STATUS))
    for name in ("ann", "ben"):
        await hub.install("Clock", await user(hub, name))
    _, answer = await call(hub, "GET", "/api/managers", hub.operator)
    [manager] = answer.pop("managers")
    assert answer == {"active": 0, "idle": 1, "loads": 1, "hits": 1, "failures": 0}
    assert (manager["slug"], manager["version"]) == ("Clock", "1.0.0")
    assert (manager["users"], manager["calls"], manager["failures"]) == (2, 2, 0)
    assert (manager["running"], manager["circuit"]) == (0, "closed")
    assert manager["pid"] > 0
    assert manager["memory"] > 1024 * 1024


async def test_what_is_not_installed_has_no_status_and_no_explanation(
    hub: Hub, ann: Headers
) -> None:
    for path in ("status", "explain"):
        assert (await refusal(hub, "GET", f"Nothing/{path}", ann))[:2] == (404, "not-found")
        assert (await refusal(hub, "GET", f"Clock/{path}?user=ben", ann))[0] == 403
        assert (await refusal(hub, "GET", f"Clock/{path}?user=ben", hub.operator))[0] == 404
    assert await history(hub, ann, "/api/plugins/Nothing/history") == []
