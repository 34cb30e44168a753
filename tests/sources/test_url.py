"""A download is bounded, checked, and whole or not at all."""

import asyncio
import gzip
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from pluginhub.errors import SourceError
from pluginhub.models import Origin
from pluginhub.sources.sources import Sources
from tests.sources.conftest import LIMIT
from tests.sources.fake_github import FakeGitHub

Handler = Callable[[web.Request], Awaitable[web.Response]]

CONTENT = b"x" * LIMIT


def raw(*parts: bytes, endless: bool = False) -> Handler:
    """Return a handler that writes these bytes to the connection, and ends it."""

    async def handler(request: web.Request) -> web.Response:
        transport = request.transport
        assert transport
        for part in parts:
            transport.write(part)
        while endless and not transport.is_closing():
            transport.write(b"10\r\n" + b"x" * 16 + b"\r\n")
            await asyncio.sleep(0)
        transport.close()
        return web.Response()

    return handler


def answering(body: bytes = CONTENT, status: int = 200, **headers: str) -> Handler:
    async def handler(_request: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, status=status, headers=named)

    return handler


async def refused(
    sources: Sources, url: str, folder: Path, sha256: str | None = None
) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await sources.fetch_url(url, folder / "bundle", sha256=sha256)
    assert list(folder.iterdir()) == []
    return caught.value


async def test_what_an_address_answers_is_written_and_told(
    github: FakeGitHub, sources: Sources, tmp_path: Path
) -> None:
    github.answer = answering()
    told: list[tuple[int, int | None]] = []
    digest = hashlib.sha256(CONTENT).hexdigest().upper()
    origin = await sources.fetch_url(
        f"{github.url}/a%20b.zip?token=secret#x",
        tmp_path / "bundle",
        sha256=digest,
        progress=lambda received, total: told.append((received, total)),
    )
    assert origin == Origin("url", f"{github.url}/a%20b.zip")
    assert (tmp_path / "bundle").read_bytes() == CONTENT
    assert told[-1] == (LIMIT, LIMIT)
    assert [received for received, _ in told] == sorted(received for received, _ in told)


async def test_a_file_with_another_digest_than_promised_is_refused(
    github: FakeGitHub, sources: Sources, tmp_path: Path
) -> None:
    github.answer = answering()
    error = await refused(sources, github.url, tmp_path, "0" * 64)
    assert error.code == "source-digest-mismatch"
    assert error.fields["sha256"] == hashlib.sha256(CONTENT).hexdigest()


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


async def test_answers_that_cannot_be_used_are_refused(
    github: FakeGitHub, sources: Sources, tmp_path: Path
) -> None:
    bomb = gzip.compress(b"\0" * 1_000_000)
    cases = {
        "source-not-found": [answering(status=404), answering(status=410)],
        "source-too-large": [
            answering(b"x" * (LIMIT + 1)),
            raw(HEAD + b"Content-Length: 99999999999\r\n\r\n"),
            raw(CHUNKED, endless=True),
        ],
        "source-bad-answer": [
            answering(status=500),
            answering(status=206),
            answering(status=204),
            answering(b""),
            answering(bomb, Content_Encoding="gzip"),
            answering(bomb, Content_Encoding="x-unheard-of"),
            raw(HEAD + b"Content-Length: 100\r\n\r\nshort"),
            raw(CHUNKED + b"5\r\nshort"),
            raw(CHUNKED + b"x\r\n"),
            raw(b"nonsense\r\n\r\n"),
            raw(HEAD + b"A: " + b"x" * 100_000 + b"\r\n\r\n"),
            raw(b""),
            answering(status=302, Location="http://["),
        ],
    }
    for code, handlers in cases.items():
        for number, github.answer in enumerate(handlers):
            error = await refused(sources, github.url, tmp_path)
            assert error.code == code, number


async def test_the_time_of_a_download_is_limited(github: FakeGitHub, tmp_path: Path) -> None:
    async def silent(request: web.Request) -> web.Response:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x")
        await asyncio.Event().wait()
        raise AssertionError

    github.answer = silent
    sources = Sources(github.settings, LIMIT, deadline=0.1)
    error = await refused(sources, github.url, tmp_path)
    assert (error.code, "in time" in error.message) == ("source-unreachable", True)
    await sources.close()


async def test_a_server_that_is_not_there_is_told(sources: Sources, tmp_path: Path) -> None:
    error = await refused(sources, "http://127.0.0.1:1/x.zip?secret", tmp_path)
    assert error.code == "source-unreachable"
    assert error.fields["url"] == "http://127.0.0.1:1/x.zip"


async def test_a_cancelled_download_leaves_nothing(
    github: FakeGitHub, sources: Sources, tmp_path: Path
) -> None:
    on_disk = asyncio.Event()

    def progress(received: int, _total: int | None) -> None:
        if received > 1024 * 1024:
            on_disk.set()

    megabyte = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    github.answer = raw(CHUNKED, megabyte, megabyte, endless=True)
    sources.largest = 10**12
    task = asyncio.create_task(
        sources.fetch_url(github.url, tmp_path / "bundle", progress=progress)
    )
    await on_disk.wait()
    while not await asyncio.to_thread((tmp_path / "bundle").exists):
        pass
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(tmp_path.iterdir()) == []


def redirecting(target: str, times: int = 1) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        number = int(request.query.get("n", "0"))
        if number == times:
            return web.Response(body=CONTENT)
        location = target or f"/x?n={number + 1}"
        return web.Response(
            status=(301, 302, 303, 307, 308)[number], headers={"Location": location}
        )

    return handler


async def test_three_redirects_are_followed_and_no_more(
    github: FakeGitHub, sources: Sources, tmp_path: Path
) -> None:
    github.answer = redirecting("", 3)
    await sources.fetch_url(github.url, tmp_path / "bundle")
    assert (tmp_path / "bundle").read_bytes() == CONTENT
    (tmp_path / "bundle").unlink()
    github.answer = redirecting("", 4)
    error = await refused(sources, github.url, tmp_path)
    assert (error.code, "more than 3" in error.message) == ("source-bad-answer", True)


async def test_every_redirect_is_checked(
    github: FakeGitHub, sources: Sources, tmp_path: Path
) -> None:
    for target, code in {
        "http://[::1]/": "source-refused-address",
        "http://169.254.169.254/latest/meta-data": "source-refused-address",
        "//10.0.0.1/": "source-refused-address",
        "file:///etc/passwd": "source-bad-url",
        "ftp://127.0.0.1/": "source-bad-url",
        "http://user@127.0.0.1/": "source-bad-url",
    }.items():
        github.answer = redirecting(target)
        assert (await refused(sources, github.url, tmp_path)).code == code, target
