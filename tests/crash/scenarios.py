"""What is interrupted: each scenario is prepared once, and its steps are taken at every point.

A new one is a line in ``SCENARIOS``: what comes before, and the steps.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pluginhub.care import restore
from pluginhub.cli.client import RefusedError
from pluginhub.storage import backup_directory, replacement
from pluginhub.storage.data_directory import DataDirectory
from tests import bundles
from tests.crash.world import Step, World

_DAY = 24 * 3600


def _nothing(_root: Path) -> None:
    pass


@dataclass(frozen=True)
class Scenario:
    """Something that a crash may come into.

    Attributes:
        steps: What is done; each is acknowledged when it returns.
        before: Steps that lead there, without faults; if there are none, there is no data
            directory yet.
        left: Changes files after those steps, when nothing runs.
        killed: The process that took the steps before was killed.
        whole: The start and the stop of the server belong to what is interrupted.
        piecemeal: A step is many changes, each for itself old or new.
        later: A step that is refused may be done by the next start, as it then says.
        once: A step that was done before the crash is not taken again.
        untidy: A release may leave a stray behind, which a sweep removes when it is old.
        every: Only every so many changes are interrupted, where there are many of a kind.
    """

    steps: tuple[Step, ...]
    before: tuple[Step, ...] = ()
    left: Callable[[Path], None] = _nothing
    killed: bool = False
    whole: bool = False
    piecemeal: bool = False
    later: bool = False
    once: bool = False
    untidy: bool = False
    every: int = 1


def _ask(method: str, path: str, **body: Any) -> Step:
    async def step(world: World) -> None:
        await world.ask(method, f"/api/{path}", json=body)

    return step


def _publish(slug: str = "Clock", version: str = "1.0.0", **more: Any) -> Step:
    content = bundles.bundle(slug, version, **more)

    async def step(world: World) -> None:
        await world.ask("POST", "/api/plugins", data=content)

    return step


def _develop(version: str) -> Step:
    content = bundles.bundle(version=version)

    async def step(world: World) -> None:
        await world.ask("POST", "/api/development?user=ann", data=content)

    return step


async def _stop_and_start(world: World) -> None:
    async with world.stopped():
        pass


async def _promise(world: World) -> None:
    """Have a bundle published by a job."""
    later = {"Prefer": "respond-async"}
    await world.ask("POST", "/api/plugins", data=bundles.bundle(), headers=later)


async def _await_jobs(world: World) -> None:
    for job in await world.ended_jobs():
        if job["state"] == "failed":
            await world.ask("POST", f"/api/plugins/jobs/{job['id']}/retry", json={})
    for job in await world.ended_jobs():
        if job["error"]:
            raise RefusedError({"no-space": 507}.get(job["error"]["code"], 500), job["error"])


async def _restore(world: World) -> None:
    """Restore the newest backup, as the command does where no server runs."""
    async with world.stopped():
        data = DataDirectory.at(world.data)
        lock = data.lock()
        try:
            replacement.finish(data)
            directory, name = backup_directory.found_at(data.backups)
            await restore.restore(directory, name, data, lambda _done, _all: None)
        finally:
            os.close(lock)


def _nobody_has_it(root: Path) -> None:
    """Leave something of all that a sweep removes."""
    _stray(root)
    with sqlite3.connect(root / "data/pluginhub.db") as connection:
        connection.execute(
            "INSERT INTO tokens (hash, user_id, kind, session, created_at, expires_at)"
            " SELECT ?, id, 'access', 's', 1, ? FROM users",
            ("0" * 64, int(time.time()) - 2 * _DAY),
        )
    connection.close()


def _stray(root: Path) -> None:
    _write(root / "data/shared/Stray/v1.0.0/dist/remoteEntry.js")


def _damage(root: Path) -> None:
    file = root / "data/shared/Clock/v1.0.0" / bundles.ENTRY
    file.chmod(0o644)
    file.write_bytes(b"other bytes")
    file.chmod(0o444)


def _in_the_way(root: Path) -> None:
    """Leave a directory where a release will be."""
    _write(root / "data/shared/Clock/v1.0.0/dist/other.js")


def _of_a_crash(root: Path) -> None:
    """Leave a bundle that was unpacked, a release that was removed, one without a row, no key."""
    _write(root / "data/staging/0123/tree/dist/remoteEntry.js")
    _write(root / "data/trash/4567/dist/deep/remoteEntry.js")
    _stray(root)
    (root / "data/capability.key").unlink()


def _write(file: Path) -> None:
    file.parent.mkdir(mode=0o755, parents=True)
    file.write_bytes(b"left")
    file.chmod(0o444)


_ANN = _ask("POST", "users", name="ann")
_INSTALL = _ask("POST", "plugins/Clock/install?user=ann", version="1.0.0")
_WITH_CLOCK = (_ANN, _publish(), _publish(version="2.0.0"))
_INSTALLED = (*_WITH_CLOCK, _INSTALL)
_BACKUP = _ask("POST", "plugins/system/backup")

SCENARIOS = {
    "the first start": Scenario((_publish(),), whole=True, every=5),
    "a start after a crash": Scenario(
        (_await_jobs,),
        (*_INSTALLED, _promise),
        left=_of_a_crash,
        killed=True,
        whole=True,
        every=3,
    ),
    "publish": Scenario((_publish(), _publish(version="2.0.0")), (_ANN,), every=2),
    "publish where a stray lies": Scenario((_publish(),), (_ANN,), left=_in_the_way, every=2),
    "publish by a job": Scenario((_promise, _await_jobs), (_ANN,), every=3),
    "install": Scenario((_INSTALL,), _WITH_CLOCK),
    "install with a dependency": Scenario(
        (_ask("POST", "plugins/Wall/install?user=ann"),),
        (*_WITH_CLOCK, _publish("Wall", dependencies={"Clock": "^1"})),
    ),
    "update": Scenario((_ask("PUT", "plugins/Clock/update?user=ann"),), _INSTALLED),
    "roll back": Scenario(
        (_ask("POST", "plugins/Clock/rollback?user=ann"),),
        (*_INSTALLED, _ask("PUT", "plugins/Clock/update?user=ann")),
        once=True,
    ),
    "switch and configure": Scenario(
        (
            _ask("POST", "plugins/Clock/disable?user=ann"),
            _ask("PUT", "plugins/Clock/config?user=ann", config={"place": "Hamburg"}),
            _ask("POST", "plugins/Clock/enable?user=ann"),
        ),
        _INSTALLED,
    ),
    "uninstall": Scenario((_ask("DELETE", "plugins/Clock?user=ann"),), _INSTALLED),
    "end a development": Scenario(
        (_ask("DELETE", "development/Clock?user=ann"),),
        (*_INSTALLED, _develop("2.1.0")),
        piecemeal=True,
        untidy=True,
    ),
    "sweep": Scenario(
        (_ask("POST", "plugins/system/cleanup"),),
        (*_WITH_CLOCK, _publish(version="3.0.0"), _publish("Wall"), _publish("Lamp")),
        left=_nobody_has_it,
        piecemeal=True,
        every=2,
    ),
    "verify and repair": Scenario(
        (_ask("POST", "plugins/system/verify?repair=true"), _publish()),
        _INSTALLED,
        left=_damage,
        piecemeal=True,  # files that are put back need no row
    ),
    "back up": Scenario((_BACKUP, _publish("Wall"), _BACKUP), _INSTALLED, every=6),
    "restore": Scenario(
        (_restore,),
        (*_INSTALLED, _BACKUP, _ask("DELETE", "plugins/Clock?user=ann")),
        later=True,
    ),
    "add a user": Scenario((_ANN,), (_publish(),)),
    "stop and start": Scenario((_INSTALL, _stop_and_start), _WITH_CLOCK),
}
