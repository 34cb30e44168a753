"""What users have, over HTTP: each verb, what stands against it, and whose plugins it is about."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from pluginhub.config import Lifecycle
from tests import bundles
from tests.conftest import Hub, hooked, settings
from tests.web.api.calling import (
    TIME,
    Headers,
    ask,
    call,
    codes,
    everything,
    installed,
    refusal,
    steps,
    user,
)
from tests.web.conftest import serving

VERBS = [
    ("POST", "/api/plugins/Clock/install"),
    ("PUT", "/api/plugins/Clock/update"),
    ("POST", "/api/plugins/Clock/enable"),
    ("POST", "/api/plugins/Clock/disable"),
    ("DELETE", "/api/plugins/Clock"),
    ("GET", "/api/plugins/installed"),
    ("POST", "/api/plugins/update"),
    ("GET", "/api/history"),
]
MODULES = [{"name": "Face"}, {"name": "Alarm"}]


async def publish(hub: Hub, *versions: str, slug: str = "Clock", **more: Any) -> None:
    for version in versions:
        await hub.publish(bundles.bundle(slug, version, **more))


async def clock(hub: Hub, headers: Headers) -> dict[str, Any]:
    """Return what a user has, who has one plugin."""
    [found] = (await ask(hub, "GET", "installed", headers))["installations"]
    assert isinstance(found, dict)
    return found


async def test_a_plugin_that_does_not_exist_is_not_found(hub: Hub) -> None:
    ann = await user(hub)
    for method, path in [*VERBS[:5], ("GET", "/api/plugins/Clock")]:
        status, problem = await call(hub, method, path, ann)
        assert (status, problem["code"]) == (404, "not-found"), path
    for slug in ("%00", "%ff", "..%2f", "'", "a" * 3000, "installed%00"):
        assert (await call(hub, "GET", f"/api/plugins/{slug}", ann))[0] == 404


async def test_a_user_installs_updates_and_gives_up_a_plugin(hub: Hub) -> None:
    await publish(hub, "1.0.0", "1.1.0")
    ann = await user(hub)
    status, answer = await call(
        hub, "POST", "/api/plugins/clock/install", ann, {"version": "1.0.0"}
    )
    assert (status, answer["version"]) == (201, "1.0.0")
    status, answer = await call(hub, "PUT", "/api/plugins/clock/update", ann)
    assert (status, answer["version"], answer["previous_version"]) == (200, "1.1.0", "1.0.0")
    assert await installed(hub, ann) == {"Clock": "1.1.0"}
    status, answer = await call(hub, "DELETE", "/api/plugins/clock", ann)
    assert (status, answer["version"]) == (200, "1.1.0")
    assert await installed(hub, ann) == {}


@pytest.mark.parametrize("body", [None, {}, {"version": None}])
async def test_without_a_version_the_highest_is_installed(hub: Hub, body: Any) -> None:
    await publish(hub, "1.10.0", "1.9.0")
    ann = await user(hub)
    status, answer = await call(hub, "POST", "/api/plugins/Clock/install", ann, body)
    assert (status, answer["version"]) == (201, "1.10.0")


async def test_a_plugin_is_installed_once(hub: Hub) -> None:
    await publish(hub, "1.0.0")
    ann = await user(hub)
    await hub.install("Clock", ann)
    status, problem = await call(hub, "POST", "/api/plugins/clock/install", ann)
    assert (status, problem["code"], problem["version"]) == (409, "already-installed", "1.0.0")


async def test_a_version_that_does_not_exist_is_not_found(hub: Hub) -> None:
    await publish(hub, "1.0.0")
    ann = await user(hub)
    body = {"version": "9.9.9"}
    assert (await call(hub, "POST", "/api/plugins/Clock/install", ann, body))[0] == 404
    await hub.install("Clock", ann)
    assert (await call(hub, "PUT", "/api/plugins/Clock/update", ann, body))[0] == 404
    assert await installed(hub, ann) == {"Clock": "1.0.0"}


BAD_CHOICES: list[Any] = [
    *(
        {"version": bad}
        for bad in (1, "../1", "one", " || ".join(["^1.0"] * 40), "1\x00", ["1.0.0"], True)
    ),
    *({"version": "1.0.0", key: "x"} for key in ("user_id", "user", "role", "path", "slug")),
    *(
        {"release_id": 1},
        {"enabled": False},
        {"config": {}},
        {"channel": "beta"},
        [],
        "1.0.0",
        1,
        True,
    ),
]


async def test_a_bad_choice_is_refused(hub: Hub) -> None:
    await publish(hub, "1.0.0")
    ann, ben = await user(hub), await user(hub, "ben")
    await hub.install("Clock", ben)
    for body in BAD_CHOICES:
        assert (await call(hub, "POST", "/api/plugins/Clock/install", ann, body))[0] == 422, body
        assert (await call(hub, "PUT", "/api/plugins/Clock/update", ben, body))[0] == 422, body
    assert await installed(hub, ann) == {}


async def test_a_plugin_is_switched_off_and_on(hub: Hub) -> None:
    await publish(hub, "1.0.0")
    ann = await user(hub)
    await hub.install("Clock", ann)
    for verb, enabled in [("disable", False), ("disable", False), ("enable", True)]:
        status, answer = await call(hub, "POST", f"/api/plugins/clock/{verb}", ann)
        assert (status, answer["enabled"]) == (200, enabled)


@pytest.mark.parametrize("role", ["admin", "operator"])
async def test_an_admin_acts_for_a_user(hub: Hub, role: str) -> None:
    await publish(hub, "1.0.0")
    ann = await user(hub)
    root = await hub.sign_in(await hub.add_user("root", "admin"))
    headers = root if role == "admin" else hub.operator
    statuses = [(await call(hub, verb, f"{path}?user=ANN", headers))[0] for verb, path in VERBS]
    assert statuses == [201, *[200] * 7]
    await call(hub, "POST", "/api/plugins/Clock/install?user=ann", headers)
    assert await installed(hub, ann) == {"Clock": "1.0.0"}
    assert await installed(hub, root) == {}


async def test_an_admin_cannot_act_for_nobody(hub: Hub) -> None:
    await publish(hub, "1.0.0")
    for method, path in VERBS:
        status, problem = await call(hub, method, f"{path}?user=ghost", hub.operator)
        assert (status, problem["user"]) == (404, "ghost")
        assert (await call(hub, method, path, hub.operator))[0] == 401


async def test_a_user_acts_for_nobody_else(hub: Hub) -> None:
    await publish(hub, "1.0.0")
    ann, ben = await user(hub), await user(hub, "ben")
    await hub.install("Clock", ben)
    for name in ("ben", "ann", "ghost"):
        for method, path in VERBS:
            assert (await call(hub, method, f"{path}?user={name}", ann))[0] == 403
    assert await installed(hub, ben) == {"Clock": "1.0.0"}
    assert await installed(hub, ann) == {}


async def test_what_one_user_does_touches_no_other(hub: Hub) -> None:
    await publish(hub, "1.0.0")
    ann, ben = await user(hub), await user(hub, "ben")
    await hub.install("Clock", ann)
    await hub.install("Clock", ben)
    before = await call(hub, "GET", "/api/plugins/installed", ben)
    await publish(hub, "2.0.0")
    for method, path in VERBS[1:]:
        await call(hub, method, path, ann)
    assert await call(hub, "GET", "/api/plugins/installed", ben) == before


async def test_anonymous_is_refused_everywhere(hub: Hub) -> None:
    await publish(hub, "1.0.0")
    for method, path in [*VERBS, ("GET", "/api/plugins"), ("GET", "/api/plugins/Clock")]:
        assert (await call(hub, method, path, {}))[0] == 401, path


async def test_an_installation_is_answered_whole_with_the_plan_that_led_to_it(hub: Hub) -> None:
    await publish(hub, "1.0.0", modules=MODULES, permissions=["storage.read"])
    ann = await user(hub)
    answer = await ask(hub, "POST", "clock/install", ann)
    plan = answer.pop("plan")
    assert await clock(hub, ann) == answer
    assert TIME.fullmatch(answer.pop("installed_at"))
    assert TIME.fullmatch(answer.pop("updated_at"))
    assert answer == {
        "slug": "Clock",
        "version": "1.0.0",
        "enabled": True,
        "config": {},
        "modules": [{"name": "Face", "enabled": True}, {"name": "Alarm", "enabled": True}],
        "pin": None,
        "channel": "stable",
        "as_dependency": False,
        "notice": None,
    }
    assert len(plan.pop("id")) == 64
    asked = {"code": "asked-for", "slug": "Clock", "text": "Clock was asked for"}
    step = {
        "action": "install",
        "slug": "Clock",
        "from": None,
        "to": "1.0.0",
        "reason": asked,
        "changes": {},
        "changelog": None,
        "new_permissions": ["storage.read"],
        "config_problems": [],
    }
    assert plan == {"verb": "install", "steps": [step], "notes": [], "blocked": []}


@pytest.mark.parametrize(
    ("body", "version"),
    [
        ({"version": "^1"}, "1.2.0"),
        ({"version": ">=1 <1.2"}, "1.1.0"),
        ({"version": "=1.1.0"}, "1.1.0"),
        ({"version": "v1.0.0"}, "1.0.0"),
        ({"version": "3.0.0-rc.1"}, "3.0.0-rc.1"),
        ({"channel": "prerelease"}, "3.0.0-rc.1"),
        ({"channel": "stable", "version": None}, "2.0.0"),
    ],
)
async def test_a_range_and_a_channel_choose_the_release(
    hub: Hub, body: dict[str, Any], version: str
) -> None:
    await publish(hub, "1.0.0", "1.1.0", "1.2.0", "2.0.0", "3.0.0-rc.1")
    answer = await ask(hub, "POST", "Clock/install", await user(hub), body)
    assert (answer["version"], answer["channel"]) == (version, body.get("channel", "stable"))


async def test_what_a_plugin_needs_comes_along_and_is_told_when_it_is_no_longer_needed(
    hub: Hub,
) -> None:
    await publish(hub, "1.0.0", "2.0.0", slug="Map")
    await publish(hub, "1.0.0", dependencies={"Map": "^1"})
    ann = await user(hub)
    answer = await ask(hub, "POST", "Clock/install", ann)
    assert (answer["slug"], answer["as_dependency"]) == ("Clock", False)
    assert steps(answer) == [
        ("install", "Map", None, "1.0.0"),
        ("install", "Clock", None, "1.0.0"),
    ]
    assert codes([step["reason"] for step in answer["plan"]["steps"]]) == [
        "dependency",
        "asked-for",
    ]
    listed = (await ask(hub, "GET", "installed", ann))["installations"]
    assert {item["slug"]: item["as_dependency"] for item in listed} == {"Clock": False, "Map": True}
    gone = await ask(hub, "DELETE", "Clock", ann)
    assert [(note["code"], note["slug"]) for note in gone["plan"]["notes"]] == [
        ("no-longer-needed", "Map")
    ]
    assert await installed(hub, ann) == {"Map": "1.0.0"}


async def test_a_plugin_that_another_one_needs_stays(hub: Hub) -> None:
    await publish(hub, "1.0.0", slug="Map")
    await publish(hub, "1.0.0", dependencies={"Map": "^1"})
    ann = await user(hub)
    await hub.install("Clock", ann)
    status, problem = await call(hub, "DELETE", "/api/plugins/map", ann)
    assert (status, problem["code"]) == (409, "still-needed")
    assert problem["detail"] == "Map is needed by Clock@1.0.0; uninstall that first"
    assert (problem["slug"], problem["needed_by"]) == ("Map", ["Clock@1.0.0"])
    assert await installed(hub, ann) == {"Clock": "1.0.0", "Map": "1.0.0"}


async def test_what_cannot_be_met_is_explained_and_changes_nothing(hub: Hub) -> None:
    await publish(hub, "1.0.0", "3.0.0", slug="Charts")
    await publish(hub, "1.4.0", slug="Reports", dependencies={"Charts": "<3"})
    await publish(hub, "2.1.0", slug="Dashboard", dependencies={"Charts": "^3"})
    ann = await user(hub)
    await hub.install("Reports", ann)
    status, code, text = await refusal(hub, "POST", "Dashboard/install", ann)
    assert (status, code) == (409, "unsatisfiable")
    for word in ("Dashboard 2.1.0", "Charts ^3", "Reports 1.4.0", "Charts <3"):
        assert word in text
    assert await installed(hub, ann) == {"Charts": "1.0.0", "Reports": "1.4.0"}


async def test_a_move_is_answered_with_what_changes(hub: Hub) -> None:
    changelog = b"# Changes\n\n## 1.1.0\n\n- louder\n\n## 1.0.0\n\n- first\n"
    files = bundles.files(version="1.1.0", permissions=["audio"])
    await publish(hub, "1.0.0")
    await hub.publish(bundles.tar_gz({**files, "CHANGELOG.md": changelog}))
    ann = await user(hub)
    await hub.install("Clock", ann, "1.0.0")
    answer = await ask(hub, "PUT", "Clock/update", ann)
    assert (answer["version"], answer["previous_version"]) == ("1.1.0", "1.0.0")
    [step] = answer["plan"]["steps"]
    assert "louder" in step["changelog"]
    assert "first" not in step["changelog"]
    assert step["new_permissions"] == ["audio"]


async def test_an_update_that_leads_nowhere_says_why(hub: Hub) -> None:
    await publish(hub, "1.0.0")
    ann = await user(hub)
    await hub.install("Clock", ann)
    before = (await clock(hub, ann))["updated_at"]
    answer = await ask(hub, "PUT", "Clock/update", ann)
    assert (answer["version"], answer["previous_version"]) == ("1.0.0", "1.0.0")
    assert (steps(answer), codes(answer["plan"]["notes"])) == ([], ["up-to-date"])
    assert answer["updated_at"] == before


async def test_a_version_leads_down_as_well(hub: Hub) -> None:
    await publish(hub, "1.0.0", "1.1.0")
    ann = await user(hub)
    await hub.install("Clock", ann)
    answer = await ask(hub, "PUT", "Clock/update", ann, {"version": "1.0.0"})
    assert (answer["version"], answer["previous_version"]) == ("1.0.0", "1.1.0")


async def test_a_rollback_returns_once(hub: Hub) -> None:
    await publish(hub, "1.0.0", "1.1.0")
    ann = await user(hub)
    await hub.install("Clock", ann, "1.0.0")
    before = await refusal(hub, "POST", "Clock/rollback", ann)
    assert before[:2] == (409, "conflict")
    assert "no release to return to" in before[2]
    await ask(hub, "PUT", "Clock/update", ann)
    answer = await ask(hub, "POST", "clock/rollback", ann, {"reset_config": True})
    assert (answer["version"], answer["previous_version"]) == ("1.0.0", "1.1.0")
    assert steps(answer) == [("rollback", "Clock", "1.1.0", "1.0.0")]
    assert await refusal(hub, "POST", "Clock/rollback", ann) == before
    assert await installed(hub, ann) == {"Clock": "1.0.0"}


async def test_everything_is_updated_and_what_cannot_be_holds_up_nothing(hub: Hub) -> None:
    await publish(hub, "1.0.0", "2.0.0")
    await publish(hub, "1.0.0", slug="Map")
    await hub.publish(hooked("pass", "Notes", "1.0.0"))
    await hub.publish(
        hooked(
            """
            def on_update(self, context, from_version):
                raise HookRefusedError("export your notes first")
            """,
            "Notes",
            "2.0.0",
        )
    )
    ann = await user(hub)
    for slug in ("Clock", "Map", "Notes"):
        await hub.install(slug, ann, "1.0.0")
    answer = await ask(hub, "POST", "update", ann)
    clocks, maps, notes = answer["plans"]
    assert [item["verb"] for item in answer["plans"]] == ["update"] * 3
    assert steps({"plan": clocks}) == [("update", "Clock", "1.0.0", "2.0.0")]
    assert (maps["steps"], codes(maps["notes"])) == ([], ["up-to-date"])
    assert (notes["steps"], codes(notes["blocked"])) == ([], ["hook-failed"])
    assert "export your notes first" in notes["blocked"][0]["text"]
    assert await installed(hub, ann) == {"Clock": "2.0.0", "Map": "1.0.0", "Notes": "1.0.0"}


async def test_updating_everything_takes_no_plan(hub: Hub) -> None:
    ann = await user(hub)
    assert await ask(hub, "POST", "update", ann, {"reset_config": True}) == {"plans": []}
    for body in ({"plan": "x"}, {"version": "1.0.0"}, {"slug": "Clock"}):
        assert (await refusal(hub, "POST", "update", ann, body))[:2] == (422, "invalid"), body


async def test_modules_are_switched_one_by_one(hub: Hub) -> None:
    await publish(hub, "1.0.0", modules=MODULES)
    ann = await user(hub)
    await hub.install("Clock", ann)
    off = await ask(hub, "POST", "Clock/disable", ann, {"modules": ["Alarm"]})
    assert off["modules"] == [
        {"name": "Face", "enabled": True},
        {"name": "Alarm", "enabled": False},
    ]
    [step] = off["plan"]["steps"]
    assert step["action"] == "disable-modules"
    assert step["changes"] == {"disabled_modules": {"from": [], "to": ["Alarm"]}}
    assert off["enabled"] is True
    shown = (await hub.designer(ann))["Clock"]["modules"]
    assert [module["name"] for module in shown] == ["Face"]
    again = await ask(hub, "POST", "Clock/disable", ann, {"modules": ["Alarm"]})
    assert (steps(again), codes(again["plan"]["notes"])) == ([], ["nothing-to-do"])
    on = await ask(hub, "POST", "Clock/enable", ann, {"modules": ["Alarm", "Face"]})
    assert all(module["enabled"] for module in on["modules"])


async def test_a_module_that_the_plugin_does_not_have_is_named(hub: Hub) -> None:
    await publish(hub, "1.0.0", modules=MODULES)
    ann = await user(hub)
    await hub.install("Clock", ann)
    for verb in ("enable", "disable"):
        body = {"modules": ["Face", "Hand"]}
        status, code, text = await refusal(hub, "POST", f"Clock/{verb}", ann, body)
        assert (status, code) == (404, "not-found")
        assert text == "Clock@1.0.0 has no module 'Hand'; it has Alarm, Face"
    assert all(module["enabled"] for module in (await clock(hub, ann))["modules"])


BAD_SWITCHES: list[Any] = [
    {"modules": "Face"},
    {"modules": [1]},
    {"modules": ["x" * 129]},
    {"modules": ["x"] * 1001},
    {"modules": None},
    {"module": "Face"},
    {"enabled": True},
    [],
]


async def test_a_bad_switch_is_refused(hub: Hub) -> None:
    await publish(hub, "1.0.0")
    ann = await user(hub)
    await hub.install("Clock", ann)
    for body in BAD_SWITCHES:
        assert (await refusal(hub, "POST", "Clock/disable", ann, body))[:2] == (422, "invalid"), (
            body
        )
    assert (await clock(hub, ann))["enabled"] is True


FAILURES = [
    ("raise HookRefusedError('not today')", 502, "hook-failed", "refused: not today"),
    ("raise ValueError('no luck')", 502, "hook-failed", "failed: ValueError: no luck"),
    ("context.config['x'] = {1}", 502, "hook-answer", "gave an answer that cannot be used"),
    ("import os; os._exit(3)", 502, "hook-killed", "did not answer"),
    ("import time; time.sleep(60)", 504, "hook-timeout", "it took longer than 1 s"),
]


async def test_a_hook_that_fails_is_told_by_its_kind_and_nothing_is_changed(
    impatient: Hub,
) -> None:
    ann = await user(impatient)
    for number, (body, status, code, words) in enumerate(FAILURES):
        slug = f"Clock{number}"
        await impatient.publish(hooked(f"def on_install(self, context): {body}", slug))
        found, problem = await call(impatient, "POST", f"/api/plugins/{slug}/install", ann)
        assert (found, problem["code"]) == (status, code), problem
        assert problem["detail"].startswith(f"the install hook of {slug} 1.0.0 ")
        assert words in problem["detail"]
        assert (problem["slug"], problem["version"]) == (slug, "1.0.0")
        assert str(impatient.data) not in str(problem)
    assert await installed(impatient, ann) == {}
    assert list((impatient.data / "staging").iterdir()) == []


@pytest.fixture(name="impatient")
async def _impatient(tmp_path: Path) -> AsyncIterator[Hub]:
    lifecycle = {"lifecycle": Lifecycle(hook_timeout=1)}
    async with serving(settings(tmp_path / "data").model_copy(update=lifecycle)) as hub:
        yield hub


async def test_hooks_that_fail_again_and_again_rest(hub: Hub) -> None:
    await hub.publish(hooked("def on_install(self, context): raise ValueError('no luck')"))
    ann = await user(hub)
    for _ in range(3):
        assert (await refusal(hub, "POST", "Clock/install", ann))[0] == 502
    async with hub.client.post("/api/plugins/Clock/install", headers=ann) as answer:
        problem = await answer.json()
    assert (answer.status, problem["code"]) == (503, "hooks-suspended")
    assert problem["detail"].endswith("; the last failure: raised an error")
    assert 20 < problem["retry_after"] <= 30
    assert problem["retry_after"] <= int(answer.headers["Retry-After"]) <= 31


async def test_a_hook_that_asks_this_server_for_something_stops_nobody(tmp_path: Path) -> None:
    config = settings(tmp_path / "data")
    lifecycle = Lifecycle(hook_timeout=2)
    async with serving(config.model_copy(update={"lifecycle": lifecycle})) as hub:
        ann, ben = await user(hub), await user(hub, "ben")
        await hub.publish(bundles.bundle("Map"))
        for slug, path in [("Writes", "v1/plugin-state"), ("Waits", "plugins/Map/install")]:
            url = str(hub.client.make_url(f"/api/{path}"))
            await hub.publish(hooked(ASKS.format(url=url, headers={**ann, **JSON}), slug))
        # The database is free while a hook runs ...
        await ask(hub, "POST", "Writes/install", ann)
        config_of = await ask(hub, "GET", "Writes/config", ann)
        assert config_of["set"] == {"status": 200}
        # ... and what waits for the user's own turn waits until the hook is ended.
        waiting = asyncio.create_task(refusal(hub, "POST", "Waits/install", ann))
        await ask(hub, "POST", "Map/install", ben)
        assert not waiting.done()
        assert (await waiting)[:2] == (504, "hook-timeout")
        await ask(hub, "POST", "Waits/install?skip_hooks=true", ann)


JSON = {"Content-Type": "application/json"}
ASKS = """
def on_install(self, context):
    import urllib.request
    body = b'{{"plugin_id": "Clock", "state_data": {{}}}}' if "state" in {url!r} else b"{{}}"
    request = urllib.request.Request({url!r}, body, {headers!r})
    context.config["status"] = urllib.request.urlopen(request).status
