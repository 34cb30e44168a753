import asyncio

import pytest

from pluginhub.errors import NotFoundError
from pluginhub.tallies import Durations, Operations


def test_durations_are_counted_up_to_each_bound() -> None:
    durations = Durations((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 7.0):
        durations.add(seconds)
    assert durations.cumulated() == [("0.1", 2), ("1.0", 3), ("+Inf", 4)]
    assert durations.seconds == pytest.approx(7.65)


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (None, "done"),
        (NotFoundError("gone"), "not-found"),
        (ValueError("a defect"), "internal"),
        (asyncio.CancelledError(), "cancelled"),
    ],
)
async def test_an_operation_is_counted_however_it_ends(
    error: BaseException | None, result: str
) -> None:
    operations = Operations()

    async def run() -> None:
        async with operations.timed("install"):
            if error:
                raise error

    [raised] = await asyncio.gather(asyncio.create_task(run()), return_exceptions=True)
    assert type(raised) is type(error)
    assert operations.results == {("install", result): 1}
    assert operations.durations["install"].cumulated()[-1] == ("+Inf", 1)
