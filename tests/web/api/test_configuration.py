"""A user's configuration of a plugin over HTTP, and where its updates may lead."""

import json
from typing import Any

import pytest

from tests import bundles
from tests.conftest import Hub, hooked
from tests.web.api.calling import Headers, ask, call, codes, everything, refusal, steps, user

CONFIG = "Clock/config"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "zone": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "dst": {"type": "boolean", "default": True}},
            "default": {},
        },
        "hours": {"type": "integer", "enum": [12, 24], "default": 24},
        "token": {"type": "string"},
    },
    "additionalProperties": False,
}
LONG = " || ".join(["^1.0"] * 40)  # a range, but more than 256 characters
DEFAULTS = {"zone": {"dst": True}, "hours": 24}


async def with_clock(hub: Hub, **more: Any) -> Headers:
    """Return the headers of a user who has a plugin with a schema."""
    await hub.publish(bundles.bundle(**{"config_schema": SCHEMA, **more}))
    ann = await user(hub)
    await hub.install("Clock", ann)
    return ann


async def test_defaults_what_is_set_and_the_schema_are_answered(hub: Hub) -> None:
    ann = await with_clock(hub)
    found = await ask(hub, "GET", "clock/config", ann)
    assert found == {"slug": "Clock", "config": DEFAULTS, "set": {}, "schema": SCHEMA}
    answer = await ask(hub, "PUT", CONFIG, ann, {"config": {"hours": 12}})
    assert answer["config"] == {"zone": {"dst": True}, "hours": 12}
    found = await ask(hub, "GET", CONFIG, ann)
    assert (found["config"], found["set"]) == (answer["config"], {"hours": 12})


async def test_a_plugin_without_a_schema_takes_any_object(hub: Hub) -> None:
    ann = await with_clock(hub, config_schema=None)
    wanted = {"a": [1, {"b": None}], "": "ä\u2028", "deep": {"er": 1.5}}
    await ask(hub, "PUT", CONFIG, ann, {"config": wanted})
    found = await ask(hub, "GET", CONFIG, ann)
    assert found == {"slug": "Clock", "config": wanted, "set": wanted, "schema": None}


async def test_replacing_lets_go_of_every_other_key(hub: Hub) -> None:
    ann = await with_clock(hub)
    await ask(hub, "PUT", CONFIG, ann, {"config": {"hours": 12, "token": "x"}})
    answer = await ask(hub, "PUT", CONFIG, ann, {"config": {"zone": {"name": "UTC"}}})
    assert answer["config"] == {"zone": {"name": "UTC", "dst": True}, "hours": 24}


async def test_changing_keeps_other_keys_and_null_removes(hub: Hub) -> None:
    ann = await with_clock(hub)
    await ask(hub, "PATCH", CONFIG, ann, {"config": {"hours": 12, "zone": {"name": "UTC"}}})
    await ask(hub, "PATCH", CONFIG, ann, {"config": {"zone": {"dst": False}}})
    found = (await ask(hub, "GET", CONFIG, ann))["set"]
    assert found == {"hours": 12, "zone": {"name": "UTC", "dst": False}}
    await ask(hub, "PATCH", CONFIG, ann, {"config": {"hours": None, "zone": {"name": None}}})
    found = await ask(hub, "GET", CONFIG, ann)
    assert found["set"] == {"zone": {"dst": False}}
    assert found["config"] == {"zone": {"dst": False}, "hours": 24}


@pytest.mark.parametrize(("method", "status"), [("PATCH", 200), ("PUT", 415)])
async def test_only_a_patch_is_taken_as_a_merge_patch(hub: Hub, method: str, status: int) -> None:
    ann = await with_clock(hub)
    headers = {**ann, "Content-Type": "application/merge-patch+json"}
    body = b'{"config": {"hours": 12}}'
    path = f"/api/plugins/{CONFIG}"
    assert (await hub.client.request(method, path, data=body, headers=headers)).status == status


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_what_the_schema_refuses_is_told_path_by_path(hub: Hub, method: str) -> None:
    ann = await with_clock(hub)
    before = await ask(hub, "GET", CONFIG, ann)
    body = {"config": {"hours": 13, "zone": {"dst": "yes"}, "colour": "red"}}
    status, problem = await call(hub, method, f"/api/plugins/{CONFIG}", ann, body)
    assert (status, problem["code"], problem["slug"]) == (409, "config-refused", "Clock")
    assert problem["detail"].startswith("Clock@1.0.0 refuses the configuration: ")
    paths = {item["path"]: item["problem"] for item in problem["problems"]}
    assert {"hours", "zone.dst"} <= paths.keys()
    assert any("colour" in path + text for path, text in paths.items())
    assert all(path in problem["detail"] for path in paths)
    assert await ask(hub, "GET", CONFIG, ann) == before


