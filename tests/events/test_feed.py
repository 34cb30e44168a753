"""Every listener hears everything that they may, once and in its order."""

import asyncio

import pytest

from pluginhub.database import audit
from pluginhub.database.connection import Database
from pluginhub.errors import BusyError, TooManyRequestsError
from pluginhub.events import feed as module
from pluginhub.events.feed import Feed
from tests.events.world import ADMIN, ANN, BEN, OF_ANN, OF_BEN, ROOT, heard, record


async def test_a_listener_is_woken_by_what_they_may_see(database: Database, feed: Feed) -> None:
    async with feed.joined(OF_ANN) as listener:
        assert await feed.take(listener) == []
        await record(database, "install", user_id=ANN)
        await listener.news()
        assert await heard(feed, listener) == [1]


async def test_who_may_not_see_it_sleeps_and_does_not_fall_behind(
    database: Database, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KEPT", 3)
    async with feed.joined(OF_BEN) as ben, feed.joined(OF_ANN) as ann:
        for number in range(1, 11):
            await record(database, "install", user_id=ANN)
            await ann.news()
            assert await heard(feed, ann) == [number]
        assert not ben._news.is_set()
        assert ben.position == 10


async def test_who_fell_behind_reads_rows_and_then_memory(
    database: Database, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KEPT", 5)
    monkeypatch.setattr(module, "_PAGE", 3)
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    async with feed.joined(OF_ANN) as slow:
        for number in range(30):
            kind = "dance" if number % 4 == 1 else "install"
            await record(database, kind, user_id=BEN if number % 3 == 1 else ANN)
        async with feed.joined(ADMIN) as other:
            await record(database, "publish")
            await other.news()
        assert len(feed._kept) == 5
        expected = [it + 1 for it in range(30) if it % 4 != 1 and it % 3 != 1]
        assert await heard(feed, slow) == [*expected, 31]
        assert await heard(feed, slow) == []


async def test_a_position_resumes_exactly_also_in_a_new_process(database: Database) -> None:
    for _ in range(5):
        await record(database, "publish")
    feed = Feed(database, 10)
    await feed.begin()
    for since, expected in [(3, [4, 5]), (0, [1, 2, 3, 4, 5]), (5, []), (99, []), (None, [])]:
        async with feed.joined(OF_ANN, since=since) as listener:
            assert await heard(feed, listener) == expected


async def test_nothing_is_lost_between_rows_and_memory(database: Database, feed: Feed) -> None:
    await record(database, "publish")
    async with feed.joined(OF_ANN, since=0) as listener:
        writing = asyncio.create_task(write(database, 40))
        found: list[int] = []
        async with asyncio.timeout(8):
            while len(found) < 41:
                found += await heard(feed, listener)
                await asyncio.sleep(0)
        await writing
    assert found == list(range(1, 42))


async def write(database: Database, number: int) -> None:
    for _ in range(number):
        await record(database, "publish")


async def test_a_refused_commit_tells_nothing(database: Database, feed: Feed) -> None:
    async def fail() -> None:
        async with database.transaction() as tx:
            await audit.record(tx, ROOT, "publish", "Clock@1.0.0", 1, slug="Clock")
            raise ZeroDivisionError

    async with feed.joined(OF_ANN) as listener:
        with pytest.raises(ZeroDivisionError):
            await fail()
        await record(database, "publish")
        await listener.news()
        assert len(await heard(feed, listener)) == 1


async def test_so_many_listeners_of_a_user_and_of_all_and_no_more(feed: Feed) -> None:
    gone = False
    async with asyncio.TaskGroup() as group:
        stop = asyncio.Event()

        async def listen(owner: str) -> None:
            async with feed.joined(OF_ANN, owner=owner, gone=lambda: gone and owner == ANN) as one:
                while not one.ended and not stop.is_set():
                    await one.news()

        tasks = [group.create_task(listen(ANN)) for _ in range(20)]
        await asyncio.sleep(0)
        with pytest.raises(TooManyRequestsError, match="20 streams"):
            async with feed.joined(OF_ANN, owner=ANN):
                pass
        tasks += [group.create_task(listen(BEN)) for _ in range(10)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            async with feed.joined(OF_ANN, owner="c" * 32):
                pass
        gone = True  # a page that is loaded anew does not take its own place
        with pytest.raises(BusyError):
            async with feed.joined(OF_ANN, owner=ANN):
                pass
        await asyncio.wait(tasks[:20], timeout=5)
        async with feed.joined(OF_ANN, owner=ANN):
            pass
        stop.set()
        await feed.beat()
    assert feed._listeners == {}


async def test_a_change_of_a_user_makes_their_listeners_doubted(
    database: Database, feed: Feed
) -> None:
    async with (
        feed.joined(OF_ANN, owner=ANN) as ann,
        feed.joined(OF_BEN, owner=BEN) as ben,
    ):
        async with database.transaction() as tx:
            await tx.execute("UPDATE users SET enabled = 0 WHERE name = 'ann'")
        await ann.news()
        assert (ann.doubted, ben.doubted) == (True, False)


async def test_a_stop_ends_listeners_also_those_whom_something_holds_up(feed: Feed) -> None:
    async with asyncio.timeout(5), feed.joined(OF_ANN) as listener:
        feed.close()
        await asyncio.Event().wait()
    assert listener.ended
    assert listener.limit.expired()
    async with feed.joined(OF_ANN) as late:
        assert late.ended
