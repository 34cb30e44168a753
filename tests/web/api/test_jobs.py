"""Publishing as a job: asked for, followed, cancelled, begun again."""

import asyncio
import hashlib
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from pluginhub.config import Config, Storage
from tests import bundles
from tests.conftest import Hub
from tests.sources.fake_github import FakeGitHub, running
from tests.web.api.calling import Headers, call
from tests.web.conftest import serving

REPOSITORY = "https://github.com/example/clock"
BUNDLE = bundles.bundle()
JOBS = "/api/plugins/jobs"


@dataclass
class World:
    """A hub where users may publish, and a GitHub."""

    hub: Hub
    github: FakeGitHub
    root: Headers
    ann: Headers
    ben: Headers

    async def ask(self, headers: Headers, **source: Any) -> dict[str, Any]:
        """Ask for a job, and return it."""
        status, job = await call(self.hub, "POST", "/api/plugins", headers, source)
        assert status == 202, job
        found: dict[str, Any] = job
        return found

    async def upload(self, headers: Headers, content: bytes, **more: str) -> tuple[int, Any]:
        body = io.BytesIO(content)
        url = "/api/plugins"
        async with self.hub.client.post(url, data=body, headers={**headers, **more}) as answer:
            return answer.status, await answer.json()

    async def ended(self, job: dict[str, Any], headers: Headers) -> dict[str, Any]:
        """Return a job when it has ended."""
        async with asyncio.timeout(8):
            while True:
                status, found = await call(self.hub, "GET", f"{JOBS}/{job['id']}", headers)
                assert status == 200, found
                if found["state"] in {"done", "failed", "cancelled"}:
                    result: dict[str, Any] = found
                    return result

    async def events(
        self, job: dict[str, Any], headers: Headers, receiving: asyncio.Event | None = None
    ) -> list[dict[str, Any]]:
        """Return all that is told of a job until it has ended."""
        url, told = f"{JOBS}/{job['id']}/events", []
        async with self.hub.client.get(url, headers=headers) as answer:
            assert answer.content_type == "text/event-stream"
            async for line in answer.content:
                if line.startswith(b"data: "):
                    told.append(json.loads(line.removeprefix(b"data: ")))
                    if receiving and told[-1]["phase"] == "receiving":
                        receiving.set()
        return told

    def leftovers(self) -> list[Path]:
        folders = [self.hub.data / name for name in ("jobs", "staging")]
        return [path for folder in folders for path in folder.iterdir()]


@asynccontextmanager
async def made(data: Path, github: FakeGitHub) -> AsyncIterator[World]:
    storage = Storage(plugins_base_dir=data, disk_reserve=0)
    publish = github.settings.model_copy(update={"allow": "users"})
    async with serving(Config(storage=storage, publish=publish)) as hub:
        names = [("root", "admin"), ("ann", "user"), ("ben", "user")]
        people = [await hub.add_user(name, role) for name, role in names]  # type: ignore[arg-type]
        yield World(hub, github, *[await hub.sign_in(person) for person in people])


@pytest.fixture(name="world")
async def _world(tmp_path: Path) -> AsyncIterator[World]:
    async with running() as github, made(tmp_path / "data", github) as world:
        github.release("v1.0.0", BUNDLE)
        yield world
        assert world.leftovers() == []


async def asked(github: FakeGitHub, number: int) -> None:
    """Wait until so many requests came."""
    async with asyncio.timeout(8):
        while len(github.asked) < number:  # noqa: ASYNC110 - a list tells nobody
            await asyncio.sleep(0.01)


def waiting(github: FakeGitHub) -> asyncio.Event:
    """Let downloads begin and wait until the event is set."""
    go = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(BUNDLE))})
        await response.prepare(request)
        await response.write(BUNDLE[:10])
        await go.wait()
        await response.write(BUNDLE[10:])
        return response

    github.answer = answer
    return go


async def test_a_release_at_github_is_published_by_a_job(world: World) -> None:
    job = await world.ask(world.ann, source_url=REPOSITORY)
    assert (job["state"], job["source_url"]) == ("queued", REPOSITORY)
    done = await world.ended(job, world.ann)
    expected = {"slug": "Clock", "version": "1.0.0", "created": True}
    assert (done["state"], done["error"], done["attempts"]) == ("done", None, 1)
    assert {key: done["result"][key] for key in expected} == expected
    _, found = await call(world.hub, "GET", "/api/plugins/Clock/releases/1.0.0", world.ben)
    assert (found["source_tag"], found["source_url"]) == ("v1.0.0", REPOSITORY)


async def test_the_answer_says_where_the_job_is(world: World) -> None:
    url = "/api/plugins"
    body = {"source_url": REPOSITORY}
    async with world.hub.client.post(url, json=body, headers=world.ann) as answer:
        location = answer.headers["Location"]
        job = await answer.json()
    assert location == f"{JOBS}/{job['id']}"
    await world.ended(job, world.ann)


async def test_an_archive_is_held_against_its_digest(world: World) -> None:
    url = f"{world.github.url}/files/example/clock/v1.0.0/clock.tar.gz"
    wrong = await world.ask(world.ann, source_url=url, sha256="0" * 64)
    failed = await world.ended(wrong, world.ann)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "source-digest-mismatch")
    right = hashlib.sha256(BUNDLE).hexdigest()
    job = await world.ask(world.ann, source_url=url, sha256=right)
    assert (await world.ended(job, world.ann))["state"] == "done"


