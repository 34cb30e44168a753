"""A process that has imported everything, and forks for every point.

It is started with the library preloaded, reads a request a line, and writes an answer a line. Most
work ends by itself and needs no fork; what is killed, and what a fault is planted in, does.
"""

import gc
import json
import os
import shutil
import signal
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.crash import acting, checks, power_cut
from tests.crash.forks import Ended, Forks, Tell, Work
from tests.crash.judge import State
from tests.crash.planted import FAULTS, Plant
from tests.crash.points import DEADLY, Library, Mode, Trap
from tests.crash.power_cut import Cut, Policy
from tests.crash.scenarios import SCENARIOS, Scenario
from tests.crash.world import started


@dataclass(frozen=True)
class Prepared:
    """A scenario that can be begun.

    Attributes:
        template: Is copied for every point.
        states: What lasts of it if nothing disturbs: before the steps, and after each.
    """

    scenario: Scenario
    template: Path
    states: list[State]


class Process:
    """Answers requests.

    Args:
        folder: Where it may write; its path has no link in it.
    """

    def __init__(self, folder: Path) -> None:
        self._forks = Forks(folder / "log")
        self._library = Library()
        self._record = folder / "record"
        self._worlds = folder / "worlds"
        self._worlds.mkdir()
        self._library.watch(self._worlds)
        self._prepared: dict[str, Prepared] = {}
        self._cuts: list[Cut] = []

    def point(self, scenario: str, mode: str, number: int, fault: str) -> dict[str, Any]:
        """Let the change of a number end badly; without such a change, ``came`` is false."""
        prepared = self._prepare(scenario)
        root, trap = self._copy(prepared), Trap(self._library, Mode[mode], number)
        if trap.mode in DEADLY:
            ended = self._forks.child(partial(_crash, prepared, root, trap), _plant(fault))
            came = ended.code == -signal.SIGKILL
            complaints = [] if came else ended.complaints()
            acknowledged = len(ended.told("acknowledged"))
        else:
            ended = self._run(partial(_fail, prepared, root, trap), fault)
            trap.release()
            [changes] = ended.told("changes")
            came, complaints = changes >= number, ended.complaints()
            acknowledged = len(prepared.scenario.steps)
        complaints += self._check(prepared, root, acknowledged, fault)
        return {"came": came, "complaints": complaints}

    def cuts(self, scenario: str, policy: Policy, fault: str) -> dict[str, Any]:
        """Record the steps, and return in how many ways a power cut may leave the disk."""
        prepared = self._prepare(scenario)
        root = self._copy(prepared)
        with self._record.open("wb") as record:
            trap = Trap(self._library, Mode.RECORD, record=record.fileno())
            ended = self._forks.child(partial(_crash, prepared, root, trap), _plant(fault))
        changes = self._record.read_bytes()
        self._cuts = list(power_cut.cuts(prepared.template, root, changes, policy))
        return {"number": len(self._cuts), "complaints": ended.complaints()}

    def cut(self, scenario: str, number: int, fault: str) -> dict[str, Any]:
        """Look at what one of those power cuts leaves."""
        prepared, cut = self._prepare(scenario), self._cuts[number]
        root = self._empty()
        power_cut.lay_out(cut, root)
        return {"complaints": self._check(prepared, root, cut.acknowledged, fault)}

    def _check(self, prepared: Prepared, root: Path, acknowledged: int, fault: str) -> list[str]:
        stays = fault and FAULTS[fault].stays
        ended = self._run(partial(_look, prepared, root, acknowledged), fault if stays else "")
        return ended.complaints()

    def _run(self, work: Work, fault: str) -> Ended:
        return self._forks.child(work, _plant(fault)) if fault else self._forks.here(work)

    def _prepare(self, name: str) -> Prepared:
        if name not in self._prepared:
            scenario = SCENARIOS[name]
            template = self._worlds / f"template {len(self._prepared)}"
            template.mkdir()
            if scenario.before:
                lead = self._forks.child if scenario.killed else self._forks.here
                lead(partial(_lead_to, scenario, template))
            scenario.left(template)
            prepared = Prepared(scenario, template, [])
            ended = self._forks.here(partial(_refer, scenario, self._copy(prepared)))
            assert not ended.complaints(), ended
            prepared.states.extend(ended.told("state"))
            self._prepared[name] = prepared
            gc.freeze()
        return self._prepared[name]

    def _copy(self, prepared: Prepared) -> Path:
        root = self._empty()
        return Path(shutil.copytree(prepared.template, root, copy_function=shutil.copy))

    def _empty(self) -> Path:
        """Return where a point takes place; there is nothing."""
        root = self._worlds / "world"
        shutil.rmtree(root, ignore_errors=True)
        return root


def _plant(fault: str) -> Plant | None:
    return FAULTS[fault].plant if fault else None


async def _lead_to(scenario: Scenario, root: Path, _tell: Tell) -> None:
    async with started(root) as world:
        for step in scenario.before:
            await step(world)
        if scenario.killed:
            os.kill(os.getpid(), signal.SIGKILL)


async def _refer(scenario: Scenario, root: Path, tell: Tell) -> None:
    for state in await acting.reference(root, scenario):
        tell("state", state)


async def _crash(prepared: Prepared, root: Path, trap: Trap, tell: Tell) -> None:
    def acknowledge(step: int) -> None:
        if trap.mode == Mode.RECORD:
            trap.library.mark(step)
        tell("acknowledged", step)

    await acting.until_a_crash(root, prepared.scenario, trap, acknowledge)


async def _fail(prepared: Prepared, root: Path, trap: Trap, tell: Tell) -> None:
    try:
        scenario, states = prepared.scenario, prepared.states
        async for complaint in acting.while_failing(root, scenario, states, trap):
            tell("complaint", complaint)
    finally:
        tell("changes", trap.library.count())


async def _look(prepared: Prepared, root: Path, acknowledged: int, tell: Tell) -> None:
    scenario, states = prepared.scenario, prepared.states
    async for complaint in checks.after_a_crash(root, scenario, states, acknowledged):
        tell("complaint", complaint)


def main() -> None:
    """Answer requests until there are no more."""
    os.umask(0o022)
    process = Process(Path(sys.argv[1]))
    for line in sys.stdin:
        request = json.loads(line)
        answer = getattr(process, request.pop("do"))(**request)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
