"""Work in the background goes on, whatever happens to it, until the server ends."""

import asyncio

from structlog.testing import capture_logs

from pluginhub import background


async def test_work_is_begun_anew_also_after_a_failure() -> None:
    times = 0
    enough = asyncio.Event()

    async def work() -> None:
        nonlocal times
        times += 1
        if times == 1:
            raise ValueError("once")
        if times == 3:
            enough.set()

    with capture_logs() as lines:
        async with background.running("counting", work, pause=0), asyncio.timeout(5):
            await enough.wait()
    assert [(line["event"], line["work"]) for line in lines] == [
        ("work in the background failed", "counting")
    ]


async def test_the_end_of_the_block_ends_the_work() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with background.running("waiting", work):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert ended.is_set()


async def test_the_first_time_may_be_later() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()

    async with background.running("later", work, delay=3600):
        await asyncio.sleep(0)
    assert not begun.is_set()
