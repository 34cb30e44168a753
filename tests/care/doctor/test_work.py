import time

import pytest

from pluginhub.care.working import Work
from pluginhub.config import Backup
from pluginhub.database import check
from pluginhub.database.check import LastLook
from pluginhub.web import keys
from tests.care.doctor.cases import case, causes
from tests.conftest import Hub, hooked, settings
from tests.web.api.calling import refusal, user
from tests.web.conftest import serving

DAY = 24 * 3600


async def test_safe_mode_and_damage_are_errors(hub: Hub) -> None:
    found = await causes(case(hub, safe_mode=True, last_look=LastLook("page 3 is lost")))
    assert "safe-mode" in found
    assert found["database-damaged"].endswith("page 3 is lost")


async def test_what_the_last_look_found_is_known(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pluginhub.upkeep._LOOKS", 0)

    async def fault_of(_path: object) -> str:
        return "page 7 is lost"

    monkeypatch.setattr(check, "fault_of", fault_of)
    async with serving(settings(hub.data.parent / "other")) as other:
        await other.client.get("/healthz")
        assert "page 7" in (await causes(case(other)))["database-damaged"]


async def test_sweeps_that_fail_are_counted_until_one_does_not(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleanup = hub.app[keys.CLEANUP]

    async def fails() -> None:
        raise OSError("the disk fails")

    with monkeypatch.context() as patch:
        patch.setattr(cleanup._leftovers, "remove", fails)
        for _ in range(2):
            with pytest.raises(OSError, match="the disk fails"):
                await cleanup.sweep()
    assert (await causes(case(hub)))["cleanup-failing"].startswith("the last 2 sweeps")
    assert (cleanup.totals.runs, cleanup.totals.failures) == (2, 2)
    await cleanup.sweep()
    assert "cleanup-failing" not in await causes(case(hub))


async def test_a_sweep_that_goes_on_did_not_fail(hub: Hub) -> None:
    cleanup = hub.app[keys.CLEANUP]
    cleanup.failures = 1
    async with cleanup.held():
        assert "cleanup-failing" not in await causes(case(hub))
    assert "cleanup-failing" in await causes(case(hub))


async def test_a_sweep_that_does_not_come_is_late_where_sweeps_are_made(hub: Hub) -> None:
    cleanup = hub.app[keys.CLEANUP]
    assert "cleanup-late" not in await causes(case(hub))
    async with cleanup.held():  # so that none comes
        cleanup._began = time.monotonic() - cleanup._settings.interval - 700
        assert "70" in (await causes(case(hub)))["cleanup-late"]
        assert "cleanup-late" not in await causes(case(hub, works=False))
        cleanup._began = time.monotonic()


async def test_hooks_that_rest_for_everybody_are_named(hub: Hub) -> None:
    await hub.publish(hooked("def on_install(self, context): raise ValueError"))
    for name in ("ann", "ben", "cleo"):
        assert "hooks-rest" not in await causes(case(hub))
        headers = await user(hub, name)
        assert (await refusal(hub, "POST", "Clock/install", headers, {}))[0] == 502
    assert (await causes(case(hub)))["hooks-rest"].endswith(": Clock 1.0.0")


async def test_backups_are_late_only_where_some_are_wanted(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    backups = hub.app[keys.BACKUPS]
    made = await backups.make(Work("backup").report)
    assert not [code for code in await causes(case(hub)) if code.startswith("backup")]
    now = time.time() + 2 * DAY + 60
    monkeypatch.setattr(hub.database, "_clock", lambda: now)
    assert "backup-late" not in await causes(case(hub))
    backups.change(Backup(interval=DAY))
    assert f"backup.interval is {DAY}" in (await causes(case(hub)))["backup-late"]
    backups.change(Backup())
    (made.path / "backup.json").write_text("{}")
    assert "backup.json" in (await causes(case(hub)))["backup-unreadable"]