BAD_BODIES: list[Any] = [
    None,
    {},
    [],
    {"hours": 12},
    {"config": None},
    {"config": []},
    {"config": "{}"},
    {"config": {}, "slug": "Map"},
    {"config": {}, "user": "ben"},
    {"config": {}, "plan": 1},
    {"config": {}, "plan": "x" * 65},
]


async def test_a_body_that_is_no_configuration_is_refused(hub: Hub) -> None:
    ann = await with_clock(hub)
    for body in BAD_BODIES:
        for method in ("PUT", "PATCH"):
            assert (await refusal(hub, method, CONFIG, ann, body))[:2] == (422, "invalid"), body
    headers = {**ann, "Content-Type": "application/json"}
    for text in (b'{"config": {"a": NaN}}', b'{"config": {"a": Infinity}}', b'{"config": '):
        answer = await hub.client.put(f"/api/plugins/{CONFIG}", data=text, headers=headers)
        assert answer.status == 400, text
    assert (await ask(hub, "GET", CONFIG, ann))["set"] == {}


async def test_a_configuration_that_is_too_large_is_refused(hub: Hub) -> None:
    ann = await with_clock(hub, config_schema=None)
    large = {"config": {"text": "x" * 64 * 1024}}
    for method in ("PUT", "PATCH"):
        status, code, text = await refusal(hub, method, CONFIG, ann, large)
        assert (status, code, "more than 65536" in text) == (422, "invalid", True)
    assert (await ask(hub, "GET", CONFIG, ann))["set"] == {}


async def test_a_configuration_is_for_one_user(hub: Hub) -> None:
    ann = await with_clock(hub)
    ben = await user(hub, "ben")
    await hub.install("Clock", ben)
    before = await everything(hub)
    for method in ("GET", "PUT", "PATCH"):
        body = None if method == "GET" else {"config": {"hours": 12}}
        refused = await refusal(hub, method, f"{CONFIG}?user=ben", ann, body)
        assert refused[:2] == (403, "forbidden")
    assert await everything(hub) == before
    await ask(hub, "PUT", f"{CONFIG}?user=ben", hub.operator, {"config": {"hours": 12}})
    assert (await ask(hub, "GET", CONFIG, ben))["set"] == {"hours": 12}
    assert (await ask(hub, "GET", CONFIG, ann))["set"] == {}


VERBS: list[tuple[str, str, Any]] = [
    ("GET", "Map/config", None),
    ("PUT", "Map/config", {"config": {}}),
    ("PATCH", "Map/config", {"config": {}}),
    ("PUT", "Map/pin", {"range": None}),
    ("DELETE", "Map/pin", None),
    ("PUT", "Map/channel", {"channel": "stable"}),
]


async def test_what_is_not_installed_is_not_found(hub: Hub) -> None:
    ann = await with_clock(hub)
    await hub.publish(bundles.bundle("Map"))
    for method, path, body in VERBS:
        assert (await refusal(hub, method, path, ann, body))[:2] == (404, "not-found"), path
        assert (await call(hub, method, f"/api/plugins/{path}", {}, body))[0] == 401


async def test_secrets_are_in_no_record(hub: Hub) -> None:
    ann = await with_clock(hub)
    secret = "wonderful-secret"
    await ask(hub, "PUT", CONFIG, ann, {"config": {"token": secret}})
    await refusal(hub, "PUT", CONFIG, ann, {"config": {"token": secret, "x": secret}})
    plan = await ask(hub, "PATCH", f"{CONFIG}?dry_run=1", ann, {"config": {"token": secret * 2}})
    assert list(plan["plan"]["steps"][0]["changes"]) == ["config"]
    records: list[Any] = [plan]
    for path, headers in [("/api/history", ann), ("/api/audit", hub.operator)]:
        records.append((await call(hub, "GET", path, headers))[1])
    assert len(records[1]["history"]) == 2
    assert secret not in json.dumps(records)


async def test_a_release_that_refuses_the_configuration_is_not_reached(hub: Hub) -> None:
    ann = await with_clock(hub)
    await ask(hub, "PUT", CONFIG, ann, {"config": {"hours": 12, "token": "x"}})
    narrow = {"properties": {"hours": {"const": 24, "default": 24}, "token": {}}}
    await hub.publish(bundles.bundle(version="2.0.0", config_schema=narrow))
    status, problem = await call(hub, "PUT", "/api/plugins/Clock/update", ann)
    assert (status, problem["code"]) == (409, "config-refused")
    assert problem["detail"].startswith("Clock@2.0.0 refuses the configuration: hours: ")
    assert [item["path"] for item in problem["problems"]] == ["hours"]
    answer = await ask(hub, "PUT", "Clock/update?dry_run=1", ann)
    assert answer["plan"]["steps"][0]["config_problems"] == problem["problems"]
    all_of_it = await ask(hub, "POST", "update", ann)
    assert codes(all_of_it["plans"][0]["blocked"]) == ["config-refused"]
    answer = await ask(hub, "PUT", "Clock/update", ann, {"reset_config": True})
    assert (answer["version"], answer["config"]) == ("2.0.0", {"hours": 24, "token": "x"})
    back = await ask(hub, "POST", "Clock/rollback", ann)
    assert (back["version"], back["config"]["hours"]) == ("1.0.0", 12)


