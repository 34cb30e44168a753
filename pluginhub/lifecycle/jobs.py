"""Jobs: bundles that are published after the request for it was answered.

A job is a row, so it outlives the server: what a crash interrupts is begun again at the next start,
three times at most.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from pluginhub.database import jobs
from pluginhub.database.connection import Connection, Database
from pluginhub.database.jobs import ENDED, Job
from pluginhub.errors import ConflictError, NotFoundError, TooManyRequestsError
from pluginhub.lifecycle.job_progress import Board, Progress
from pluginhub.lifecycle.job_runner import Runner
from pluginhub.models import Actor
from pluginhub.storage.job_files import JobFiles

_MOST_UNFINISHED = 20  # of one user
_RETRY_AFTER = 10  # seconds


class Jobs:
    """Takes jobs, cancels and retries them, and tells how far they are.

    Args:
        database: Has their rows.
        files: Keeps bundles that were uploaded.
        runner: Carries them out.
        board: Knows how far they are.
    """

    def __init__(self, database: Database, files: JobFiles, runner: Runner, board: Board) -> None:
        self._database = database
        self._files = files
        self._runner = runner
        self._board = board

    async def create(
        self, actor: Actor, source: dict[str, Any] | None = None, upload: Path | None = None
    ) -> Job:
        """Take a job.

        Args:
            actor: Who asks.
            source: Where the bundle is: ``source_url``, ``version``, ``sha256``.
            upload: The bundle; it is taken away, and durable when this returns.

        Raises:
            TooManyRequestsError: Too many jobs of the one who asks are not done yet.
        """
        now = self._database.now()
        job = Job(
            secrets.token_hex(16), actor.user_id, source or {}, "queued", 0, None, None, now, now
        )
        if upload:
            await self._files.keep(job.id, upload)
        try:
            async with self._database.transaction() as tx:
                await _require_room(tx, actor)
                await jobs.add(tx, job)
        except BaseException:
            await self._files.remove(job.id)
            raise
        self._runner.wake()
        return job

    async def cancel(self, job: Job) -> Job:
        """End a job soon; one that has published already stays done.

        Raises:
            ConflictError: It has ended.
        """
        ran = await self._runner.interrupt(job.id)
        async with self._database.transaction() as tx:
            found = await jobs.find(tx, job.id)
            if found is None or (found.state in ENDED and not ran):
                raise ConflictError("this job has ended", job=job.id)
            if found.state not in ENDED:
                await jobs.set_state(tx, job.id, "cancelled", self._database.now())
        await self._runner.interrupt(job.id)  # it may have begun meanwhile
        self._board.tell()
        return await self.get(job.id)

    async def retry(self, job: Job) -> Job:
        """Queue a job again that failed or was cancelled.

        Raises:
            ConflictError: It did not end so, or its bundle is not here any more.
        """
        if job.state not in {"failed", "cancelled"}:
            raise ConflictError(f"this job is {job.state}", job=job.id)
        if not job.source and not await self._files.holds(job.id):
            raise ConflictError("the bundle of this job is gone; upload it again", job=job.id)
        async with self._database.transaction() as tx:
            await jobs.begin_again(tx, job.id, self._database.now())
        self._runner.wake()
        self._board.tell()
        return await self.get(job.id)

    async def get(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            NotFoundError: There is none.
        """
        async with self._database.snapshot() as connection:
            if job := await jobs.find(connection, job_id):
                return job
        raise NotFoundError("there is no such job", job=job_id)

    def progress(self, job: Job) -> Progress:
        """Return how far a job is."""
        return self._board.of(job.id)

    async def follow(self, job_id: str, patience: float) -> AsyncIterator[Job | None]:
        """Yield a job whenever something of it is another, until it has ended.

        Args:
            job_id: Of the job.
            patience: Seconds after which None is yielded if nothing changed.
        """
        told: tuple[Job, Progress] | None = None
        while not self._board.closed:
            news, job = self._board.news(), await self.get(job_id)
            if (now := (job, self.progress(job))) != told:
                told = now
                yield job
                if job.state in ENDED:
                    return
            try:
                async with asyncio.timeout(patience):
                    await news.wait()
            except TimeoutError:
                yield None

    def close(self) -> None:
        """Let nobody follow any more: the server stops."""
        self._board.close()


async def _require_room(tx: Connection, actor: Actor) -> None:
    if await jobs.count_unfinished(tx, actor.user_id) >= _MOST_UNFINISHED:
        raise TooManyRequestsError(
            f"{_MOST_UNFINISHED} jobs of yours are not done yet; wait for one of them",
            retry_after=_RETRY_AFTER,
        )
