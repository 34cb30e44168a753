import pytest

from pluginhub.managers.circuit import Circuit


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
