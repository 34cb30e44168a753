"""Carries jobs out, a few at a time; what a stop of the server interrupts is begun again."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from pluginhub.database import jobs, users
from pluginhub.database.connection import Database
from pluginhub.database.jobs import Job
from pluginhub.errors import HubError, NotFoundError
from pluginhub.lifecycle.job_progress import Board, Progress
from pluginhub.lifecycle.publish import publish
from pluginhub.models import Actor, Origin
from pluginhub.sources.sources import Sources
from pluginhub.storage.job_files import JobFiles
from pluginhub.storage.shared import SharedStorage
from pluginhub.tallies import Operations

log = structlog.get_logger(__name__)

_AT_ONCE = 2
_ATTEMPTS = 3
_STEP = 256 * 1024  # bytes between two reports


class Runner:
    """Runs queued jobs.

    Args:
        database: Has their rows.
        storage: Gets what they publish.
        sources: Loads bundles from elsewhere.
        files: Has bundles that were uploaded.
        board: Gets to know how far they are.
        operations: Counts what they publish.
    """

    def __init__(
        self,
        database: Database,
        storage: SharedStorage,
        sources: Sources,
        files: JobFiles,
        board: Board,
        *,
        operations: Operations,
    ) -> None:
        self._database = database
        self._storage = storage
        self._sources = sources
        self._files = files
        self._board = board
        self._operations = operations
        self._running: dict[str, asyncio.Task[None]] = {}
        self._cancelled: set[str] = set()
        self._work = asyncio.Event()

    def wake(self) -> None:
        """Look for queued jobs."""
        self._work.set()

    async def interrupt(self, job_id: str) -> bool:
        """End a job if it runs, and wait for its end; return whether it ran."""
        task = self._running.get(job_id)
        if task is None:
            return False
        self._cancelled.add(job_id)
        task.cancel()
        await asyncio.wait([task])
        return True

    async def run(self) -> None:
        """Carry jobs out until cancelled; those that run then are begun again at the next start."""
        await self.recover()
        async with asyncio.TaskGroup() as group:
            while True:
                await self._work.wait()
                self._work.clear()
                while len(self._running) < _AT_ONCE and (job := await self._take()):
                    task = group.create_task(self._carry_out(job), name=f"job {job.id}")
                    self._running[job.id] = task
                    task.add_done_callback(partial(self._finished, job.id))

    def _finished(self, job_id: str, _task: asyncio.Task[None]) -> None:
        del self._running[job_id]
        self._cancelled.discard(job_id)
        self._work.set()
        self._board.forget(job_id)

    async def recover(self) -> None:
        """Queue again what an earlier process was at, or say that it failed for good."""
        async with self._database.transaction() as tx:
            for job in await jobs.unfinished(tx):
                now = self._database.now()
                if job.attempts >= _ATTEMPTS:
                    error = {"code": "interrupted", "detail": "the server stopped three times"}
                    await jobs.set_state(tx, job.id, "failed", now, error=error)
                elif not job.source and not await self._files.holds(job.id):
                    error = {"code": "incomplete", "detail": "the upload is not here"}
                    await jobs.set_state(tx, job.id, "failed", now, error=error)
                elif job.state == "running":
                    await jobs.set_state(tx, job.id, "queued", now)
        for job_id in await self._files.left():
            async with self._database.snapshot() as connection:
                found = await jobs.find(connection, job_id)
            if found is None or found.state == "done":
                await self._files.remove(job_id)
        self._work.set()

    async def _take(self) -> Job | None:
        async with self._database.transaction() as tx:
            job = await jobs.next_queued(tx)
            if job:
                await jobs.set_state(tx, job.id, "running", self._database.now())
            return job

    async def _carry_out(self, job: Job) -> None:
        try:
            result = await self._publish(job)
        except asyncio.CancelledError:
            if job.id not in self._cancelled:
                raise
            await self._end(job, "cancelled")
        except HubError as error:
            told = {**error.fields, "code": error.code, "detail": error.message}
            await self._end(job, "failed", error=told)
        except Exception:  # noqa: BLE001 - logged, in a thread because that reads source files
            await log.aexception("a job failed", job=job.id)
            told = {"code": "internal", "detail": "Internal server error"}
            await self._end(job, "failed", error=told)
        else:
            await self._end(job, "done", result=result)
            await self._files.remove(job.id)

    async def _end(self, job: Job, state: jobs.State, **more: dict[str, Any]) -> None:
        async with self._database.transaction() as tx:
            await jobs.set_state(tx, job.id, state, self._database.now(), **more)

    async def _publish(self, job: Job) -> dict[str, Any]:
        actor = await self._actor(job)
        expected = self._sources.largest if job.source else 0
        async with self._storage.staging(expected) as folder:
            bundle, origin = self._files.bundle(job.id), None
            if job.source:
                bundle = folder / "bundle"
                origin = await self._fetch(job, bundle)
            self._board.report(job.id, replace(self._board.of(job.id), phase="publishing"))
            found = await publish(
                self._database,
                self._storage,
                bundle,
                actor=actor,
                origin=origin,
                operations=self._operations,
            )
        release = found.release
        return {
            "slug": release.slug,
            "version": release.version,
            "digest": release.digest,
            "created": found.created,
        }

    async def _actor(self, job: Job) -> Actor:
        if job.actor_id is None:
            return Actor(None, "operator", admin=True)
        async with self._database.snapshot() as connection:
            user = await users.get_by_id(connection, job.actor_id)
        if not user.enabled:
            raise NotFoundError("the account of the one who asked is disabled")
        return Actor(user.id, user.name, user.role == "admin")

    async def _fetch(self, job: Job, bundle: Path) -> Origin:
        def received(size: int, total: int | None) -> None:
            if size - self._board.of(job.id).received >= _STEP or size == total:
                self._board.report(job.id, Progress("receiving", size, total))

        self._board.report(job.id, Progress("receiving"))
        return await self._sources.fetch(
            job.source["source_url"],
            job.source.get("version"),
            bundle,
            sha256=job.source.get("sha256"),
            progress=received,
        )
