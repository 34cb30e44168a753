"""A backup is restored as a whole, or nothing is changed."""

import asyncio
import hashlib
import json
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from pluginhub.app import create_app
from pluginhub.care import restore
from pluginhub.care.restore import Restored
from pluginhub.database import users
from pluginhub.errors import BadBackupError
from pluginhub.storage.backup_directory import BackupDirectory
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.web import keys
from tests import bundles
from tests.conftest import Hub, settings, started


@asynccontextmanager
async def serving(data: Path) -> AsyncIterator[Hub]:
    async with TestClient(await started(create_app(settings(data)))) as client:
        yield Hub(client, data)


@pytest.fixture(name="backup")
async def _backup(tmp_path: Path) -> Path:
    """A backup of a server at which ann has Clock 1.0.0."""
    async with serving(tmp_path / "data") as hub:
        await hub.publish(bundles.bundle())
        await hub.publish(bundles.bundle(version="2.0.0"))
        headers = await hub.sign_in(await hub.add_user("ann"))
        await hub.install("Clock", headers, "1.0.0")
        made = await hub.app[keys.BACKUPS].make(lambda *_: None, tmp_path / "backups")
        return Path(made.path)


class CrashError(BaseException):
    """Stands for the end of the process."""


async def bring_back(backup: Path, data: Path) -> Restored:
    there = DataDirectory.at(data)
    lock = await asyncio.to_thread(there.lock)
    try:
        directory = BackupDirectory(backup.parent)
        return await restore.restore(directory, backup.name, there, lambda *_: None)
    finally:
        os.close(lock)


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("target", ["data", "new"])
async def test_users_have_again_what_they_had(tmp_path: Path, backup: Path, target: str) -> None:
    async with serving(tmp_path / "data") as hub:
        ann = {"user": "ann"}
        gone = await hub.client.delete("/api/plugins/Clock", params=ann, headers=hub.operator)
        assert gone.status == 200
        await hub.publish(bundles.bundle(version="3.0.0"))
    done = await bring_back(backup, tmp_path / target)
    assert (done.releases, done.missing) == (2, [])
    async with serving(tmp_path / target) as hub:
        url = "/api/plugins/installed"
        found = await (await hub.client.get(url, params=ann, headers=hub.operator)).json()
        assert [(it["slug"], it["version"]) for it in found["installations"]] == [
            ("Clock", "1.0.0")
        ]
        found = await (await hub.client.get("/api/plugins/Clock", headers=hub.operator)).json()
        assert [it["version"] for it in found["releases"]] == ["2.0.0", "1.0.0"]
        url = "/api/plugins/system/verify"
        found = await (await hub.client.post(url, headers=hub.operator)).json()
        assert (found["releases"], found["faults"]) == (2, [])


async def test_addresses_of_files_stay_valid_and_sign_ins_do_not(
    tmp_path: Path, backup: Path
) -> None:
    async with serving(tmp_path / "data") as hub:
        async with hub.database.snapshot() as connection:
            ann = await users.get(connection, "ann")
        headers = await hub.sign_in(ann)
        entry = (await hub.designer(headers))["Clock"]
    await bring_back(backup, tmp_path / "data")
    async with serving(tmp_path / "data") as hub:
        answer = await hub.load(entry)
        assert (answer.status, await answer.read()) == (200, bundles.files()[bundles.ENTRY])
        answer = await hub.client.get("/api/v1/plugins/manifest/designer", headers=headers)
        assert answer.status == 401


async def test_what_was_there_is_kept_aside(tmp_path: Path, backup: Path) -> None:
    data = tmp_path / "data"
    before = content(data)
    done = await bring_back(backup, data)
    assert done.replaced is not None
    kept = content(done.replaced)
    assert kept
    assert kept.items() <= before.items()
    assert before.keys() - kept.keys() == {".lock", "ballast"}


async def test_nothing_is_kept_of_an_empty_directory(tmp_path: Path, backup: Path) -> None:
    assert (await bring_back(backup, tmp_path / "new")).replaced is None


def flip(file: Path) -> None:
    file.chmod(0o600)
    raw = file.read_bytes()
    file.write_bytes(raw[:50] + bytes([raw[50] ^ 1]) + raw[51:])


