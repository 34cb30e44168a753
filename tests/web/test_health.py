"""A load balancer and a supervisor get to know how the server is."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from pluginhub.web import health
from tests.conftest import Hub, settings
from tests.web.conftest import serving


async def test_a_server_that_runs_is_alive_and_ready(hub: Hub) -> None:
    for path in ("/healthz", "/readyz"):
        async with hub.client.get(path) as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_a_full_disk_is_named_with_its_setting(tmp_path: Path) -> None:
    config = settings(tmp_path / "data")
    storage = config.storage.model_copy(update={"disk_reserve": 10**18})
    async with (
        serving(config.model_copy(update={"storage": storage})) as hub,
        hub.client.get("/readyz") as answer,
    ):
        problem = await answer.json()
        assert (answer.status, problem["code"]) == (503, "not-ready")
        assert f"storage.disk_reserve keeps {10**18}" in problem["detail"]
        assert "Retry-After" in answer.headers


@pytest.mark.timeout(30)
async def test_a_database_that_somebody_holds_is_said_and_recovers(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_FRESH", 0)
    path = hub.data / "pluginhub.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
    async with hub.client.get("/readyz") as answer:
        assert answer.status == 503
        assert "the database cannot be written" in (await answer.json())["detail"]
    assert (await hub.client.get("/healthz")).status == 200
    other.rollback()
    other.close()
    async with hub.client.get("/readyz") as answer:
        assert answer.status == 200


async def test_many_who_ask_make_one_look(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[object] = []

    async def obstacle(app: object) -> None:
        looks.append(app)

    monkeypatch.setattr(health, "_obstacle", obstacle)
    for _ in range(5):
        assert (await hub.client.get("/readyz")).status == 200
    assert len(looks) == 1
