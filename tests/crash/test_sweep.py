"""Whatever comes into the verbs, nothing acknowledged is lost, and nothing is half done.

By default at some places, with ``-m crash`` at all of them: before every change of a file the
process is killed, half of it is written, the disk is full or fails; and after every one the power
is cut.
"""

from collections.abc import Callable, Iterator
from itertools import chain

import pytest

from tests.crash.crashes import Crashes
from tests.crash.points import DEADLY, FAILING, Mode
from tests.crash.power_cut import POLICIES, Policy
from tests.crash.scenarios import SCENARIOS

_MODES = (*DEADLY, *FAILING)
_SAMPLE = 19  # one point in so many

Record = Callable[[str, object], None]


def survived(found: Iterator[list[str]], record: Record, at_least: int) -> bool:
    points = list(found)
    record("points", len(points))
    bad = [complaints for complaints in points if complaints]
    assert not bad, "\n".join([f"{len(bad)} of {len(points)}", *chain.from_iterable(bad[:3])])
    return len(points) >= at_least


@pytest.mark.timeout(120)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_some_crashes_are_survived(
    crashes: Crashes, scenario: str, record_property: Record
) -> None:
    every = SCENARIOS[scenario].every * _SAMPLE

    def some() -> Iterator[list[str]]:
        for first, mode in enumerate(_MODES, start=2):
            yield from crashes.points(scenario, mode, first=first, every=every)
        for policy in POLICIES:
            yield from crashes.cuts(scenario, policy, every=every)

    assert survived(some(), record_property, at_least=7)


@pytest.mark.crash
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", _MODES, ids=lambda mode: mode.name)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_crash_is_survived(
    crashes: Crashes, scenario: str, mode: Mode, record_property: Record
) -> None:
    points = crashes.points(scenario, mode, every=SCENARIOS[scenario].every)
    assert survived(points, record_property, at_least=14)


@pytest.mark.crash
@pytest.mark.timeout(600)
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_power_cut_is_survived(
    crashes: Crashes, scenario: str, policy: Policy, record_property: Record
) -> None:
    cuts = crashes.cuts(scenario, policy, every=SCENARIOS[scenario].every)
    assert survived(cuts, record_property, at_least=7)
