"""E32 to E39: states of plugins."""

import re
from typing import Any

import pytest

from pluginhub.config import Quotas
from pluginhub.database import states as hook_states
from pluginhub.lifecycle import states
from pluginhub.web import keys as app_keys
from tests.conftest import Hub
from tests.web.compat.calling import Caller, caller, with_weather

URL = "/plugin-state"
# The example of http-api.md.
KEYS = {
    "plugin_id",
    "page_id",
    "state_key",
    "state_strategy",
    "ttl_expires_at",
    "id",
    "user_id",
    "state_data",
    "state_schema_version",
    "compression_type",
    "state_size",
    "last_accessed",
    "access_count",
    "is_active",
    "version",
    "device_id",
    "sync_status",
    "created_at",
    "updated_at",
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
NOW = 1_777_627_800  # 2026-05-01T09:30:00Z


@pytest.fixture(autouse=True)
def _clock(hub: Hub) -> None:
    hub.database._clock = lambda: NOW


def after(hub: Hub, seconds: int) -> None:
    hub.database._clock = lambda: NOW + seconds


def state(key: str | None = None, **more: Any) -> dict[str, Any]:
    return {"plugin_id": "WeatherPanel", "state_key": key, "state_data": {"city": "Oslo"}, **more}


async def keys(user: Caller, query: str = "") -> list[str]:
    return [found["state_key"] for found in await user("GET", f"{URL}?{query}")]


async def test_a_new_state_is_answered_as_in_the_contract(hub: Hub) -> None:
    user = await caller(hub)
    body = {"plugin_id": "WeatherPanel", "state_data": {"city": "Oslo"}, "more": 1}
    found = await user("POST", f"{URL}/", body=body)
    assert re.fullmatch(r"[0-9a-f-]{36}", found["id"])
    expected = {
        "plugin_id": "WeatherPanel",
        "page_id": None,
        "state_key": None,
        "state_strategy": "persistent",
        "ttl_expires_at": None,
        "id": found["id"],
        "user_id": user.id,
        "state_data": {"city": "Oslo"},
        "state_schema_version": None,
        "compression_type": None,
        "state_size": 16,
        "last_accessed": "2026-05-01T09:30:00",
        "access_count": 0,
        "is_active": True,
        "version": 1,
        "device_id": None,
        "sync_status": "synced",
        "created_at": "2026-05-01T09:30:00",
        "updated_at": "2026-05-01T09:30:00",
    }
    assert (found, found.keys()) == (expected, KEYS)
    assert await user("GET", URL) == await user("GET", f"{URL}/") == [expected]


async def test_a_state_with_everything_comes_back_as_it_went(hub: Hub) -> None:
    user = await caller(hub)
    body = {
        "plugin_id": f"{user.id}_Weather_Panel",
        "page_id": "home",
        "state_key": "ä",
        "state_strategy": "session",
        "state_data": {"deep": [1.5, None, {"a": "😀"}], "large": 10**30},
        "state_schema_version": "2",
        "compression_type": "gzip",
        "device_id": "phone",
    }
    created = await user("POST", URL, body={**body, "ttl_expires_at": "2026-05-01T12:00:00+02:00"})
    assert {name: created[name] for name in body} == body
    assert created["ttl_expires_at"] == "2026-05-01T10:00:00"
    read = await user("GET", f"{URL}/{created['id']}")
    assert read == {**created, "access_count": 1}


async def test_the_same_plugin_page_and_key_is_a_conflict(hub: Hub) -> None:
    user, ben = await caller(hub), await caller(hub, "ben")
    for body in (state(), state("a"), state("a", page_id="p"), state("a", plugin_id="Other")):
        await user("POST", URL, body=body)
        assert await user.refusal("POST", URL, body) == (409, "State already exists")
        await ben("POST", URL, body=body)
    assert (await user.refusal("POST", URL, state("")))[0] == 409
    assert len(await user("GET", URL)) == 4
    await user("POST", URL, body=state("b"))  # the database is not locked


async def test_a_change_is_partial_and_counts_versions(hub: Hub) -> None:
    user = await caller(hub)
    created = await user("POST", URL, body=state(device_id="phone"))
    after(hub, 60)
    url = f"{URL}/{created['id']}"
    changed = await user("PUT", url, body={"state_data": {}, "id": "x", "plugin_id": "Other"})
    expected = {
        **created,
        "state_data": {},
        "state_size": 2,
        "version": 2,
        "last_accessed": "2026-05-01T09:31:00",
        "updated_at": "2026-05-01T09:31:00",
    }
    assert changed == expected
    body = {"is_active": False, "sync_status": "pending", "device_id": None}
    changed = await user("PUT", url, body=body)
    assert changed == {**expected, **body, "version": 3}
    wrongs: list[Any] = [{"state_data": None}, {"is_active": 1}, {"sync_status": "x"}, []]
    for wrong in wrongs:
        assert (await user.refusal("PUT", url, wrong))[0] == 422
    assert await user("DELETE", url) == {"message": "Plugin state deleted successfully"}
    for method, data in (("GET", None), ("PUT", {}), ("DELETE", None)):
        assert await user.refusal(method, url, data) == (404, "Plugin state not found")


async def test_states_of_others_do_not_exist(hub: Hub) -> None:
    user, ben = await caller(hub), await caller(hub, "ben")
    created = await user("POST", URL, body=state())
    for method, body in (("GET", None), ("PUT", {"state_data": {}}), ("DELETE", None)):
        answer = await ben.refusal(method, f"{URL}/{created['id']}", body)
        assert answer == (404, "Plugin state not found")
        assert await ben.refusal(method, f"{URL}/nothing", body) == answer
    assert await ben("GET", URL) == []
    assert await user("GET", URL) == [created]


async def test_states_are_filtered_and_come_the_newest_access_first(hub: Hub) -> None:
    user = await caller(hub)
    for number, more in enumerate(({"page_id": "home"}, {"state_strategy": "session"})):
        after(hub, number)
        await user("POST", URL, body=state(str(number), **more))
    after(hub, 2)
    await user("POST", URL, body=state("2", device_id="phone"))
    after(hub, 3)
    last = await user("POST", URL, body=state("3", plugin_id="Other"))
    after(hub, 4)
    await user("PUT", f"{URL}/{last['id']}", body={"is_active": False})
    cases = {
        "": ["3", "2", "1", "0"],
        "plugin_id=WeatherPanel": ["2", "1", "0"],
        "page_id=home": ["0"],
        "state_key=1": ["1"],
        "state_strategy=session": ["1"],
        "sync_status=synced&is_active=false": ["3"],
        "is_active=true": ["2", "1", "0"],
        "device_id=phone&_=1": ["2"],
        "limit=2": ["3", "2"],
        "limit=2&offset=3": ["0"],
        "offset=9": [],
    }
    for query, expected in cases.items():
        assert await keys(user, query) == expected, query
    wrong = "limit=0 limit=1001 offset=-1 state_strategy=x sync_status= is_active=2"
    for query in (*wrong.split(), f"offset={2**63}"):
        assert (await user.refusal("GET", f"{URL}?{query}"))[0] == 422, query
    first = await user("GET", f"{URL}?state_key=0")
    await user("GET", f"{URL}/{first[0]['id']}")
    after(hub, 5)
    await user("GET", f"{URL}/{first[0]['id']}")
    assert await keys(user) == ["0", "3", "2", "1"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"plugin_id": "x"},
        {"state_data": {}},
        state(plugin_id=""),
        state(plugin_id="x" * 256),
        state(state_data=[]),
        state(state_data="{}"),
        state(state_strategy="forever"),
        state(compression_type="zip"),
        state(ttl_expires_at="tomorrow"),
        state(ttl_expires_at=5),
        state("x" * 256),
    ],
    ids=str,
)
async def test_what_is_no_state_is_refused(hub: Hub, body: dict[str, Any]) -> None:
    user = await caller(hub)
    assert (await user.refusal("POST", URL, body))[0] == 422
    assert (await user.refusal("POST", f"{URL}/bulk", {"states": [body]}))[0] == 422


