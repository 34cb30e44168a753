"""A sweep removes what may go, whatever the clock does."""

from pathlib import Path

from pluginhub.care.cleanup import Cleanup
from pluginhub.care.leftovers import Leftovers
from pluginhub.config import Cleanup as Settings
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.encodings import Encodings
from tests import bundles
from tests.conftest import Hub
from tests.database.test_expired import fill

HOUR, DAY = 3600, 24 * 3600
YEAR = 365 * DAY


class Sweeps:
    """Cleanup of a hub whose clock a test sets."""

    def __init__(self, hub: Hub, days: int = 30) -> None:
        self.now = hub.database.now()
        hub.database._clock = lambda: self.now
        encodings = Encodings(DataDirectory.at(hub.data))
        self.cleanup = Cleanup(
            hub.database,
            hub.storage,
            Leftovers(hub.database, hub.storage, encodings, DAY),
            lambda *_: False,
            settings=Settings(version_retention_days=days),
            grace=DAY,
        )

    async def after(self, seconds: int) -> list[str]:
        """Let time pass, sweep, and return what went."""
        self.now += seconds
        return [it.version for it in (await self.cleanup.sweep()).releases]

    async def hours(self, number: int) -> list[str]:
        """Sweep every hour."""
        return [version for _ in range(number) for version in await self.after(HOUR)]


async def publish(hub: Hub) -> None:
    for version in ("1.0.0", "1.1.0", "2.0.0"):
        await hub.publish(bundles.bundle(version=version))


def there(hub: Hub) -> list[str]:
    folder: Path = hub.data / "shared/Clock"
    return sorted(path.name for path in folder.iterdir())


async def uninstall(hub: Hub) -> None:
    answer = await hub.client.delete("/api/plugins/Clock?user=ann", headers=hub.operator)
    assert answer.status == 200


async def test_a_release_goes_after_its_retention_and_the_newest_stays(hub: Hub) -> None:
    await publish(hub)
    sweeps = Sweeps(hub)
    assert await sweeps.hours(30 * 24) == []
    assert await sweeps.hours(1) == ["1.0.0", "1.1.0"]
    assert there(hub) == ["v2.0.0"]
    assert await sweeps.hours(24) == []
    assert sweeps.cleanup.last is not None
    assert sweeps.cleanup.failures == 0


async def test_a_release_that_somebody_has_or_can_go_back_to_stays(hub: Hub) -> None:
    await publish(hub)
    sweeps = Sweeps(hub, days=0)
    ann = await hub.sign_in(await hub.add_user("ann"))
    await hub.install("Clock", ann, "1.0.0")
    await hub.client.put("/api/plugins/Clock/update", json={"version": "1.1.0"}, headers=ann)
    assert await sweeps.hours(100) == []
    await uninstall(hub)
    assert await sweeps.hours(1) == ["1.0.0", "1.1.0"]


async def test_a_release_that_gets_a_user_again_begins_anew(hub: Hub) -> None:
    await publish(hub)
    sweeps = Sweeps(hub, days=2)
    assert await sweeps.hours(47) == []
    ann = await hub.sign_in(await hub.add_user("ann"))
    await hub.install("Clock", ann, "1.0.0")
    assert await sweeps.hours(3) == ["1.1.0"]
    await uninstall(hub)
    assert await sweeps.hours(47) == []
    assert await sweeps.hours(2) == ["1.0.0"]


async def test_a_clock_that_jumps_makes_nothing_old(hub: Hub) -> None:
    await publish(hub)
    sweeps = Sweeps(hub)
    await sweeps.hours(1)
    assert await sweeps.after(10 * YEAR) == []
    assert await sweeps.after(300) == []
    assert await sweeps.after(-20 * YEAR) == []
    assert await sweeps.after(300) == []
    assert await sweeps.after(10 * YEAR) == []
    assert len(there(hub)) == 3
    assert await sweeps.hours(30 * 24 + 2) == ["1.0.0", "1.1.0"]


async def test_tokens_survive_a_clock_that_jumps(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    sweeps = Sweeps(hub)
    await sweeps.after(0)
    await sweeps.after(10 * YEAR)
    sweeps.now -= 10 * YEAR
    assert await hub.designer(ann) == {}


async def test_a_preview_says_what_a_sweep_removes_and_removes_nothing(hub: Hub) -> None:
    await publish(hub)
    sweeps = Sweeps(hub, days=0)
    async with hub.database.transaction() as tx:
        await tx.execute("UPDATE releases SET keep = 1 WHERE version = '1.1.0'")
    preview = await sweeps.cleanup.preview()
    assert [it.version for it in preview.releases] == ["1.0.0"]
    assert (await sweeps.cleanup.preview()).releases == preview.releases
    report = await sweeps.cleanup.sweep()
    assert (report.releases, report.kept) == (preview.releases, preview.kept)
    assert [(it.version, it.reason) for it in report.kept] == [
        ("1.1.0", "it is marked to be kept"),
        ("2.0.0", "it is the highest version of its plugin"),
    ]
    assert report.size == preview.releases[0].size > 0


async def test_rows_that_have_run_out_are_counted_and_removed(hub: Hub) -> None:
    await fill(hub.database, await hub.add_user("ann"))
    sweeps = Sweeps(hub)
    counted = (await sweeps.cleanup.preview()).rows
    assert sum(counted.values()) == 5
    assert (await sweeps.cleanup.sweep()).rows == counted
    assert sum((await sweeps.cleanup.sweep()).rows.values()) == 0


async def test_the_write_ahead_log_is_empty_afterwards(hub: Hub) -> None:
    await publish(hub)
    log = hub.data / "pluginhub.db-wal"
    assert log.stat().st_size > 0
    await Sweeps(hub).after(0)
    assert log.stat().st_size == 0


async def test_a_sweep_ends_early_when_the_server_stops(hub: Hub) -> None:
    await publish(hub)
    sweeps = Sweeps(hub, days=0)
    sweeps.cleanup.stop()
    assert await sweeps.after(0) == []
    assert len(there(hub)) == 3
