"""The native API: jobs, which publish after their request was answered."""

import json
from typing import Any, Self

from aiohttp import web
from pydantic import ConfigDict

from pluginhub import errors
from pluginhub.database import jobs as rows
from pluginhub.database.jobs import Job, State
from pluginhub.lifecycle.job_progress import Phase, Progress
from pluginhub.web import event_stream, keys
from pluginhub.web.api.shapes import moment
from pluginhub.web.operations import Answer, operation

_SHOWN = 200  # jobs
_EXAMPLE: dict[str, Any] = {
    "id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f",
    "state": "running",
    "source_url": "https://github.com/example/dashboard",
    "phase": "receiving",
    "received": 1048576,
    "total": 4194304,
    "attempts": 1,
    "result": None,
    "error": None,
    "created_at": "2026-05-01T09:30:00Z",
    "updated_at": "2026-05-01T09:30:02Z",
}


class JobAnswer(Answer):
    """A job: how far it is, in bytes, and what came of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    state: State
    source_url: str | None
    phase: Phase
    received: int
    total: int | None
    attempts: int
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, job: Job, progress: Progress) -> Self:
        """Return how a job is shown."""
        return cls(
            id=job.id,
            state=job.state,
            source_url=job.source.get("source_url"),
            phase=progress.phase,
            received=progress.received,
            total=progress.total,
            attempts=job.attempts,
            result=job.result,
            error=job.error,
            created_at=moment(job.created_at),
            updated_at=moment(job.updated_at),
        )


class JobsAnswer(Answer):
    """Jobs, the newest first."""

    jobs: list[JobAnswer]


@operation()
async def list_all(request: web.Request) -> JobsAnswer:
    """Answer the jobs of who asks; to admins everybody's."""
    actor = request[keys.ACTOR]
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await rows.list_of(connection, None if actor.admin else actor.user_id, _SHOWN)
    return JobsAnswer(jobs=[shown(request, job) for job in found])


@operation(errors=(errors.NotFoundError,))
async def show(request: web.Request) -> JobAnswer:
    """Answer a job."""
    return shown(request, await _get(request))


@operation(errors=(errors.NotFoundError, errors.ConflictError))
async def cancel(request: web.Request) -> JobAnswer:
    """End a job soon; one that has published already stays done."""
    return shown(request, await request.app[keys.JOBS].cancel(await _get(request)))


@operation(status=202, errors=(errors.NotFoundError, errors.ConflictError))
async def retry(request: web.Request) -> JobAnswer:
    """Begin a job again that failed or was cancelled."""
    return shown(request, await request.app[keys.JOBS].retry(await _get(request)))


@operation(answer="text/event-stream", errors=(errors.NotFoundError,))
async def events(request: web.Request) -> web.StreamResponse:
    """Tell of a job as server-sent events, until it has ended."""
    job = await _get(request)
    response = await event_stream.begin(request)
    async for news in request.app[keys.JOBS].follow(job.id, event_stream.HEARTBEAT):
        if news is None:
            await response.write(event_stream.STILL_THERE)
            continue
        text = json.dumps(shown(request, news).model_dump(mode="json"))
        await response.write(event_stream.message(news.state, text.encode()))
    await response.write_eof()
    return response


def shown(request: web.Request, job: Job) -> JobAnswer:
    """Return how a job is shown, with how far it is now."""
    return JobAnswer.of(job, request.app[keys.JOBS].progress(job))


async def _get(request: web.Request) -> Job:
    """Return the job that the address names; somebody else's is answered as one that is not."""
    actor = request[keys.ACTOR]
    job = await request.app[keys.JOBS].get(request.match_info["id"])
    if not actor.admin and job.actor_id != actor.user_id:
        raise errors.NotFoundError("there is no such job", job=request.match_info["id"])
    return job
