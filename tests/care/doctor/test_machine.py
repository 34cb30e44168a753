import asyncio
import importlib.util
import resource
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pluginhub.care.doctor.case import Case
from pluginhub.care.doctor.machine import examine
from pluginhub.database.checkup import Checkup
from pluginhub.managers import sandbox, seccomp
from pluginhub.storage import file_system
from tests.care.doctor.cases import case, with_settings
from tests.conftest import Hub

ROWS = Checkup(1, 1, {}, [], [], hooked=0, with_extra=0, failed_jobs=0, last_sweep=None)


async def codes(case: Case, rows: Checkup) -> dict[str, str]:
    """Return the causes of what is found, by code."""
    return {it.code: it.cause for it in await asyncio.to_thread(examine, case, rows)}


def disk(total: int, free: int) -> Callable[[Any], Any]:
    return lambda _path: shutil._ntuple_diskusage(total, total - free, free)


@pytest.mark.parametrize(
    ("free", "reserve", "code"), [(50, 51, "disk-full"), (50, 0, "disk-low"), (500, 400, None)]
)
async def test_a_disk_that_gets_full_is_told_before_and_after(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, free: int, reserve: int, code: str | None
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", disk(1000, free))
    found = await codes(with_settings(hub, "storage", disk_reserve=reserve), ROWS)
    assert [it for it in found if it.startswith("disk-")] == ([code] if code else [])
    assert not code or str(free) in found[code]


async def test_a_network_disk_is_named(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_system, "network_type", lambda _path: "nfs4")
    assert "(nfs4)" in (await codes(case(hub), ROWS))["network-disk"]


async def test_a_clock_that_jumped_back_is_told(hub: Hub) -> None:
    now = hub.database.now()
    for ahead, is_found in [(60, False), (7200, True)]:
        found = await codes(case(hub), replace(ROWS, last_sweep=now + ahead))
        assert ("clock-back" in found) is is_found


async def test_what_others_may_read_is_named(hub: Hub, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x" * 40)
    secret.chmod(0o640)
    settings = with_settings(hub, "auth", jwt_secret_file=str(secret))
    assert not {"modes-open", "secret-readable"} & (await codes(settings, ROWS)).keys()
    secret.chmod(0o644)
    (hub.data / "capability.key").chmod(0o644)
    found = await codes(settings, ROWS)
    assert str(secret) in found["secret-readable"]
    assert "capability.key" in found["modes-open"]


async def test_too_few_open_files_are_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, is_found in [(2499, True), (2500, False), (resource.RLIM_INFINITY, False)]:
        monkeypatch.setattr(resource, "getrlimit", lambda _kind, limit=limit: (64, limit))
        assert ("open-files" in (await codes(case(hub), ROWS))) is is_found


async def test_hooks_without_a_sandbox_are_told_where_there_are_hooks(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "landlock_version", lambda: 0)
    monkeypatch.setattr(seccomp, "is_there", lambda: False)
    assert "sandbox-missing" not in (await codes(case(hub), ROWS))
    found = await codes(case(hub), replace(ROWS, hooked=3))
    assert "no Landlock and no system call filter" in found["sandbox-missing"]
    assert "3 releases" in found["sandbox-missing"]


async def test_a_missing_extra_is_told_where_it_is_needed(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = replace(ROWS, with_extra=2)
    assert "extra-missing" not in (await codes(case(hub), needed))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert "2 releases" in (await codes(case(hub), needed))["extra-missing"]
    assert "extra-missing" not in (await codes(case(hub), ROWS))
