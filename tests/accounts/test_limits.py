import pytest

from pluginhub.accounts import limits
from pluginhub.accounts.limits import Counter, Limits
from pluginhub.errors import BusyError, TooManyRequestsError, UnauthenticatedError
from tests.accounts.conftest import Clock

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


def check(*, right: bool) -> None:
    if not right:
        raise UnauthenticatedError("wrong")


def attempt(found: Limits, address: str | None, account: str, *, right: bool = False) -> str:
    try:
        with found.sign_in(address, account):
            check(right=right)
    except UnauthenticatedError:
        return "wrong"
    except TooManyRequestsError:
        return "refused"
    return "right"


def test_ten_failures_shut_an_address_out_until_the_first_is_a_quarter_old() -> None:
    clock = Clock(0)
    found = Limits(clock)
    for second in range(10):
        clock.time = second
        assert attempt(found, HERE, f"user{second}") == "wrong"
    assert attempt(found, HERE, "ann", right=True) == "refused"
    with pytest.raises(TooManyRequestsError) as caught, found.sign_in(HERE, "ann"):
        pass
    assert caught.value.fields == {"retry_after": 900 - 9}
    assert attempt(found, ELSEWHERE, "ann", right=True) == "right"
    clock.time = 900
    assert attempt(found, HERE, "ann") == "wrong"
    assert attempt(found, HERE, "ann") == "refused"


def test_who_guesses_does_not_keep_the_owner_of_the_account_out() -> None:
    found = Limits(Clock(0))
    guesses = [attempt(found, f"192.0.2.{number}", "Ann") for number in range(100, 110)]
    assert guesses == ["wrong"] * 10
    assert attempt(found, "192.0.2.100", "ann", right=True) == "refused"  # who guessed before
    assert attempt(found, "192.0.2.100", "ben") == "wrong"
    assert attempt(found, HERE, "ann", right=True) == "right"
    assert attempt(found, HERE, "ann") == "wrong"
    assert attempt(found, HERE, "ANN", right=True) == "refused"


def test_what_succeeds_and_what_could_not_be_checked_does_not_count() -> None:
    found = Limits(Clock(0))
    for _ in range(30):
        assert attempt(found, HERE, "ann", right=True) == "right"
        with pytest.raises(BusyError), found.sign_in(HERE, "ann"):
            raise BusyError("later")
    assert [attempt(found, HERE, "ann") for _ in range(11)] == ["wrong"] * 10 + ["refused"]


def test_attempts_at_the_same_moment_count() -> None:
    found = Limits(Clock(0))
    running = [found.sign_in(HERE, "ann") for _ in range(11)]
    for each in running[:10]:
        each.__enter__()
    with pytest.raises(TooManyRequestsError):
        running[10].__enter__()


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2", True),
        (None, "", True),
    ],
)
def test_of_ipv6_a_network_is_one_address(
    first: str | None, second: str | None, *, same: bool
) -> None:
    assert (limits._network(first) == limits._network(second)) is same


def test_a_registration_counts_by_address() -> None:
    clock = Clock(0)
    found = Limits(clock)
    for _ in range(10):
        found.registration(HERE)
    found.registration(ELSEWHERE)
    with pytest.raises(TooManyRequestsError):
        found.registration(HERE)
    clock.time = 3600
    found.registration(HERE)


def test_the_memory_is_bounded_and_what_is_in_use_stays() -> None:
    counter = Counter(2, 60, Clock(0))
    for number in range(limits._KEYS + 100):
        counter.add(f"{number}")
        counter.add("busy")
        counter.add("busy" * 1000)
    assert len(counter._times) == limits._KEYS
    assert {len(times) for times in counter._times.values()} <= {1, 2}
    assert max(map(len, counter._times)) <= 200
    assert counter.seconds_left("busy") == 60
    assert not counter.any("0")
