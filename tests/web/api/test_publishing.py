"""Uploads that must not become a release, and those that nobody waits for to the end."""

import asyncio
import io
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pluginhub.storage import tree
from pluginhub.web import uploads
from tests import bundles
from tests.conftest import Hub, settings
from tests.storage import test_bundle
from tests.storage.archives import test_tar, test_zip
from tests.storage.archives.bombs import BOMBS
from tests.storage.forms import FORMS, entries
from tests.web import raw
from tests.web.api.calling import call, everything
from tests.web.compat.test_install import until
from tests.web.conftest import serving

RELEASE = "/api/plugins/Clock/releases/1.0.0"


def hostile() -> Iterator[tuple[str, bytes]]:
    """Yield all that the tests of archives know to be wrong."""
    for name, (content, _) in {**test_tar.REFUSED, **test_zip.REFUSED}.items():
        yield name, content
    for name, (make, _) in BOMBS.items():
        yield name, make()
    for name, (_, more) in test_bundle.REFUSED.items():
        for kind, form in FORMS.items():
            yield f"{name} in a {kind}", form(entries(*more))


@pytest.mark.timeout(60)
async def test_whatever_is_wrong_with_an_archive_leaves_nothing(hub: Hub) -> None:
    before = await everything(hub)
    answers: dict[str, tuple[int, str]] = {}
    for name, content in hostile():
        body = io.BytesIO(content)
        async with hub.client.post("/api/plugins", data=body, headers=hub.operator) as answer:
            answers[name] = answer.status, (await answer.json())["code"]
    assert len(answers) > 300
    wrong = {
        name: answer
        for name, answer in answers.items()
        if answer[0] != 422 or not answer[1].startswith("bundle-")
    }
    assert wrong == {}
    assert await everything(hub) == before


async def test_without_memory_to_unpack_the_server_is_busy_and_nothing_is_left(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    before = await everything(hub)
    for place in (tree, zlib):
        monkeypatch.setattr(place, "write_file" if place is tree else "decompressobj", fail)
        body = io.BytesIO(bundles.bundle())
        async with hub.client.post("/api/plugins", data=body, headers=hub.operator) as answer:
            assert (answer.status, (await answer.json())["code"]) == (503, "busy")
            assert answer.headers["Retry-After"] == "1"
        assert await everything(hub) == before
        monkeypatch.undo()
    assert (await hub.publish(bundles.bundle())).created


def head(hub: Hub, *headers: str) -> bytes:
    given = [f"{name}: {value}" for name, value in hub.operator.items()]
    lines = ["POST /api/plugins HTTP/1.1", "Host: hub", *given, *headers, "", ""]
    return "\r\n".join(lines).encode()


def staging(hub: Hub) -> list[str]:
    return [path.name for path in (hub.data / "staging").iterdir()]


async def test_a_client_that_leaves_at_any_time_leaves_nothing_behind(hub: Hub) -> None:
    content = bundles.tar_gz({**bundles.files(), "large.wasm": os.urandom(500_000)})
    before = await everything(hub)
    for tenth in range(10):
        _, writer = await raw.connect(hub)
        sent = content[: len(content) * tenth // 10]
        writer.write(head(hub, f"Content-Length: {len(content)}") + sent)
        await until(hub, lambda: staging(hub) != [])
        writer.close()
        await until(hub, lambda: staging(hub) == [])
    assert await everything(hub) == before


async def test_a_client_that_leaves_before_the_answer_finds_the_release_later(hub: Hub) -> None:
    hub.client.server.handler.handler_cancellation = False  # as in production
    content = bundles.tar_gz({**bundles.files(), **{f"{n}.js": b"" for n in range(300)}})
    _, writer = await raw.connect(hub)
    writer.write(head(hub, f"Content-Length: {len(content)}") + content)
    await until(hub, lambda: len(staging(hub)) == 2)  # received, being unpacked
    writer.close()
    await until(hub, lambda: staging(hub) == [])
    assert (await hub.publish(content)).created is False


async def test_a_client_that_leaves_before_anything_was_read_may_send_it_again(hub: Hub) -> None:
    content = bundles.bundle()
    for _ in range(3):
        _, writer = await raw.connect(hub)
        writer.write(head(hub, f"Content-Length: {len(content)}") + content)
        writer.close()
    async with hub.client.post("/api/plugins", data=content, headers=hub.operator) as answer:
        assert answer.status in {200, 201}
    await until(hub, lambda: staging(hub) == [])
    assert (await call(hub, "GET", RELEASE, hub.operator))[0] == 200


async def test_an_upload_beyond_the_limit_ends_with_its_connection(tmp_path: Path) -> None:
    config = settings(tmp_path / "data", max_upload=10_000)
    async with serving(config, lingering_time=0.1) as hub:
        reader, writer = await raw.connect(hub)
        writer.write(head(hub, "Transfer-Encoding: chunked"))
        writer.write((b"3e8\r\n" + b"x" * 1000 + b"\r\n") * 11)
        async with asyncio.timeout(5):
            assert raw.parse(await reader.read()).status == 413  # which reads until its end
        assert staging(hub) == []
        writer.close()


async def test_what_stands_beside_chunks_does_not_make_an_upload_faster(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_GRACE", 0.2)
    reader, writer = await raw.connect(hub)
    writer.write(head(hub, "Transfer-Encoding: chunked") + b"1;")
    status = asyncio.create_task(reader.readline())
    while not status.done():
        writer.write(b"x" * 1000)
        await asyncio.sleep(0.01)
    assert int((await status).split()[1]) == 408
    writer.close()
