import asyncio
import threading

import pytest

from pluginhub.cancellation import finish_in_thread


async def test_the_result_of_the_call_is_returned() -> None:
    assert await finish_in_thread(divmod, 7, 2) == (3, 1)


async def test_an_error_of_the_call_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await finish_in_thread(divmod, 7, 0)


async def test_the_call_does_not_hold_up_the_loop() -> None:
    open_gate = threading.Event()
    call = asyncio.create_task(finish_in_thread(open_gate.wait))
    await asyncio.sleep(0.01)
    assert not call.done()
    open_gate.set()
    assert await call


@pytest.mark.parametrize("cancellations", [1, 2, 5])
async def test_a_cancellation_is_raised_when_the_call_is_over(cancellations: int) -> None:
    gate, ended = threading.Event(), []

    def work() -> None:
        gate.wait()
        ended.append(True)

    call = asyncio.create_task(finish_in_thread(work))
    for _ in range(cancellations):
        await asyncio.sleep(0.01)
        call.cancel()
    await asyncio.sleep(0.01)
    was_done = call.done()
    gate.set()
    assert not was_done
    with pytest.raises(asyncio.CancelledError):
        await call
    assert ended == [True]
