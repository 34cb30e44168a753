"""Sources are looked at, not too often, and what is seen there is written down."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from pluginhub.database import installations, plugins, releases, remote_versions
from pluginhub.database.connection import Database
from pluginhub.database.remote_versions import RemoteVersion
from pluginhub.lifecycle.update_checks import UpdateChecks
from pluginhub.sources.sources import Sources
from tests import bundles
from tests.accounts.conftest import Clock
from tests.conftest import settings
from tests.database import rows
from tests.sources.fake_github import FakeGitHub, running
from tests.web.conftest import serving

URL = "https://github.com/example/clock"
HOUR = 3600


@pytest.fixture(name="github")
async def _github() -> AsyncIterator[FakeGitHub]:
    async with running() as github:
        yield github


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock()


@pytest.fixture(name="checks")
async def _checks(github: FakeGitHub, clock: Clock, tmp_path: Path) -> AsyncIterator[UpdateChecks]:
    sources = Sources(github.settings, 1000)
    async with Database.open(tmp_path / "pluginhub.db", clock) as database:
        yield UpdateChecks(database, sources, HOUR)
    await sources.close()


async def install(database: Database, slug: str, url: str) -> None:
    """Let a user have a plugin that came from a repository."""
    new = replace(rows.release(slug), source_type="github", source_url=url)
    async with database.transaction() as tx:
        await plugins.add(tx, slug, None, 1)
        await releases.add(tx, new, [rows.FILE], new.manifest.modules)
        release = await releases.get(tx, slug, "1.0.0")
    user = await rows.add_user(database, slug, digit=hex(len(slug))[2])
    async with database.transaction() as tx:
        await installations.add(tx, rows.installation(user, release))


async def seen(checks: UpdateChecks, url: str = URL) -> RemoteVersion | None:
    async with checks.database.snapshot() as connection:
        return await remote_versions.find(connection, url)


async def test_every_source_is_asked_once_an_interval(
    github: FakeGitHub, checks: UpdateChecks, clock: Clock
) -> None:
    other = "https://github.com/example/alarm"
    await install(checks.database, "Clock", URL)
    await install(checks.database, "Another", URL)
    await install(checks.database, "Alarm1", other)
    github.release("v1.0.0", b"one")
    github.release("v3", b"three", repository="example/alarm")
    await checks.check_all_due()
    await checks.check_all_due()
    assert sorted(github.asked) == [
        "/repos/example/alarm/releases/latest",
        "/repos/example/clock/releases/latest",
    ]
    found = await seen(checks)
    assert found
    assert (found.tag, found.checked_at, found.error) == ("v1.0.0", int(clock.time), None)
    assert HOUR <= found.next_check_at - found.checked_at <= 1.1 * HOUR
    assert (alarm := await seen(checks, other))
    assert alarm.tag == "v3"
    clock.time += HOUR - 1
    await checks.check_all_due()
    assert len(github.asked) == 2
    github.release("v2.0.0", b"two")
    clock.time += HOUR
    await checks.check_all_due()
    assert len(github.asked) == 4
    assert (found := await seen(checks))
    assert found.tag == "v2.0.0"


async def test_an_answer_that_is_known_is_not_sent_again(
    github: FakeGitHub, checks: UpdateChecks
) -> None:
    github.release("v1.0.0", b"one")
    await checks.check(URL)
    statuses: list[int] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        github.answer = None
        response = await github.respond(request)
        statuses.append(response.status)
        return response

    github.answer = answer
    again = await checks.check(URL)
    assert (again.tag, again.error, statuses) == ("v1.0.0", None, [304])


async def test_a_source_that_fails_is_asked_less_and_less(
    github: FakeGitHub, checks: UpdateChecks, clock: Clock
) -> None:
    github.release("v1.0.0", b"one")
    await checks.check(URL)
    github._releases.clear()
    waits = []
    for number in range(1, 12):
        failed = await checks.check(URL)
        assert (failed.tag, failed.failures) == ("v1.0.0", number)
        assert "no release" in (failed.error or "")
        waits.append((failed.next_check_at - int(clock.time)) // HOUR)
    for wait, least in zip(waits, (2, 4, 8, 16, 32, 64, 128, 168, 168, 168, 168), strict=True):
        assert least <= wait <= 1.1 * least
    github.release("v2.0.0", b"two")
    found = await checks.check(URL)
    assert (found.tag, found.failures, found.error) == ("v2.0.0", 0, None)


async def test_a_pause_that_the_source_wants_is_kept(
    github: FakeGitHub, checks: UpdateChecks, clock: Clock
) -> None:
    until = int(clock.time) + 5 * HOUR

    async def limited(_request: web.Request) -> web.Response:
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(until)}
        return web.Response(status=403, headers=headers)

    github.answer = limited
    assert (await checks.check(URL)).next_check_at == until
    until = 9_999_999_999  # or a lie
    assert (await checks.check(URL)).next_check_at < clock.time + 30 * 24 * HOUR


async def test_the_server_looks_by_itself_and_not_during_a_request(
    tmp_path: Path, github: FakeGitHub
) -> None:
    publish = github.settings.model_copy(update={"check_interval": 1})
    config = settings(tmp_path / "data").model_copy(update={"publish": publish})
    github.release("v1.0.0", bundles.bundle())
    async with serving(config) as hub:
        root = await hub.sign_in(await hub.add_user("root", "admin"))
        path = "/api/v1/plugins"
        body = {"repo_url": URL}
        installed = await hub.client.post(f"{path}/install-from-url", json=body, headers=root)
        assert installed.status == 200
        github.release("v1.5.0", b"not loaded")
        before = len(github.asked)
        async with asyncio.timeout(8):
            while True:
                answer = await hub.client.get(f"{path}/updates/available", headers=root)
                if updates := (await answer.json())["data"]["available_updates"]:
                    break
        assert updates[0]["latest_version"] == "1.5.0"
        entry = (await hub.designer(root))["Clock"]
        assert (entry["updateAvailable"], entry["latestVersion"]) == (True, "1.5.0")
        assert entry["lastUpdateCheck"].endswith("Z")
        assert {*github.asked[before:]} == {"/repos/example/clock/releases/latest"}
