"""Scenarios that never fail show nothing: what they rely on is taken away, and they have to fail.

A fault is planted by changing the source of one function while it runs.
"""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pluginhub.care import unused
from pluginhub.care.leftovers import Leftovers
from pluginhub.database import installations
from pluginhub.database.connection import Database
from pluginhub.database.remembered import Remembered
from pluginhub.lifecycle import discard, perform, publish, yank
from pluginhub.lifecycle.resources import Resources
from pluginhub.managers.registry import Registry
from pluginhub.storage.shared import SharedStorage
from tests.races import having, lending, publishing, serving, sweeping, world, writing
from tests.races.world import Scenario

_SEEDS = range(500)


@dataclass(frozen=True)
class Fault:
    """What is taken away, and how that shows.

    Attributes:
        function: In which it is.
        old: Stands in its source, once.
        new: Takes its place.
        scenario: Finds it.
        shows: What the failure says, as a regular expression.
    """

    what: str
    function: Callable[..., Any]
    old: str
    new: str
    scenario: Scenario
    shows: str

    def plant(self, patch: pytest.MonkeyPatch) -> None:
        function = inspect.unwrap(self.function)
        source = textwrap.dedent(inspect.getsource(function))
        assert source.count(self.old) == 1
        names = dict(function.__globals__)
        exec(source.replace(self.old, self.new), names)  # noqa: S102 - it is ours
        patch.setattr(function, "__code__", inspect.unwrap(names[function.__name__]).__code__)


_NOT_ALONE = "within a transaction"
_MISSED = "assert "