"""


async def test_hooks_that_stand_in_the_way_can_be_left_out(hub: Hub) -> None:
    await hub.publish(hooked("def on_uninstall(self, context): raise ValueError('never')"))
    ann = await user(hub)
    await hub.install("Clock", ann)
    assert (await refusal(hub, "DELETE", "Clock", ann))[:2] == (502, "hook-failed")
    assert await installed(hub, ann) == {"Clock": "1.0.0"}
    await ask(hub, "DELETE", "Clock?skip_hooks=true", ann)
    assert await installed(hub, ann) == {}


async def test_a_hook_writes_the_configuration_of_its_user(hub: Hub) -> None:
    await hub.publish(
        hooked("def on_install(self, context): context.config['for'] = context.user_name")
    )
    ann, ben = await user(hub), await user(hub, "ben")
    for headers, name in ((ann, "ann"), (ben, "ben")):
        assert (await ask(hub, "POST", "Clock/install", headers))["config"] == {"for": name}


async def test_the_code_of_hooks_is_never_served(hub: Hub) -> None:
    await hub.publish(hooked("secret = 'tree'"))
    ann = await user(hub)
    await hub.install("Clock", ann)
    entry = (await hub.designer(ann))["Clock"]
    for path in ("../hooks.py", "hooks.py", "..%2Fhooks.py"):
        answer = await hub.load(entry, path)
        assert (answer.status in {403, 404}, b"secret" in await answer.read()) == (True, False)
    root = f"/api/v1/public/plugins/{entry['database_id']}"
    capability = entry["bundlelocation"].split("/")[1]
    for url in (f"{root}/hooks.py", f"{root}/t/{capability}/hooks.py"):
        answer = await hub.client.get(url, headers=ann)
        assert (answer.status, await answer.json()) == (403, {"detail": "File type not allowed"})


async def test_of_plugins_that_need_each_other_the_one_that_was_asked_for_is_answered(
    hub: Hub,
) -> None:
    await publish(hub, "1.0.0", slug="Hen", dependencies={"Egg": "*"})
    await publish(hub, "2.0.0", slug="Egg", dependencies={"Hen": "*"})
    for slug, name, expected in [
        ("hEN", "ann", ("Hen", "1.0.0")),
        ("egg", "ben", ("Egg", "2.0.0")),
    ]:
        answer = await ask(hub, "POST", f"{slug}/install", await user(hub, name))
        assert (answer["slug"], answer["version"], answer["as_dependency"]) == (*expected, False)
        assert {step["slug"] for step in answer["plan"]["steps"]} == {"Hen", "Egg"}


async def test_a_refused_verb_changes_nothing_but_the_audit(hub: Hub) -> None:
    await hub.publish(
        hooked("def on_update(self, context, old): raise ValueError", version="2.0.0")
    )
    await publish(hub, "1.0.0", slug="Map")
    await publish(hub, "1.0.0", dependencies={"Map": "*"})
    ann = await user(hub)
    await hub.install("Clock", ann, "1.0.0")
    before = await everything(hub)
    for method, path, expected in [
        ("POST", "Clock/install", 409),
        ("DELETE", "Map", 409),
        ("PUT", "Clock/update", 502),
        ("POST", "Clock/rollback", 409),
        ("DELETE", "Nothing", 404),
    ]:
        assert (await refusal(hub, method, path, ann))[0] == expected, path
    after = await everything(hub)
    known_plugins = 4
    assert len(after.pop("audit")) == len(before.pop("audit")) + known_plugins
    assert after == before
