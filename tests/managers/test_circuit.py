import pytest

from pluginhub.managers.circuit import Circuit, Circuits


class Clock:
    time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock()


@pytest.fixture(name="circuit")
def _circuit(clock: Clock) -> Circuit:
    return Circuit(clock)


@pytest.fixture(name="circuits")
def _circuits(clock: Clock) -> Circuits:
    return Circuits(clock)


def fail(circuit: Circuit, times: int = 1) -> None:
    for _ in range(times):
        circuit.begin()
        circuit.fail("no luck")


def test_it_opens_at_the_third_failure_in_a_row(circuit: Circuit) -> None:
    fail(circuit, 2)
    assert (circuit.state, circuit.rest()) == ("closed", 0)
    fail(circuit)
    assert (circuit.state, circuit.rest(), circuit.reason) == ("open", 30, "no luck")


def test_a_success_in_between_counts_anew(circuit: Circuit) -> None:
    fail(circuit, 2)
    circuit.succeed()
    assert circuit.reason == ""
    fail(circuit, 2)
    assert circuit.state == "closed"


def test_after_the_rest_one_call_tries(circuit: Circuit, clock: Clock) -> None:
    fail(circuit, 3)
    clock.time += 29
    assert circuit.rest() == 1
    clock.time += 1
    assert (circuit.state, circuit.rest()) == ("half-open", 0)
    circuit.begin()
    assert circuit.rest() > 0


def test_a_trial_that_succeeds_closes_it(circuit: Circuit, clock: Clock) -> None:
    fail(circuit, 3)
    clock.time += 30
    circuit.begin()
    circuit.succeed()
    assert (circuit.state, circuit.rest()) == ("closed", 0)
    fail(circuit, 2)
    assert circuit.state == "closed"


def test_a_trial_that_shows_nothing_lets_the_next_one_try(circuit: Circuit, clock: Clock) -> None:
    fail(circuit, 3)
    clock.time += 30
    circuit.begin()
    circuit.leave()
    assert (circuit.state, circuit.rest()) == ("half-open", 0)


def test_each_further_failure_doubles_the_rest(circuit: Circuit, clock: Clock) -> None:
    fail(circuit, 3)
    rests = []
    for _ in range(8):
        rests.append(circuit.rest())
        clock.time += circuit.rest()
        fail(circuit)
    assert rests == [30, 60, 120, 240, 480, 900, 900, 900]


def test_calls_that_began_before_it_opened_do_not_prolong_the_rest(circuit: Circuit) -> None:
    fail(circuit, 5)
    assert circuit.rest() == 30


def test_years_of_failures_are_counted(circuit: Circuit, clock: Clock) -> None:
    for _ in range(5000):
        fail(circuit)
        clock.time += 1000
    fail(circuit)
    assert circuit.rest() == 900


def fail_for(circuits: Circuits, *users: str) -> None:
    for user_id in users:
        circuits.begin(user_id)
        circuits.fail(user_id, f"no luck for {user_id}")


def succeed_for(circuits: Circuits, user_id: str) -> None:
    circuits.begin(user_id)
    circuits.succeed(user_id)


def test_a_user_who_fails_rests_alone_however_often(circuits: Circuits, clock: Clock) -> None:
    fail_for(circuits, "ann", "ann")
    assert circuits.rest("ann")[0] == 0
    fail_for(circuits, "ann")
    assert circuits.rest("ann") == (30, "no luck for ann")
    for _ in range(10):
        clock.time += circuits.rest("ann")[0]
        fail_for(circuits, "ann")
    assert circuits.rest("ann")[0] == 900
    assert circuits.rest("ben")[0] == 0
    assert circuits.state == "closed"


def test_two_users_who_fail_do_not_stop_a_third(circuits: Circuits) -> None:
    fail_for(circuits, *["ann", "ben"] * 3)
    assert [circuits.rest(user)[0] for user in ("ann", "ben", "cleo")] == [30, 30, 0]


def test_three_users_who_fail_in_a_row_open_it_for_everybody(circuits: Circuits) -> None:
    fail_for(circuits, "ann", "ben", "ann")
    assert circuits.rest("dora")[0] == 0
    fail_for(circuits, "cleo")
    assert circuits.state == "open"
    assert circuits.rest("dora") == circuits.rest("ann") == (30, "no luck for cleo")


def test_a_success_of_anybody_counts_users_anew(circuits: Circuits) -> None:
    fail_for(circuits, "ann", "ben")
    succeed_for(circuits, "dora")
    fail_for(circuits, "cleo", "ann")
    assert circuits.rest("dora")[0] == 0
    fail_for(circuits, "ben")
    assert circuits.state == "open"


def test_a_success_of_another_user_does_not_end_ones_own_rest(circuits: Circuits) -> None:
    fail_for(circuits, *["ann"] * 3)
    succeed_for(circuits, "ben")
    assert circuits.rest("ann")[0] == 30
    assert circuits.rest("ben")[0] == 0


def test_a_success_of_ones_own_ends_the_row(circuits: Circuits) -> None:
    fail_for(circuits, "ann", "ann")
    succeed_for(circuits, "ann")
    fail_for(circuits, "ann", "ann")
    assert circuits.rest("ann")[0] == 0


def test_after_the_rest_of_a_user_one_of_their_calls_tries(
    circuits: Circuits, clock: Clock
) -> None:
    fail_for(circuits, *["ann"] * 3)
    clock.time += 30
    assert circuits.rest("ann")[0] == 0
    circuits.begin("ann")
    assert circuits.rest("ann")[0] == 1
    assert circuits.rest("ben")[0] == 0
    circuits.leave("ann")
    assert circuits.rest("ann")[0] == 0
    fail_for(circuits, "ann")
    assert circuits.rest("ann")[0] == 60


def test_after_the_rest_of_everybody_one_call_tries_for_all(
    circuits: Circuits, clock: Clock
) -> None:
    fail_for(circuits, "ann", "ben", "cleo")
    clock.time += 30
    circuits.begin("ann")
    assert circuits.rest("dora")[0] == 1
    circuits.leave("ann")
    assert circuits.rest("dora")[0] == 0
    fail_for(circuits, "ann")
    assert circuits.rest("dora") == (60, "no luck for ann")
    clock.time += 60
    succeed_for(circuits, "dora")
    assert circuits.rest("ann")[0] == 0
    fail_for(circuits, "ann")
    assert circuits.state == "closed"


def test_the_longest_rest_is_told_with_its_own_reason(circuits: Circuits, clock: Clock) -> None:
    fail_for(circuits, *["ann"] * 3)
    clock.time += 10
    fail_for(circuits, "ben", "cleo")
    assert circuits.rest("ann") == (30, "no luck for cleo")
    clock.time += 30
    fail_for(circuits, "ann")
    assert circuits.rest("ann") == (60, "no luck for ann")
    assert circuits.rest("ben") == (60, "no luck for ann")


def test_users_are_remembered_only_while_they_fail_and_up_to_a_number(
    circuits: Circuits,
) -> None:
    succeed_for(circuits, "ann")
    assert circuits._own == {}
    fail_for(circuits, "ann", "ann", "ann")
    succeed_for(circuits, "ann")
    assert circuits._own == {}
    for number in range(1000):
        fail_for(circuits, *[str(number)] * 3)
        circuits.leave("x")
    fail_for(circuits, "0", "new")
    assert len(circuits._own) == 1000
    assert not {"1"} & circuits._own.keys()
    assert {"0", "2", "999", "new"} <= circuits._own.keys()
    assert len(circuits._failing) == 3
