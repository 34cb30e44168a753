"""Plans that are only shown, plans that are carried out as shown, and what else an order says."""

import itertools
from typing import Any

import pytest

from tests import bundles
from tests.conftest import Hub, hooked
from tests.web.api.calling import (
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

Verb = tuple[str, str, Any]

# Each of them changes something for a user who has Clock 1.1.0, and had 1.0.0.
CHANGING: list[Verb] = [
    ("POST", "Map/install", None),
    ("PUT", "Clock/update", None),
    ("POST", "update", None),
    ("POST", "Clock/rollback", None),
    ("DELETE", "Clock", None),
    ("POST", "Clock/disable", None),
    ("POST", "Clock/disable", {"modules": ["Face"]}),
    ("PUT", "Clock/config", {"config": {"a": 1}}),
    ("PATCH", "Clock/config", {"config": {"a": 1}}),
    ("PUT", "Clock/pin", {"range": "^1"}),
    ("PUT", "Clock/channel", {"channel": "prerelease"}),
]
WITH_PLAN = [verb for verb in CHANGING if verb[1] != "update"]


@pytest.fixture(name="ann")
async def _ann(hub: Hub) -> Headers:
    """A user who could do everything."""
    hooks = "def on_update(self, context, old): context.config['came'] = 'from ' + old"
    for version in ("1.0.0", "1.1.0"):
        await hub.publish(bundles.bundle(version=version))
    await hub.publish(hooked(hooks, version="2.0.0"))
    await hub.publish(bundles.bundle("Map"))
    headers = await user(hub)
    await hub.install("Clock", headers, "1.0.0")
    await ask(hub, "PUT", "Clock/update", headers, {"version": "1.1.0"})
    return headers


def plans(answer: Any) -> list[Any]:
    return answer["plans"] if "plans" in answer else [answer["plan"]]


def with_plan(body: Any, plan_id: str) -> Any:
    return {**(body or {}), "plan": plan_id}


async def test_a_dry_run_answers_the_plan_and_changes_nothing(hub: Hub, ann: Headers) -> None:
    before = await everything(hub)
    values = itertools.cycle(["1", "true", "TRUE", ""])
    for (method, path, body), value in zip(CHANGING, values, strict=False):
        url = f"/api/plugins/{path}?dry_run={value}"
        status, answer = await call(hub, method, url, ann, body)
        assert (status, answer.keys() & {"slug", "version"}) == (200, set()), path
        assert [bool(plan["steps"]) for plan in plans(answer)] == [True], path
        assert await everything(hub) == before, path


async def test_a_run_that_is_not_dry_changes_something(hub: Hub, ann: Headers) -> None:
    for value, verb, enabled in [("0", "disable", False), ("False", "enable", True)]:
        answer = await ask(hub, "POST", f"Clock/{verb}?dry_run={value}", ann)
        assert answer["enabled"] is enabled
        [found] = (await ask(hub, "GET", "installed", ann))["installations"]
        assert found["enabled"] is enabled


async def test_a_plan_is_carried_out_as_it_was_shown(hub: Hub, ann: Headers) -> None:
    for method, path, body in WITH_PLAN:
        shown = await ask(hub, method, f"{path}?dry_run=1", ann, body)
        assert shown == await ask(hub, method, f"{path}?dry_run=1", ann, body), path
        done = await ask(hub, method, path, ann, with_plan(body, shown["plan"]["id"]))
        assert steps(done) == steps(shown), path
        if path == "Clock":
            await hub.install("Clock", ann, "1.0.0")


async def test_a_plan_that_is_no_longer_what_was_shown_is_refused(hub: Hub, ann: Headers) -> None:
    shown = [
        (await ask(hub, method, f"{path}?dry_run=1", ann, body))["plan"]["id"]
        for method, path, body in WITH_PLAN
    ]
    await hub.publish(bundles.bundle("Map", "1.1.0"))
    await ask(hub, "PATCH", "Clock/config", ann, {"config": {"b": 1}})
    before = await everything(hub)
    for (method, path, body), plan_id in zip(WITH_PLAN, shown, strict=True):
        refused = await refusal(hub, method, path, ann, with_plan(body, plan_id))
        assert refused == (
            409,
            "plan-changed",
            "the plan is no longer what was shown; look at it again",
        ), path
    after = await everything(hub)
    assert len(after.pop("audit")) == len(before.pop("audit")) + len(WITH_PLAN)
    assert after == before


async def test_a_plan_of_somebody_else_is_another_plan(hub: Hub, ann: Headers) -> None:
    ben = await user(hub, "ben")
    plan_id = (await ask(hub, "POST", "Map/install?dry_run=1", ben))["plan"]["id"]
    refused = await refusal(hub, "POST", "Map/install", ann, {"plan": plan_id})
    assert refused[:2] == (409, "plan-changed")
    await ask(hub, "POST", "Map/install", ben, {"plan": plan_id})


async def test_a_dry_run_says_what_stands_against_the_verb(hub: Hub, ann: Headers) -> None:
    await hub.publish(bundles.bundle("Atlas", dependencies={"Clock": "^9"}))
    for path, code in [("Clock/install", "already-installed"), ("Atlas/install", "unsatisfiable")]:
        plan = (await ask(hub, "POST", f"{path}?dry_run=1", ann))["plan"]
        assert (plan["steps"], codes(plan["blocked"])) == ([], [code])
        done = await refusal(hub, "POST", path, ann)
        assert done == (409, code, plan["blocked"][0]["text"])
    refused = await refusal(hub, "POST", "Nothing/install?dry_run=1", ann)
    assert refused[:2] == (404, "not-found")


@pytest.mark.parametrize("name", ["dry_run", "skip_hooks"])
async def test_a_switch_is_true_or_false(hub: Hub, ann: Headers, name: str) -> None:
    before = await everything(hub)
    values = itertools.cycle(["maybe", "2", "yes", "off", " ", "1,0", "\x00"])
    for (method, path, body), value in zip(CHANGING, values, strict=False):
        async with hub.client.request(
            method, f"/api/plugins/{path}", params={name: value}, json=body, headers=ann
        ) as answer:
            problem = await answer.json()
        assert (answer.status, problem["code"]) == (422, "invalid"), path
        assert problem["detail"] == f"{name}: must be true or false, not {value!r}"
    assert await everything(hub) == before


async def test_an_unknown_key_is_refused_by_every_verb(hub: Hub, ann: Headers) -> None:
    before = await everything(hub)
    for method, path, body in CHANGING:
        for key in ("user_id", "actor", "dry_run", "skip_hooks", "force"):
            refused = await refusal(hub, method, path, ann, {**(body or {}), key: True})
            assert refused == (422, "invalid", f"{key}: unknown key"), path
    assert await everything(hub) == before


async def test_an_unknown_parameter_is_refused_by_every_verb(hub: Hub, ann: Headers) -> None:
    before = await everything(hub)
    verbs: list[Verb] = [*CHANGING, ("POST", "Clock/enable", None), ("DELETE", "Clock/pin", None)]
    for method, path, body in verbs:
        for name in ("dryrun", "DRY_RUN", "plan"):
            refused = await refusal(hub, method, f"{path}?{name}=true", ann, body)
            assert refused == (
                422,
                "invalid",
                f"unknown query parameters: '{name}'; this address knows user, dry_run, skip_hooks",
            ), path
    assert await everything(hub) == before


async def test_only_admins_name_a_user(hub: Hub, ann: Headers) -> None:
    ben = await user(hub, "ben")
    before = await everything(hub)
    for method, path, body in CHANGING:
        for name in ("ann", "ben", "ghost", ""):
            refused = await refusal(hub, method, f"{path}?user={name}", ben, body)
            assert refused == (403, "forbidden", "only an admin may act for another user"), path
    assert await everything(hub) == before
    assert await installed(hub, ann) == {"Clock": "1.1.0"}


async def test_every_verb_can_be_done_without_hooks(hub: Hub, ann: Headers) -> None:
    answer = await ask(hub, "PUT", "Clock/update?skip_hooks=1", ann)
    assert (answer["version"], answer["config"]) == ("2.0.0", {})
    await ask(hub, "POST", "Clock/rollback", ann)
    answer = await ask(hub, "PUT", "Clock/update?skip_hooks=0", ann)
    assert answer["config"] == {"came": "from 1.1.0"}
    skipped = [
        entry["action"]
        for entry in (await ask(hub, "GET", "Clock/history", ann))["history"]
        if entry["details"].get("hooks") == "skipped"
    ]
    assert skipped == ["update"]
