"""The harness finds what it is for: mistakes that were made on purpose."""

import pytest

from tests.crash.crashes import Crashes
from tests.crash.planted import FAULTS
from tests.crash.points import Mode

_QUICKLY = [
    "files are not synced",
    "directories are not synced",
    "nothing is emptied at the start",
]
_OTHERS = [name for name in FAULTS if name not in _QUICKLY]


def finds(crashes: Crashes, name: str) -> bool:
    fault = FAULTS[name]
    if isinstance(fault.how, Mode):
        return any(crashes.points(fault.scenario, fault.how, fault=name))
    return any(crashes.cuts(fault.scenario, fault.how, fault=name))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", _QUICKLY)
def test_a_planted_fault_is_found(crashes: Crashes, name: str) -> None:
    assert finds(crashes, name)


@pytest.mark.crash
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", _OTHERS)
def test_every_planted_fault_is_found(crashes: Crashes, name: str) -> None:
    assert finds(crashes, name)
