from dataclasses import replace

from pluginhub.database import jobs
from pluginhub.database.connection import Database
from pluginhub.database.jobs import Job
from tests.database import rows

FIRST = Job("1" * 32, None, {"source_url": "https://a"}, "queued", 0, None, None, 5, 5)


async def test_a_job_goes_through_its_states(database: Database) -> None:
    async with database.transaction() as tx:
        await jobs.add(tx, FIRST)
        assert await jobs.find(tx, FIRST.id) == FIRST
        assert await jobs.next_queued(tx) == FIRST
        await jobs.set_state(tx, FIRST.id, "running", 6)
        assert await jobs.next_queued(tx) is None
        assert await jobs.unfinished(tx) == [
            replace(FIRST, state="running", attempts=1, updated_at=6)
        ]
        await jobs.set_state(tx, FIRST.id, "failed", 7, error={"code": "x"})
        found = await jobs.find(tx, FIRST.id)
        assert found == replace(
            FIRST, state="failed", attempts=1, error={"code": "x"}, updated_at=7
        )
        assert await jobs.unfinished(tx) == []
        await jobs.begin_again(tx, FIRST.id, 8)
        assert await jobs.find(tx, FIRST.id) == replace(FIRST, updated_at=8)
        assert await jobs.find(tx, "2" * 32) is None


async def test_jobs_are_listed_and_counted_by_who_asked(database: Database) -> None:
    ann = await rows.add_user(database)
    theirs = replace(FIRST, id="2" * 32, actor_id=ann.id, created_at=9, updated_at=9)
    ended = replace(theirs, id="3" * 32, state="done", created_at=1)
    async with database.transaction() as tx:
        for job in (FIRST, theirs, ended):
            await jobs.add(tx, job)
        assert await jobs.list_of(tx, ann.id, 10) == [theirs, ended]
        assert await jobs.list_of(tx, None, 2) == [theirs, FIRST]
        assert await jobs.count_unfinished(tx, ann.id) == 1
        assert await jobs.count_unfinished(tx, None) == 1
        assert await jobs.count_by_state(tx) == {"queued": 2, "done": 1}
        assert await jobs.next_queued(tx) == FIRST