async def test_everything_is_updated_with_what_is_refused_reset(hub: Hub) -> None:
    ann = await with_clock(hub)
    await ask(hub, "PUT", CONFIG, ann, {"config": {"hours": 12}})
    narrow = {"properties": {"hours": {"const": 24}}}
    await hub.publish(bundles.bundle(version="2.0.0", config_schema=narrow))
    await ask(hub, "POST", "update", ann, {"reset_config": True})
    [found] = (await ask(hub, "GET", "installed", ann))["installations"]
    assert (found["version"], found["config"]) == ("2.0.0", {})


async def test_a_rollback_brings_the_configuration_back_that_the_release_takes(hub: Hub) -> None:
    ann = await with_clock(hub)
    await ask(hub, "PUT", CONFIG, ann, {"config": {"hours": 12}})
    await hub.publish(bundles.bundle(version="2.0.0"))
    await ask(hub, "PUT", "Clock/update", ann)
    await ask(hub, "PUT", CONFIG, ann, {"config": {"hours": "many"}})
    back = await ask(hub, "POST", "Clock/rollback", ann)
    assert (back["version"], back["config"]["hours"]) == ("1.0.0", 12)


async def test_what_a_hook_sets_must_meet_the_schema_too(hub: Hub) -> None:
    body = "def on_install(self, context): context.config['hours'] = 13"
    await hub.publish(hooked(body, config_schema=SCHEMA))
    ann = await user(hub)
    status, code, text = await refusal(hub, "POST", "Clock/install", ann)
    assert (status, code) == (502, "hook-answer")
    assert "its own schema refuses: hours: " in text


async def test_a_pin_holds_updates_until_it_is_taken_away(hub: Hub) -> None:
    ann = await with_clock(hub)
    for version in ("1.1.0", "2.0.0"):
        await hub.publish(bundles.bundle(version=version))
    answer = await ask(hub, "PUT", "clock/pin", ann, {"range": "^1"})
    assert (answer["slug"], answer["pin"]) == ("Clock", "^1")
    assert answer["plan"]["steps"][0]["changes"] == {"pin": {"from": None, "to": "^1"}}
    moved = await ask(hub, "PUT", "Clock/update", ann)
    assert (moved["version"], codes(moved["plan"]["notes"])) == ("1.1.0", ["pinned"])
    answer = await ask(hub, "PUT", "Clock/pin", ann)
    assert answer["pin"] == "=1.1.0"
    answer = await ask(hub, "DELETE", "Clock/pin", ann)
    assert answer["pin"] is None
    assert (await ask(hub, "PUT", "Clock/update", ann))["version"] == "2.0.0"
    again = await ask(hub, "DELETE", "Clock/pin", ann)
    assert (steps(again), codes(again["plan"]["notes"])) == ([], ["nothing-to-do"])


async def test_a_pin_that_is_no_range_or_leaves_the_release_out_is_refused(hub: Hub) -> None:
    ann = await with_clock(hub)
    for body in (
        {"range": "one"},
        {"range": ""},
        {"range": 1},
        {"pin": "^1"},
        {"range": LONG},
    ):
        assert (await refusal(hub, "PUT", "Clock/pin", ann, body))[:2] == (422, "invalid"), body
    text = "Clock is on 1.0.0, which is outside of ^2; update it first"
    assert await refusal(hub, "PUT", "Clock/pin", ann, {"range": "^2"}) == (409, "conflict", text)
    assert (await refusal(hub, "DELETE", "Clock/pin", ann, {"range": "^1"}))[0] == 422


async def test_a_channel_opens_updates_to_pre_releases(hub: Hub) -> None:
    ann = await with_clock(hub)
    await hub.publish(bundles.bundle(version="2.0.0-rc.1"))
    held = await ask(hub, "PUT", "Clock/update", ann)
    assert (held["version"], codes(held["plan"]["notes"])) == ("1.0.0", ["prerelease"])
    answer = await ask(hub, "PUT", "Clock/channel", ann, {"channel": "prerelease"})
    assert answer["channel"] == "prerelease"
    assert (await ask(hub, "PUT", "Clock/update", ann))["version"] == "2.0.0-rc.1"
    answer = await ask(hub, "PUT", "Clock/channel", ann, {"channel": "stable"})
    assert (answer["channel"], answer["version"]) == ("stable", "2.0.0-rc.1")
    for body in (None, {}, {"channel": "beta"}, {"channel": None}, {"channel": "stable", "x": 1}):
        assert (await refusal(hub, "PUT", "Clock/channel", ann, body))[:2] == (422, "invalid"), body
