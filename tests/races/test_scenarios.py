"""Whatever comes first, and whoever is held up: what has to be true is true."""

from pathlib import Path

import pytest

from tests.depth import DEPTH
from tests.races import having, lending, publishing, serving, sweeping, world, writing
from tests.races.world import Scenario

SCENARIOS = [
    writing.write_and_read_pairs,
    sweeping.install_and_sweep,
    sweeping.keep_and_sweep,
    sweeping.withdraw_and_sweep,
    sweeping.lease_and_sweep,
    sweeping.publish_and_sweep,
    sweeping.publish_over_a_stray_and_clear,
    publishing.publish_the_same,
    publishing.publish_others,
    publishing.withdraw_and_publish,
    publishing.look_at_what_appears,
    having.verbs_on_one_installation,
    having.yank_and_install,
    having.remove_a_user_who_installs,
    serving.disable_and_serve,
    lending.lend_and_evict,
]
_SEEDS = 35 * DEPTH


@pytest.mark.timeout(120 * DEPTH)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_it_is_well_in_every_order(scenario: Scenario, tmp_path: Path) -> None:
    world.run(scenario, range(_SEEDS), tmp_path / "data")