def damage_the_database(backup: Path) -> str:
    flip(backup / "pluginhub.db")
    return "pluginhub.db is damaged"


def lose_the_database(backup: Path) -> str:
    (backup / "pluginhub.db").unlink()
    return "the file pluginhub.db is missing"


def damage_a_file(backup: Path) -> str:
    flip(next((backup.parent / "releases").rglob("pluginhub.json")))
    return "in the backup: .*pluginhub.json"


def lose_a_release(backup: Path) -> str:
    for release in (backup.parent / "releases").iterdir():
        release.rename(backup.parent / f"away-{release.name}")
    return "Clock@1.0.0 in the backup: "


def lose_the_key(backup: Path) -> str:
    (backup / "capability.key").unlink()
    return "the file capability.key is missing"


def make_it_newer(backup: Path) -> str:
    other = sqlite3.connect(backup / "pluginhub.db")
    other.execute("PRAGMA user_version = 9999")
    other.commit()
    other.close()
    again(backup)
    return "install the newer pluginhub"


def make_it_foreign(backup: Path) -> str:
    (backup / "pluginhub.db").unlink()
    other = sqlite3.connect(backup / "pluginhub.db")
    other.execute("CREATE TABLE photos (x)")
    other.commit()
    other.close()
    again(backup)
    return "not of pluginhub"


def again(backup: Path) -> None:
    """Write the digest of the database anew, as somebody would who made it."""
    note = backup / "backup.json"
    said = json.loads(note.read_bytes())
    digest = hashlib.sha256((backup / "pluginhub.db").read_bytes()).hexdigest()
    note.chmod(0o600)
    note.write_text(json.dumps({**said, "database": digest}))


@pytest.mark.parametrize(
    "damage",
    [
        damage_the_database,
        lose_the_database,
        damage_a_file,
        lose_a_release,
        lose_the_key,
        make_it_newer,
        make_it_foreign,
    ],
)
async def test_a_backup_that_is_not_whole_changes_nothing(
    tmp_path: Path, backup: Path, damage: Callable[[Path], str]
) -> None:
    told = damage(backup)
    before = content(tmp_path / "data")
    with pytest.raises(BadBackupError, match=told):
        await bring_back(backup, tmp_path / "data")
    assert content(tmp_path / "data") == before
    with pytest.raises(BadBackupError, match=told):
        await restore.verify(BackupDirectory(backup.parent), backup.name, tmp_path, lambda *_: None)


async def test_a_whole_backup_is_said_to_be_whole(tmp_path: Path, backup: Path) -> None:
    directory, told = BackupDirectory(backup.parent), list[tuple[int, int]]()

    def progress(done: int, total: int) -> None:
        told.append((done, total))

    assert await restore.verify(directory, backup.name, tmp_path, progress) == 2
    assert told == [(1, 2), (2, 2)]


async def test_what_a_backup_lacks_is_named_and_can_be_published_again(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as hub:
        await hub.publish(bundles.bundle())
        (hub.data / "shared/Clock/v1.0.0" / bundles.ENTRY).unlink()
        made = await hub.app[keys.BACKUPS].make(lambda *_: None, tmp_path / "backups")
    done = await bring_back(made.path, tmp_path / "new")
    assert done.missing == ["Clock@1.0.0"]
    async with serving(tmp_path / "new") as hub:
        await hub.publish(bundles.bundle())
        url = "/api/plugins/system/verify"
        found = await (await hub.client.post(url, headers=hub.operator)).json()
        assert (found["releases"], found["faults"]) == (1, [])


async def test_an_unfinished_restore_is_finished_by_the_next_start(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: DataDirectory) -> None:
        raise CrashError

    monkeypatch.setattr("pluginhub.storage.replacement.finish", crash)
    with pytest.raises(CrashError):
        await bring_back(backup, tmp_path / "new")
    monkeypatch.undo()
    async with serving(tmp_path / "new") as hub:
        found = await (await hub.client.get("/api/plugins", headers=hub.operator)).json()
        assert [it["slug"] for it in found["plugins"]] == ["Clock"]
