"""Backups are whole and of one moment, and take no release twice."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from pluginhub.app import create_app
from pluginhub.care import restore
from pluginhub.care.backup import Backup, Backups
from pluginhub.config import Backup as Settings
from pluginhub.config import Cleanup
from pluginhub.errors import ConflictError, InvalidError
from pluginhub.storage.backup_directory import BackupDirectory
from pluginhub.web import keys
from tests import bundles
from tests.conftest import Hub, settings, started


def backups(hub: Hub) -> Backups:
    found: Backups = hub.app[keys.BACKUPS]
    return found


def names(target: Path) -> list[str]:
    return sorted(note.parent.name for note in target.glob("2*/backup.json"))


async def back_up(hub: Hub, target: Path | None = None) -> Backup:
    return await backups(hub).make(lambda *_: None, target)


async def test_what_one_backup_has_is_not_copied_again(hub: Hub, tmp_path: Path) -> None:
    await hub.publish(bundles.bundle())
    first = await back_up(hub, tmp_path / "target")
    await hub.publish(bundles.bundle(version="2.0.0"))
    second = await back_up(hub, tmp_path / "target")
    assert (first.releases, first.copied) == (1, 1)
    assert (second.releases, second.copied) == (2, 1)
    assert second.size == sum(map(len, bundles.files(version="2.0.0").values()))
    assert len(names(tmp_path / "target")) == 2
    assert len(json.loads((second.path / "backup.json").read_bytes())["releases"]) == 2


async def test_it_is_told_how_far_it_is(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    await hub.publish(bundles.bundle(version="2.0.0"))
    told: list[tuple[int, int]] = []
    await backups(hub).make(lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


async def test_a_damaged_release_is_left_out_and_named(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    await hub.publish(bundles.bundle(version="2.0.0"))
    (hub.data / "shared/Clock/v1.0.0" / bundles.ENTRY).unlink()
    made = await back_up(hub)
    assert (made.releases, made.missing) == (1, ["Clock@1.0.0"])


async def test_no_sweep_removes_what_is_being_backed_up(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    held: list[bool] = []
    await backups(hub).make(lambda *_: held.append(hub.app[keys.CLEANUP]._sweeping.locked()))
    assert held == [True]


async def test_a_second_one_at_the_same_place_is_refused(hub: Hub, tmp_path: Path) -> None:
    lock = await asyncio.to_thread(BackupDirectory(tmp_path / "target").lock)
    with pytest.raises(ConflictError, match="another backup is being made"):
        await back_up(hub, tmp_path / "target")
    os.close(lock)
    await back_up(hub, tmp_path / "target")


@pytest.mark.parametrize("inside", ["", "shared", "shared/Clock/x", "staging/y"])
async def test_the_data_directory_is_no_target(hub: Hub, inside: str) -> None:
    with pytest.raises(InvalidError, match="is a part of the data directory"):
        await back_up(hub, hub.data / inside)


async def test_a_target_that_cannot_be_written_is_named(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidError, match=r"file/x cannot be written: Not a directory"):
        await back_up(hub, tmp_path / "file/x")


async def test_a_cancelled_backup_leaves_nothing_half_done(hub: Hub, tmp_path: Path) -> None:
    await hub.publish(bundles.bundle())
    task = asyncio.create_task(back_up(hub, tmp_path / "target"))
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert list((tmp_path / "target").glob("part-*")) == []
    directory = BackupDirectory(tmp_path / "target")
    for name in names(directory.path):  # the cancellation came when it was done
        (tmp_path / name).mkdir()
        assert await restore.verify(directory, name, tmp_path / name, lambda *_: None) == 1
    await back_up(hub, tmp_path / "target")


async def test_it_is_due_when_there_is_none_or_it_is_old(hub: Hub) -> None:
    assert not await backups(hub).is_due()
    backups(hub).change(Settings(interval=60))
    assert await backups(hub).is_due()
    await back_up(hub)
    assert not await backups(hub).is_due()
    hub.database._clock = lambda: 4e9
    assert await backups(hub).is_due()
    hub.database._clock = lambda: 1000.0  # the newest one comes from the future
    assert await backups(hub).is_due()
    backups(hub).change(Settings(interval=0))
    assert not await backups(hub).is_due()


@pytest.fixture(name="scheduled")
async def _scheduled(tmp_path: Path) -> AsyncIterator[Hub]:
    """A server that makes a backup every second and keeps one, elsewhere."""
    backup = Settings(interval=1, keep=1, directory=str(tmp_path / "elsewhere"))
    plain = settings(tmp_path / "data")
    config = plain.model_copy(update={"backup": backup, "cleanup": Cleanup(interval=1)})
    async with TestClient(await started(create_app(config))) as client:
        yield Hub(client, tmp_path / "data")


@pytest.mark.timeout(30)
@pytest.mark.usefixtures("scheduled")
async def test_a_server_makes_them_by_itself_and_keeps_some(tmp_path: Path) -> None:
    seen: set[str] = set()
    while len(seen) < 2:
        await asyncio.sleep(0.1)
        found = names(tmp_path / "elsewhere")
        seen |= set(found)
        assert len(found) <= 2  # the new one, and the one that is just going


async def test_only_the_command_line_names_a_target(hub: Hub, tmp_path: Path) -> None:
    url, body = "/api/plugins/system/backup", {"target": str(tmp_path / "target")}
    admin = await hub.sign_in(await hub.add_user("ann", "admin"))
    async with hub.client.post(url, json=body, headers=admin) as answer:
        assert answer.status == 403
    async with hub.client.post(url, headers=admin) as answer:
        assert answer.status == 200
        assert (await answer.json())["path"].startswith(str(hub.data / "backups"))
    async with hub.client.post(url, json=body, headers=hub.operator) as answer:
        assert answer.status == 200
    assert (tmp_path / "target").is_dir()