async def test_an_upload_is_published_later_if_that_is_preferred(world: World) -> None:
    status, job = await world.upload(world.ann, BUNDLE, Prefer="respond-async")
    assert (status, job["source_url"]) == (202, None)
    assert (await world.ended(job, world.ann))["result"]["slug"] == "Clock"
    assert (await world.upload(world.ann, BUNDLE))[0] == 200
    status, failed = await world.upload(world.ann, b"no bundle", Prefer="respond-async")
    assert status == 202
    failed = await world.ended(failed, world.ann)
    assert failed["error"]["code"].startswith("bundle-")
    status, again = await call(world.hub, "POST", f"{JOBS}/{failed['id']}/retry", world.ann)
    assert (status, again["state"], again["attempts"]) == (202, "queued", 0)
    assert (await world.ended(failed, world.ann))["state"] == "failed"
    await call(world.hub, "POST", f"{JOBS}/{failed['id']}/cancel", world.ann)
    async with world.hub.database.transaction() as tx:
        await tx.execute("DELETE FROM jobs")
    for path in (world.hub.data / "jobs").iterdir():
        (path / "bundle").unlink()
        path.rmdir()


async def test_a_job_is_followed_to_its_end(world: World) -> None:
    go = waiting(world.github)
    job = await world.ask(world.ann, source_url=f"{world.github.url}/clock.tar.gz")
    told = await world.events(job, world.ann, receiving=go)
    assert told[-1]["state"] == "done"
    assert await world.events(job, world.ann) == [told[-1]]


async def test_a_running_job_is_cancelled_and_begun_again(world: World) -> None:
    go = waiting(world.github)
    job = await world.ask(world.ann, source_url=f"{world.github.url}/clock.tar.gz")
    await asked(world.github, 1)
    url = f"{JOBS}/{job['id']}"
    status, found = await call(world.hub, "POST", f"{url}/cancel", world.ann)
    assert (status, found["state"]) == (200, "cancelled")
    assert (await call(world.hub, "POST", f"{url}/cancel", world.ann))[0] == 409
    assert await call(world.hub, "GET", "/api/plugins", world.ann) == (
        200,
        {"plugins": [], "total": 0},
    )
    go.set()
    assert (await call(world.hub, "POST", f"{url}/retry", world.ann))[0] == 202
    assert (await world.ended(job, world.ann))["state"] == "done"
    assert (await call(world.hub, "POST", f"{url}/retry", world.ann))[0] == 409


async def test_jobs_are_for_those_who_asked_and_for_admins(world: World) -> None:
    job = await world.ask(world.ann, source_url=REPOSITORY)
    await world.ended(job, world.ann)
    for method, path in [("GET", ""), ("GET", "/events"), ("POST", "/cancel"), ("POST", "/retry")]:
        theirs = await call(world.hub, method, f"{JOBS}/{job['id']}{path}", world.ben)
        nothing = await call(world.hub, method, f"{JOBS}/{'0' * 32}{path}", world.ben)
        assert theirs[0] == nothing[0] == 404
        assert theirs[1]["detail"] == nothing[1]["detail"]
    for headers, number in [(world.ann, 1), (world.root, 1), (world.ben, 0)]:
        assert len((await call(world.hub, "GET", JOBS, headers))[1]["jobs"]) == number


async def test_so_many_jobs_wait_and_no_more(world: World) -> None:
    go = waiting(world.github)
    url = f"{world.github.url}/clock.tar.gz"
    jobs = [await world.ask(world.ann, source_url=url) for _ in range(20)]
    status, problem = await call(world.hub, "POST", "/api/plugins", world.ann, {"source_url": url})
    assert (status, problem["code"]) == (429, "too-many-requests")
    await world.ask(world.ben, source_url=url)
    go.set()
    for job in jobs:
        assert (await world.ended(job, world.ann))["state"] == "done"
    for job in (await call(world.hub, "GET", JOBS, world.ben))[1]["jobs"]:
        await world.ended(job, world.root)


async def test_what_a_stop_interrupts_is_begun_again_three_times(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running() as github:
        waiting(github)
        for attempt in range(1, 4):
            async with made(data, github) if attempt == 1 else again(data, github) as world:
                if attempt == 1:
                    await world.ask(world.root, source_url=f"{github.url}/clock.tar.gz")
                await asked(github, attempt)
        github.answer = None
        async with again(data, github) as world:
            [job] = (await call(world.hub, "GET", JOBS, world.hub.operator))[1]["jobs"]
            job = await world.ended(job, world.root)
            assert (job["state"], job["attempts"]) == ("failed", 3)
            assert job["error"]["code"] == "interrupted"


@asynccontextmanager
async def again(data: Path, github: FakeGitHub) -> AsyncIterator[World]:
    storage = Storage(plugins_base_dir=data, disk_reserve=0)
    async with serving(Config(storage=storage, publish=github.settings)) as hub:
        yield World(hub, github, hub.operator, hub.operator, hub.operator)


async def test_an_upload_survives_a_stop_and_one_that_is_lost_is_said(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running() as github:
        waiting(github)
        async with made(data, github) as world:
            for _ in range(2):  # nothing else runs beside these
                await world.ask(world.root, source_url=f"{github.url}/clock.tar.gz")
            await asked(github, 2)
            later = {"Prefer": "respond-async"}
            _, kept = await world.upload(world.root, bundles.bundle("Map"), **later)
            _, lost = await world.upload(world.root, bundles.bundle("Sun"), **later)
        (data / "jobs" / lost["id"] / "bundle").unlink()
        async with again(data, github) as world:
            for job in (await call(world.hub, "GET", JOBS, world.root))[1]["jobs"]:
                if job["source_url"]:
                    await call(world.hub, "POST", f"{JOBS}/{job['id']}/cancel", world.root)
            assert (await world.ended(kept, world.root))["result"]["slug"] == "Map"
            failed = await world.ended(lost, world.root)
            assert (failed["state"], failed["error"]["code"]) == ("failed", "incomplete")
