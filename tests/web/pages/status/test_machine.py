import platform
import sqlite3

from pluginhub.config import Backup
from pluginhub.web import keys
from pluginhub.web.pages.status import machine
from tests.conftest import Hub
from tests.web.pages.visiting import Visitor


async def test_it_tells_of_disk_memory_and_versions(hub: Hub) -> None:
    found = await machine.look(hub.app)
    assert (found.python, found.sqlite) == (platform.python_version(), sqlite3.sqlite_version)
    assert 0 < found.disk_free < found.disk_total
    assert 0 < found.disk_used < 100
    assert found.memory > 10_000_000


async def test_backups_are_those_that_were_made_and_will_be(hub: Hub, admin: Visitor) -> None:
    backups = hub.app[keys.BACKUPS]
    times = (await machine.look(hub.app)).backups
    assert (times.last_at, times.next_at) == (None, None)
    await admin.post("/status/backup")
    backups.change(Backup(interval=3600))
    times = (await machine.look(hub.app)).backups
    assert times.last_at
    assert times.next_at == times.last_at + 3600
    assert times.directory == str(hub.data / "backups")


async def test_a_backup_that_cannot_be_read_is_told(hub: Hub, admin: Visitor) -> None:
    place = hub.data / "backups" / "20260101T000000Z"
    place.mkdir(parents=True)
    (place / "backup.json").write_text("{")
    assert "cannot be read" in (await admin.open("/status")).text


async def test_a_place_for_backups_that_cannot_be_is_told(hub: Hub, admin: Visitor) -> None:
    hub.app[keys.BACKUPS].change(Backup(directory=str(hub.data / "shared")))
    page = await admin.open("/status")
    assert (page.status, "is a part of the data directory" in page.text) == (200, True)
