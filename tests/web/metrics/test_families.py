import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from pluginhub.app import create_app
from pluginhub.config import Cleanup
from pluginhub.web import keys
from pluginhub.web.metrics import families
from tests import bundles
from tests.conftest import Hub, hooked, settings
from tests.managers.workshop import until
from tests.web.api.calling import ask, refusal, user
from tests.web.conftest import running
from tests.web.metrics.reading import NONE, labels, samples

DASHBOARD: Any = json.loads((Path(__file__).parents[3] / "deploy/grafana.json").read_text())


async def test_operations_are_counted_with_their_results_and_times(hub: Hub) -> None:
    ann = await user(hub)
    await ask_to_publish(hub, bundles.bundle())
    await hub.install("Clock", ann)
    assert (await refusal(hub, "POST", "Clock/install", ann, {}))[0] == 409
    await ask(hub, "POST", "Clock/disable?dry_run=true", ann)
    found = await samples(hub)
    assert found["plugin_operations_total"] == {
        labels(operation="publish", result="done"): 1,
        labels(operation="install", result="done"): 1,
        labels(operation="install", result="already-installed"): 1,
    }
    counts = found["plugin_operation_duration_seconds_count"]
    assert counts == {labels(operation="publish"): 1, labels(operation="install"): 2}
    assert min(found["plugin_operation_duration_seconds_sum"].values()) > 0


async def ask_to_publish(hub: Hub, content: bytes) -> None:
    answer = await hub.client.post("/api/plugins", data=content, headers=hub.operator)
    assert answer.status == 201


async def test_workers_are_told_with_their_memory_and_stay_counted_when_they_are_gone(
    hub: Hub,
) -> None:
    await hub.publish(hooked("def on_install(self, context): pass"))
    await hub.publish(hooked("def on_install(self, context): raise ValueError", "Broken"))
    ann = await user(hub)
    await hub.install("Clock", ann)
    assert (await refusal(hub, "POST", "Broken/install", ann, {}))[0] == 502
    found = await samples(hub)
    assert found["active_lifecycle_managers"][NONE] == 2
    memory = found["plugin_memory_usage_bytes"]
    assert memory[labels(slug="Clock", version="1.0.0")] > 1_000_000
    hub.app[keys.RESOURCES].registry.evict("Broken", "1.0.0")
    after = await samples(hub)
    assert after["active_lifecycle_managers"][NONE] == 1
    for them in (found, after):
        calls, failures = (them[f"pluginhub_worker_{it}_total"] for it in ("calls", "failures"))
        assert (calls[NONE], failures[NONE]) == (2, 1)


async def test_memory_is_told_of_a_bounded_number_of_releases(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await user(hub)
    for slug in ("One", "Two", "Three"):
        await hub.publish(hooked("def on_install(self, context): pass", slug))
        await hub.install(slug, ann)
    whole = (await samples(hub))["plugin_memory_usage_bytes"]
    monkeypatch.setattr(families, "_MOST", 1)
    found = (await samples(hub))["plugin_memory_usage_bytes"]
    others = found.pop(labels(slug="(others)", version=""))
    [(largest, _)] = found.items()
    assert largest in whole
    assert others > max(found.values()) / 2


async def test_what_there_is_and_what_sweeps_did(hub: Hub) -> None:
    for version in ("1.0.0", "2.0.0"):
        await hub.publish(bundles.bundle(version=version))
    await hub.install("Clock", await user(hub), "2.0.0")
    before = await samples(hub)
    expected = {"users": 1, "plugins": 1, "releases": 2, "installations": 1, "safe_mode": 0}
    assert {name: before[f"pluginhub_{name}"][NONE] for name in expected} == expected
    assert before["pluginhub_sweep_last_timestamp_seconds"][NONE] == 0
    hub.app[keys.CLEANUP].change(Cleanup(version_retention_days=0))
    report = await ask(hub, "POST", "system/cleanup", hub.operator)
    after = await samples(hub)
    done = {"sweeps_total": 1, "sweep_removed_releases_total": 1, "sweep_failures_total": 0}
    assert {name: after[f"pluginhub_{name}"][NONE] for name in done} == done
    assert after["pluginhub_sweep_removed_bytes_total"][NONE] == report["bytes"] > 0
    last = after["pluginhub_sweep_last_timestamp_seconds"][NONE]
    assert last < after["pluginhub_sweep_next_timestamp_seconds"][NONE]


async def test_waiting_for_the_database_and_taking_back_is_counted(hub: Hub) -> None:
    before = (await samples(hub))["pluginhub_database_transactions_total"][NONE]
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with hub.database.transaction():
            begun.set()
            await go_on.wait()

    async def second() -> None:
        async with hub.database.transaction():
            raise ValueError

    holding = asyncio.create_task(first())
    await begun.wait()
    waiting = asyncio.create_task(second())
    await asyncio.sleep(0.05)
    go_on.set()
    await asyncio.gather(holding, waiting, return_exceptions=True)
    after = await samples(hub)
    assert after["pluginhub_database_transactions_total"][NONE] == before + 1
    assert after["pluginhub_database_rollbacks_total"][NONE] == 1
    for name in ("busy", "wait"):
        assert after[f"pluginhub_database_{name}_seconds_total"][NONE] >= 0.05
    assert after["pluginhub_database_bytes"][NONE] + after["pluginhub_database_log_bytes"][NONE] > 0


async def test_a_server_in_safe_mode_tells_that_it_is(hub: Hub) -> None:
    app = create_app(settings(hub.data.parent / "other"), safe_mode=True)
    async with running(app, hub.data.parent / "other") as other:
        assert (await samples(other))["pluginhub_safe_mode"][NONE] == 1
        found = await ask(other, "GET", "system/doctor", other.operator)
    assert found["findings"][0]["code"] == "safe-mode"


async def test_streams_of_events_are_counted_while_they_are_open(hub: Hub) -> None:
    async with hub.client.get("/api/v1/events", headers=await user(hub)) as stream:
        await stream.content.readline()
        found = await samples(hub)
        assert found["pluginhub_event_listeners"][NONE] == 1
    feed = hub.app[keys.FEED]
    assert await until(lambda: feed.listeners == 0)


async def test_two_applications_in_one_process_count_for_themselves(hub: Hub) -> None:
    await samples(hub)
    await samples(hub)
    found = await samples(hub)
    probes = found["pluginhub_requests_total"][labels(route="probe", method="GET", status="2xx")]
    assert probes == 2  # and the third is not answered yet
    assert "process_resident_memory_bytes" in found


async def test_every_metric_of_the_dashboard_exists(hub: Hub) -> None:
    await ask_to_publish(hub, hooked("def on_install(self, context): pass"))
    await hub.install("Clock", await user(hub))
    job = {"source_url": "https://127.0.0.1/x.zip"}
    answer = await hub.client.post("/api/plugins", json=job, headers=hub.operator)
    assert answer.status == 202
    known = set(await samples(hub))
    used = {
        name
        for panel in DASHBOARD["panels"]
        for target in panel.get("targets", ())
        for name in re.findall(r"\b(?:pluginhub|plugin|active|process)_\w+", target["expr"])
    }
    assert len(used) > 25
    assert sorted(used - known) == []
