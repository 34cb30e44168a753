"""What is put into the incoming folder is published."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from pluginhub import upkeep
from pluginhub.sources.incoming import Incoming
from tests import bundles
from tests.conftest import Hub, settings
from tests.web.conftest import serving


async def until_there(path: Path) -> None:
    async with asyncio.timeout(5):
        while not await asyncio.to_thread(path.exists):
            pass


async def published(hub: Hub) -> list[str]:
    async with hub.client.get("/api/plugins", headers=hub.operator) as answer:
        return [plugin["slug"] for plugin in (await answer.json())["plugins"]]


async def test_bundles_are_published_while_the_server_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "Incoming", partial(Incoming, rest=0.01))
    async with serving(settings(tmp_path / "data")):
        pass
    folder = tmp_path / "data/incoming"
    (folder / "clock.tar.gz").write_bytes(bundles.bundle())
    async with serving(settings(tmp_path / "data")) as hub:
        await until_there(folder / "done/clock.tar.gz")
        (folder / "bad.zip").write_bytes(b"no archive")
        await until_there(folder / "failed/bad.zip")
        assert "tar header" in (folder / "failed/bad.zip.txt").read_text()
        (folder / "other.tgz").write_bytes(bundles.bundle(description="Other bytes"))
        await until_there(folder / "failed/other.tgz")
        assert "new version" in (folder / "failed/other.tgz.txt").read_text()
        (folder / "again.tgz").write_bytes(bundles.bundle())
        await until_there(folder / "done/again.tgz")
        (folder / "alarm.tgz").write_bytes(bundles.bundle("Alarm"))
        await until_there(folder / "done/alarm.tgz")
        assert await published(hub) == ["Alarm", "Clock"]
        async with hub.client.get("/api/audit", headers=hub.operator) as answer:
            actions = (await answer.json())["audit"]
    assert {(entry["actor"], entry["action"]) for entry in actions} == {("operator", "publish")}
