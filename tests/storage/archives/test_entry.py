import pytest

from pluginhub.errors import BadBundleError
from pluginhub.storage.archives.entry import Budget, Limits


def refused(budget: Budget, *sizes: int) -> str | None:
    try:
        for size in sizes:
            budget.spend(size)
    except BadBundleError as error:
        return error.reason
    return None


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ((100,), None),
        ((50, 50), None),
        ((101,), "too-large"),
        ((50, 50, 1), "too-large"),
    ],
)
def test_more_bytes_than_a_bundle_may_have_are_refused(
    sizes: tuple[int, ...], reason: str | None
) -> None:
    assert refused(Budget(Limits(unpacked=100), packed=1000), *sizes) == reason


@pytest.mark.parametrize(
    ("packed", "size", "reason"),
    [
        (1, 100, None),  # below the floor
        (1, 101, "expands-too-much"),
        (21, 105, None),
        (21, 106, "expands-too-much"),
    ],
)
def test_expanding_is_judged_above_a_floor(packed: int, size: int, reason: str | None) -> None:
    assert refused(Budget(Limits(ratio=5, ratio_floor=100), packed), size) == reason


def test_more_entries_than_a_bundle_may_have_are_refused() -> None:
    budget = Budget(Limits(entries=2), packed=1)
    budget.count_entry()
    budget.count_entry()
    with pytest.raises(BadBundleError, match="more than 2 entries"):
        budget.count_entry()


def test_the_limits_are_those_that_are_promised() -> None:
    mib = 1024 * 1024
    assert Limits() == Limits(512 * mib, entries=10_000, depth=32, ratio=50, ratio_floor=64 * mib)