FAULTS = [
    Fault(
        "the lock of those who write",
        Database.transaction,
        "async with self._writing:",
        "if True:",
        writing.write_and_read_pairs,
        _NOT_ALONE,
    ),
    Fault(
        "the lock of those who read",
        Database.snapshot,
        "async with self._reading:",
        "if True:",
        writing.write_and_read_pairs,
        _MISSED,
    ),
    Fault(
        "that no cancellation cuts a commit short",
        Database.transaction,
        "finish(self._commit())",
        "self._commit()",
        serving.disable_and_serve,
        _MISSED,
    ),
    Fault(
        "that a change is told after its commit, not before",
        Database._commit,
        "await self._writer.commit()\n    self.changes.committed()",
        "self.changes.committed()\n    await self._writer.commit()",
        serving.disable_and_serve,
        _MISSED,
    ),
    Fault(
        "the look whether something changed while it was read",
        Remembered.keep,
        "since != self._changes.number or ",
        "",
        serving.disable_and_serve,
        _MISSED,
    ),
    *(
        Fault(
            f"that a sweep decides again ({scenario.__name__})",
            unused.remove,
            "not await _may_go(tx, release, retention_days, in_memory)",
            "False",
            scenario,
            _MISSED,
        )
        for scenario in (
            sweeping.install_and_sweep,
            sweeping.keep_and_sweep,
            sweeping.withdraw_and_sweep,
            sweeping.lease_and_sweep,
            sweeping.publish_and_sweep,
        )
    ),
    Fault(
        "that the retention of what is published again begins anew",
        publish._record,
        "await unused_releases.begin_anew(tx, release.id)",
        "",
        sweeping.publish_and_sweep,
        _MISSED,
    ),
    Fault(
        "that the retention of what somebody had begins anew",
        installations.add,
        "await unused_releases.begin_anew(tx, installation.release.id)",
        "",
        sweeping.install_and_sweep,
        _MISSED,
    ),
    Fault(
        "the second look of a sweep, before files go",
        discard.files_of,
        "if not await releases.find(tx, slug, version):",
        "if True:",
        sweeping.publish_and_sweep,
        _MISSED,
    ),
    Fault(
        "the write lock while a sweep removes files",
        discard.files_of,
        "transaction() as tx:\n        # Under",
        "snapshot() as tx:\n        # Under",
        sweeping.publish_and_sweep,
        _MISSED,
    ),
    Fault(
        "the second look of who takes a release back, before files go",
        discard.files_of,
        "if not await releases.find(tx, slug, version):",
        "if True:",
        publishing.withdraw_and_publish,
        _MISSED,
    ),
    Fault(
        "the write lock while files go that were taken back",
        discard.files_of,
        "transaction() as tx:\n        # Under",
        "snapshot() as tx:\n        # Under",
        publishing.withdraw_and_publish,
        _MISSED,
    ),
    Fault(
        "the look for installations when a release is taken back",
        yank.withdraw,
        " or await installations.refers_to(tx, release.id)",
        "",
        publishing.withdraw_and_publish,
        _MISSED,
    ),
    Fault(
        "the second look before a stray goes",
        Leftovers._discard,
        "if stray in (await asyncio.to_thread(self._compare, known)).strays:",
        "if True:",
        sweeping.publish_over_a_stray_and_clear,
        _MISSED,
    ),
    Fault(
        "the write lock while a stray goes",
        Leftovers._discard,
        "transaction()",
        "snapshot()",
        sweeping.publish_over_a_stray_and_clear,
        _MISSED,
    ),
    Fault(
        "that staging in use is let alone",
        SharedStorage.empty_staging_and_trash,
        'if path.with_suffix("") not in in_use',
        "",
        sweeping.publish_over_a_stray_and_clear,
        _MISSED,
    ),
    Fault(
        "that a publication looks in the transaction that it writes in",
        publish.publish,
        "async with database.transaction() as tx:\n"
        "                now = database.now()\n"
        "                existing = await _find(tx, unpacked, actor)",
        "async with database.snapshot() as tx:\n"
        "                existing = await _find(tx, unpacked, actor)\n"
        "            async with database.transaction() as tx:\n"
        "                now = database.now()",
        publishing.publish_others,
        _MISSED,
    ),
    Fault(
        "that files are in their place before the commit",
        publish.publish,
        "                if existing is None or not await storage.holds(release):\n"
        "                    await storage",
        "            if existing is None or not await storage.holds(release):\n"
        "                await storage",
        publishing.look_at_what_appears,
        _MISSED,
    ),
    Fault(
        "that operations of one user queue",
        Resources.turn,
        "async with counted, self._locks.setdefault(order.user_id, asyncio.Lock()):",
        "async with counted:",
        having.verbs_on_one_installation,
        "PlanChangedError",
    ),
    Fault(
        "the look whether a plan still holds",
        perform._carry_out,
        "await _check_unchanged(tx, plan)",
        "",
        having.yank_and_install,
        _MISSED,
    ),
    Fault(
        "the look whether the user is still there",
        perform._carry_out,
        "await users.get_by_id(tx, order.user_id)",
        "",
        having.remove_a_user_who_installs,
        "IntegrityError",
    ),
    Fault(
        "that a manager is loaded once for all who wait",
        Registry._load,
        "if key not in self._loading:",
        "if True:",
        lending.lend_and_evict,
        _MISSED,
    ),
    Fault(
        "that a load waits for the end of the manager before",
        Registry._start,
        "async with self._lock(key):",
        "if True:",
        lending.lend_and_evict,
        _MISSED,
    ),
    Fault(
        "that a manager on lease is not closed when it is evicted",
        Registry.evict,
        "if manager in self._idle:",
        "if manager is not None:",
        lending.lend_and_evict,
        "closed",
    ),
    Fault(
        "that a manager on lease is no longer idle",
        Registry.lease,
        "timer.cancel()",
        "pass",
        lending.lend_and_evict,
        "closed",
    ),
    Fault(
        "that leases are counted",
        Registry._give_back,
        "if self._leases[manager]:",
        "if False:",
        lending.lend_and_evict,
        _MISSED,
    ),
    Fault(
        "that nothing comes between choosing a manager and its lease",
        Registry.lease,
        "manager = await self._get(code)",
        "manager = await self._get(code); await asyncio.sleep(0)",
        lending.lend_and_evict,
        "closed",
    ),
    Fault(
        "the second look after a load",
        Registry._get,
        "while manager is None or",
        "if manager is None or",
        lending.lend_and_evict,
        _MISSED,
    ),
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_fault_is_found(fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault.plant(monkeypatch)
    with pytest.raises(AssertionError, match=fault.shows):
        world.run(fault.scenario, _SEEDS, tmp_path / "data")