async def test_a_state_whose_time_is_over_is_no_more(hub: Hub) -> None:
    user, ben = await caller(hub), await caller(hub, "ben")
    body = state(ttl_expires_at="2026-05-01T09:31:00Z")
    created = await user("POST", URL, body=body)
    await ben("POST", URL, body=body)
    await user("POST", URL, body=state("stays"))
    after(hub, 59)
    assert len(await user("GET", URL)) == 2
    after(hub, 60)
    assert await keys(user) == ["stays"]
    assert (await user.refusal("GET", f"{URL}/{created['id']}"))[0] == 404
    assert (await user("GET", f"{URL}/stats"))["total_states"] == 1
    answer = {"message": "Cleaned up 1 expired plugin states", "deleted_count": 1}
    assert await user("DELETE", f"{URL}/cleanup") == answer
    answer = {"message": "Cleaned up 0 expired plugin states", "deleted_count": 0}
    assert await user("DELETE", f"{URL}/cleanup") == answer
    await ben("POST", URL, body=body)  # in place of the one that is over
    assert await keys(ben) == []


@pytest.mark.parametrize("end", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_the_ends_of_time_are_times(hub: Hub, end: str) -> None:
    user = await caller(hub)
    created = await user("POST", URL, body=state(ttl_expires_at=end))
    assert TIME.fullmatch(created["ttl_expires_at"])


async def test_several_are_stored_as_far_as_they_can_be(hub: Hub) -> None:
    user = await caller(hub)
    await user("POST", URL, body=state("a"))
    body = {"states": [state("a"), state("b"), state("b"), state("c")]}
    found = await user("POST", f"{URL}/bulk", body=body)
    assert found.keys() == {"created", "errors"}
    assert [created["state_key"] for created in found["created"]] == ["b", "c"]
    assert found["created"][0].keys() == KEYS
    error = {"plugin_id": "WeatherPanel", "error": "State already exists"}
    assert found["errors"] == [{"index": 0, **error}, {"index": 2, **error}]
    too_many = {"states": [state(str(number)) for number in range(101)]}
    assert (await user.refusal("POST", f"{URL}/bulk", too_many))[0] == 422
    assert await user("POST", f"{URL}/bulk", body={"states": []}) == {"created": [], "errors": []}


async def test_statistics_are_the_user_s_own(hub: Hub) -> None:
    user, ben = await caller(hub), await caller(hub, "ben")
    await user("POST", URL, body=state("a"))
    created = await user("POST", URL, body=state(plugin_id="Other", state_data={}))
    await user("PUT", f"{URL}/{created['id']}", body={"is_active": False})
    assert await user("GET", f"{URL}/stats") == {
        "total_states": 2,
        "active_states": 1,
        "total_size": 18,
        "plugins_with_state": 2,
        "average_state_size": 9.0,
        "last_activity": "2026-05-01T09:30:00",
    }
    assert await ben("GET", f"{URL}/stats") == {
        "total_states": 0,
        "active_states": 0,
        "total_size": 0,
        "plugins_with_state": 0,
        "average_state_size": 0.0,
        "last_activity": None,
    }


async def test_what_is_too_much_is_refused(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "LARGEST", 100)
    resources = hub.app[app_keys.RESOURCES]
    object.__setattr__(resources, "quotas", Quotas(states=250))
    monkeypatch.setattr(states, "MOST", 4)
    user, large = await caller(hub), {"a": "x" * 92}
    created = await user("POST", URL, body=state("a", state_data={"a": "x" * 90}))
    assert await user.refusal("POST", URL, state("b", state_data=large)) == (
        413,
        "a state may have 100 bytes, and this has 101",
    )
    url = f"{URL}/{created['id']}"
    assert (await user.refusal("PUT", url, {"state_data": large}))[0] == 413
    await user("POST", URL, body=state("b", state_data={"a": "x" * 90}))
    status, detail = await user.refusal("POST", URL, state("c", state_data={"a": "x" * 50}))
    assert (status, "250 bytes" in detail) == (413, True)
    await user("PUT", url, body={"state_data": {"a": "y" * 90}})  # takes the place of its own
    await user("PUT", url, body={"state_data": {}})
    for key in "cd":
        await user("POST", URL, body=state(key, state_data={}))
    full = (422, "there are 4 states already; delete some")
    assert await user.refusal("POST", URL, state("e", state_data={})) == full
    errors = (await user("POST", f"{URL}/bulk", body={"states": [state("e")]}))["errors"]
    assert errors[0]["error"] == full[1]
    await user("PUT", url, body={"state_data": {"a": 1}})
    await user("DELETE", url)
    ended = {"state_data": {}, "ttl_expires_at": "2020-01-01T00:00:00Z"}
    for key in "efg":
        await user("POST", URL, body=state(key, **ended))
    async with hub.database.snapshot() as connection:
        names = ("WeatherPanel",)
        assert len(await hook_states.of_plugin(connection, user.id, names)) == 4


async def test_a_device_brings_what_it_has_and_learns_what_changed(hub: Hub) -> None:
    user = await caller(hub)
    old = await user("POST", URL, body=state("old"))
    mine = await user("POST", URL, body=state("mine"))
    after(hub, 60)
    theirs = await user("PUT", f"{URL}/{old['id']}", body={"state_data": {"city": "Bergen"}})
    body = {
        "plugin_id": "WeatherPanel",
        "device_id": "phone",
        "last_sync": "2026-05-01T09:30:30Z",
        "states": [
            {"state_key": "old", "state_data": {"city": "Rome"}, "version": 1},
            {"state_key": "mine", "state_data": {"city": "Kyiv"}, "version": 1},
            {"state_key": "new", "state_data": {}},
        ],
    }
    found = await user("POST", f"{URL}/sync", body=body)
    assert found.keys() == {"synced", "conflicts", "errors", "states", "sync_timestamp"}
    assert found["conflicts"] == [theirs]
    kyiv, new = found["synced"]
    assert kyiv == {
        **mine,
        "state_data": {"city": "Kyiv"},
        "device_id": "phone",
        "version": 2,
        "last_accessed": "2026-05-01T09:31:00",
        "updated_at": "2026-05-01T09:31:00",
    }
    assert (new["state_key"], new["version"], new["device_id"]) == ("new", 1, "phone")
    assert {item["state_key"] for item in found["states"]} == {"old", "mine", "new"}
    assert (found["errors"], found["sync_timestamp"]) == ([], "2026-05-01T09:31:00")
    later = await user("POST", f"{URL}/sync", body={"last_sync": "2026-05-01T09:31:01"})
    assert later["states"] == later["synced"] == []
    assert len((await user("POST", f"{URL}/sync", body={}))["states"]) == 3
    nameless: dict[str, Any] = {"states": [{"state_data": {}}]}
    answer = await user.refusal("POST", f"{URL}/sync", nameless)
    assert answer == (422, "states[0].plugin_id: required")


async def test_a_failure_of_one_state_of_a_device_is_told(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "LARGEST", 10)
    user = await caller(hub)
    body = {"states": [state("large"), state("small", state_data={})]}
    found = await user("POST", f"{URL}/sync", body=body)
    assert [item["state_key"] for item in found["synced"]] == ["small"]
    assert [(item["index"], item["plugin_id"]) for item in found["errors"]] == [(0, "WeatherPanel")]


async def test_whatever_a_hook_stored_can_be_read(hub: Hub) -> None:
    user = await caller(hub)
    odd = ["[1]", "no json", '"\\ud800"', '{"a": NaN}', "[" * 10_000, '{"a": 1}']
    most = 2**63 - 1
    rows = [
        {
            "id": f"id {number}",
            "plugin_id": "Clock",
            "state_key": str(number),
            "state_data": text,
            "state_size": most,
            "access_count": most,
            "version": most,
            "last_accessed": most,
            "ttl_expires_at": most,
        }
        for number, text in enumerate(odd)
    ]
    async with hub.database.transaction() as tx:
        await hook_states.change(tx, user.id, removed=(), written=rows, now=NOW)
    found = {item["id"]: item["state_data"] for item in await user("GET", URL)}
    assert (found["id 0"], found["id 5"]) == ({"value": [1]}, {"a": 1})
    assert found["id 2"] == {"value": '"\\ud800"'}
    assert (await user("GET", f"{URL}/id 1"))["state_data"] == {"value": "no json"}
    assert (await user("GET", f"{URL}/stats"))["total_states"] == len(odd)
    await user("PUT", f"{URL}/id 1", body={"is_active": False})


async def test_without_a_token_there_is_nothing(hub: Hub) -> None:
    user = await with_weather(hub)
    user.headers = {}
    for method, path in (("GET", ""), ("POST", "/"), ("GET", "/stats"), ("POST", "/sync")):
        assert await user.refusal(method, URL + path, {}) == (401, "Not authenticated")
