"""Releases at GitHub."""

import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from pluginhub.errors import SourceError
from pluginhub.models import Origin
from pluginhub.sources.sources import Sources
from tests.sources.conftest import LIMIT
from tests.sources.fake_github import FakeGitHub, running

REPOSITORY = "https://github.com/example/clock"


async def refused(sources: Sources, version: str = "latest") -> SourceError:
    with pytest.raises(SourceError) as caught:
        await sources.find_release(REPOSITORY, version)
    return caught.value


async def test_the_newest_release_or_one_by_its_tag_is_loaded(
    github: FakeGitHub, sources: Sources, tmp_path: Path
) -> None:
    github.release("v1.0.0", b"one")
    github.release("v2/x y", b"two", "clock.TGZ")
    github.release("v3.0.0", b"three", "clock.zip")
    for version, tag, content in [
        ("latest", "v3.0.0", b"three"),
        ("v1.0.0", "v1.0.0", b"one"),
    ]:
        file = tmp_path / tag
        origin = await sources.fetch_github(REPOSITORY, version, file)
        assert origin == Origin("github", REPOSITORY, tag)
        assert file.read_bytes() == content
    assert github.asked[0] == "/repos/example/clock/releases/latest"
    await sources.find_release("example/clock", "v1.0.0")
    assert github.asked[-1] == "/repos/example/clock/releases/tags/v1.0.0"


async def test_a_tag_is_one_segment_of_the_address(github: FakeGitHub, sources: Sources) -> None:
    raw: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        raw.append(request.raw_path)
        return web.json_response({}, status=404)

    github.answer = answer
    assert (await refused(sources, "../../../user?x#y")).code == "source-not-found"
    assert raw == ["/repos/example/clock/releases/tags/..%2F..%2F..%2Fuser%3Fx%23y"]


async def test_a_release_without_archive_is_loaded_from_its_sources(
    github: FakeGitHub, sources: Sources, tmp_path: Path
) -> None:
    github.release("v1.0.0", b"sources", name="")
    await sources.fetch_github(REPOSITORY, "latest", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"sources"
    github.release("v2.0.0", b"x", name="", tarball_url=None)
    assert (await refused(sources)).code == "source-not-found"


async def test_a_file_must_be_what_the_release_says(
    github: FakeGitHub, sources: Sources, tmp_path: Path
) -> None:
    github.release("v1.0.0", b"one")
    github._files = dict.fromkeys(github._files, b"another")
    with pytest.raises(SourceError, match="promised") as caught:
        await sources.fetch_github(REPOSITORY, "latest", tmp_path / "file")
    assert caught.value.code == "source-digest-mismatch"


async def test_an_answer_that_is_known_costs_nothing(github: FakeGitHub, sources: Sources) -> None:
    github.release("v1.0.0", b"one")
    found = await sources.find_release(REPOSITORY)
    assert await sources.find_news(REPOSITORY, etag=found.etag) is None
    github.release("v2.0.0", b"two")
    news = await sources.find_news(REPOSITORY, etag=found.etag)
    assert news
    assert news.tag == "v2.0.0"


@pytest.mark.parametrize(
    ("limited", "reset"),
    [
        ((403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1900000000"}), 1_900_000_000),
        ((403, {"Retry-After": "30"}), 1_800_000_030),
        ((429, {"Retry-After": "30"}), 1_800_000_030),
        ((429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), 1_800_000_060),
        ((429, {}), 1_800_000_060),
    ],
)
async def test_a_server_that_wants_a_pause_says_until_when(
    github: FakeGitHub,
    sources: Sources,
    monkeypatch: pytest.MonkeyPatch,
    limited: tuple[int, dict[str, str]],
    reset: int,
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({}, status=limited[0], headers=limited[1])

    github.answer = answer
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    error = await refused(sources)
    assert (error.code, error.fields["reset_at"]) == ("source-rate-limited", reset)


async def test_answers_that_are_not_those_of_github_are_refused(
    github: FakeGitHub, sources: Sources
) -> None:
    answers: list[Any] = [
        {"status": 403},
        {"status": 401},
        {"status": 500},
        {"status": 304},
        {"text": "<html>"},
        {"text": "[]"},
        {"text": '{"tag_name": 1}'},
        {"text": '{"tag_name": "' + "x" * 3_000_000 + '"}'},
        {"body": b"\xff"},
    ]
    for arguments in answers:

        async def answer(_request: web.Request, given: Any = arguments) -> web.Response:
            return web.Response(**given)

        github.answer = answer
        assert (await refused(sources)).code == "source-bad-answer", arguments


async def test_the_token_goes_to_the_api_and_to_nobody_else(
    github: FakeGitHub, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("secret\n")
    async with running() as other:
        settings = github.settings.model_copy(update={"github_token_file": str(tmp_path / "token")})
        sources = Sources(settings, LIMIT)
        other.release("v1.0.0", b"one")
        github._releases = other._releases  # the file lies elsewhere
        await sources.fetch_github(REPOSITORY, "latest", tmp_path / "first")
        assert (github.tokens, other.tokens) == (["Bearer secret"], [None])

        async def redirect(request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": other.url + request.path})

        github.answer = redirect
        await sources.find_release(REPOSITORY)
        assert (github.tokens[1:], other.tokens[1:]) == (["Bearer secret"], [None])
        (tmp_path / "token").unlink()
        assert (await refused(sources)).code == "source-unreachable"
        await sources.close()


async def test_a_file_of_a_private_repository_is_loaded_from_the_api(
    github: FakeGitHub, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("secret")
    settings = github.settings.model_copy(update={"github_token_file": str(tmp_path / "token")})
    sources = Sources(settings, LIMIT)
    url = f"{github.url}/files/private"
    github._files["/files/private"] = b"one"
    asset = {"name": "a.zip", "url": url, "browser_download_url": f"{github.url}/page"}
    github.release("v1.0.0", b"one", assets=[asset])
    await sources.fetch_github(REPOSITORY, "latest", tmp_path / "file")
    assert github.asked[-1] == "/files/private"
    assert github.tokens == ["Bearer secret"] * 2
    await sources.close()
