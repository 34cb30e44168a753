"""Whatever is not as it should be is found, and what can be repaired is."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pluginhub.care.verify import Fault, Verifier
from pluginhub.storage import tree
from pluginhub.storage.backup_directory import BackupDirectory
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.web import keys
from tests import bundles
from tests.conftest import Hub

Break = Callable[[Path], object]


def verifier(hub: Hub) -> Verifier:
    data = DataDirectory.at(hub.data)
    return Verifier(hub.database, hub.storage, data, BackupDirectory(data.backups))


async def faults(hub: Hub, *, repair: bool = False) -> list[Fault]:
    return (await verifier(hub).verify(lambda *_: None, repair=repair)).faults


def replace_a_byte(release: Path) -> None:
    file = release / bundles.ENTRY
    file.chmod(0o644)
    file.write_bytes(b"x" + file.read_bytes()[1:])


def cut(release: Path) -> None:
    file = release / bundles.ENTRY
    file.chmod(0o644)
    file.write_bytes(b"x")


def remove(release: Path) -> None:
    (release / bundles.ENTRY).unlink()


def put_a_link(release: Path) -> None:
    remove(release)
    (release / bundles.ENTRY).symlink_to("/etc/passwd")


def make_a_folder(release: Path) -> None:
    remove(release)
    (release / bundles.ENTRY).mkdir()


def add(release: Path) -> None:
    (release / "dist/more.js").write_bytes(b"x")


def add_a_link(release: Path) -> None:
    (release / "dist/more").symlink_to("/etc")


async def test_what_is_as_it_was_published_has_no_fault(hub: Hub) -> None:
    for version in ("1.0.0", "2.0.0"):
        await hub.publish(bundles.bundle(version=version))
    told: list[tuple[int, int]] = []
    found = await verifier(hub).verify(progress=lambda done, of: told.append((done, of)))
    assert found.faults == []
    assert (found.releases, found.files) == (2, 2 * len(bundles.files()))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (replace_a_byte, "damaged-file"),
        (cut, "damaged-file"),
        (remove, "missing-file"),
        (put_a_link, "missing-file"),
        (make_a_folder, "damaged-file"),
        (add, "extra-file"),
        (add_a_link, "extra-file"),
    ],
)
async def test_a_release_that_is_not_as_published_is_quarantined(
    hub: Hub, damage: Break, code: str
) -> None:
    await hub.publish(bundles.bundle())
    release = hub.data / "shared/Clock/v1.0.0"
    damage(release)
    found = await faults(hub)
    assert code in {fault.code for fault in found}
    assert {fault.repair for fault in found} == {None}
    assert all(fault.place.startswith("shared/Clock/v1.0.0/dist/") for fault in found)
    assert release.is_dir()
    assert None not in {fault.repair for fault in await faults(hub, repair=True)}
    assert not release.exists()
    [moved] = (hub.data / "quarantine").iterdir()
    assert moved.name.startswith("Clock-v1.0.0-")
    await hub.publish(bundles.bundle())
    assert await faults(hub) == []


async def test_a_release_without_files_is_named_with_what_to_do(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    (hub.data / "shared/Clock/v1.0.0").rename(hub.data / "away")
    for repair in (False, True):
        [found] = await faults(hub, repair=repair)
        assert (found.code, found.repair) == ("missing-release", None)
        assert "publish the same bundle again" in found.detail


async def test_a_power_cut_does_not_undo_a_repair(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.publish(bundles.bundle())
    replace_a_byte(hub.data / "shared/Clock/v1.0.0")
    synced: list[Path] = []
    monkeypatch.setattr(tree, "sync_directory", synced.append)
    await faults(hub, repair=True)
    assert synced == [hub.data, hub.data / "quarantine", hub.data / "shared/Clock"]


async def test_files_without_a_row_are_strays(hub: Hub) -> None:
    stray = hub.data / "shared/Clock/v9.0.0"
    stray.mkdir(parents=True)
    assert [it.code for it in await faults(hub)] == ["stray"]
    assert [it.repair is None for it in await faults(hub, repair=True)] == [False]
    assert not stray.exists()
    assert await faults(hub) == []


async def test_modes_that_let_others_in_are_tightened(hub: Hub) -> None:
    hub.data.chmod(0o755)
    (hub.data / "pluginhub.db").chmod(0o644)
    assert {it.code for it in await faults(hub)} == {"loose-mode"}
    assert len(await faults(hub, repair=True)) == 2
    assert await faults(hub) == []
    assert hub.data.stat().st_mode & 0o777 == 0o700


async def test_rows_that_refer_to_nothing_are_counted(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    other = sqlite3.connect(hub.data / "pluginhub.db")  # which does not look at references
    other.execute("DELETE FROM plugins")
    other.commit()
    other.close()
    assert ("foreign-key", "releases") in {(it.code, it.place) for it in await faults(hub)}


async def test_frontends_do_not_see_what_was_quarantined(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    headers = await hub.sign_in(await hub.add_user("ann"))
    await hub.install("Clock", headers)
    assert list(await hub.designer(headers)) == ["Clock"]
    replace_a_byte(hub.data / "shared/Clock/v1.0.0")
    url = "/api/plugins/system/verify?repair=true"
    async with hub.client.post(url, headers=hub.operator) as answer:
        assert [it["code"] for it in (await answer.json())["faults"]] == ["damaged-file"]
    assert await hub.designer(headers) == {}


@pytest.mark.parametrize("lost", [False, True])
async def test_a_release_that_a_backup_has_is_put_back(hub: Hub, *, lost: bool) -> None:
    await hub.publish(bundles.bundle())
    await hub.app[keys.BACKUPS].make(lambda *_: None)
    release = hub.data / "shared/Clock/v1.0.0"
    if lost:
        release.rename(hub.data / "away")
    else:
        replace_a_byte(release)
    [found] = await faults(hub, repair=True)
    assert (found.repair or "").endswith("a backup had it, and it is back")
    assert await faults(hub) == []
    assert (release / bundles.ENTRY).read_bytes() == bundles.files()[bundles.ENTRY]


async def test_a_backup_that_is_damaged_as_well_puts_nothing_back(hub: Hub) -> None:
    published = (await hub.publish(bundles.bundle())).release
    await hub.app[keys.BACKUPS].make(lambda *_: None)
    replace_a_byte(hub.data / "shared/Clock/v1.0.0")
    replace_a_byte(hub.data / f"backups/releases/{published.digest}")
    [found] = await faults(hub, repair=True)
    assert (found.repair or "").endswith("publish the same bundle again")
    assert [it.code for it in await faults(hub)] == ["missing-release"]
