"""Uploads go to the disk, up to a limit, at a pace, a few at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pluginhub.errors import BusyError, TooLargeError, TooSlowError
from pluginhub.web import keys, uploads
from pluginhub.web.uploads import Uploads, receive
from tests import bundles
from tests.conftest import Hub, settings
from tests.web import raw
from tests.web.conftest import serving


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


@pytest.mark.parametrize("content", [[], [b""], [b"a"], [b"ab", b"", b"c"], [b"x" * 3_000_000] * 3])
async def test_what_arrives_is_in_the_file(tmp_path: Path, content: list[bytes]) -> None:
    whole = b"".join(content)
    assert await receive(pieces(*content), tmp_path / "file", len(whole)) == len(whole)
    assert (tmp_path / "file").read_bytes() == whole


async def test_no_byte_more_than_the_limit_is_taken(tmp_path: Path) -> None:
    asked_for = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked_for
        while True:
            asked_for += 1
            yield b"x" * 1000

    with pytest.raises(TooLargeError) as caught:
        await receive(endless(), tmp_path / "file", 10_500)
    assert (asked_for, caught.value.fields) == (
        11,
        {"limit": 10_500, "setting": "server.max_upload"},
    )


async def test_what_comes_too_slowly_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_GRACE", 0.05)
    begun = asyncio.get_running_loop().time()

    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    with pytest.raises(TooSlowError):
        await receive(drops(), tmp_path / "file", 1000)
    assert asyncio.get_running_loop().time() - begun >= 0.05


async def test_what_came_fast_may_pause_for_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_GRACE", 0.05)

    async def hesitating() -> AsyncIterator[bytes]:
        yield b"x" * 1024 * 1024
        await asyncio.sleep(0.1)
        yield b"y"

    assert await receive(hesitating(), tmp_path / "file", 2**21) == 2**20 + 1


def test_one_user_leaves_room_for_others() -> None:
    counted = Uploads()
    with ExitStack() as three:
        with counted.one_more("ann"):
            for _ in range(3):
                three.enter_context(counted.one_more("ann"))
            with pytest.raises(BusyError), counted.one_more("ann"):
                pass
            with counted.one_more("ben"):
                pass
        with counted.one_more("ann"):
            pass


def test_all_together_leave_room_for_everything_else() -> None:
    counted = Uploads()
    with ExitStack() as many:
        for number in range(16):
            many.enter_context(counted.one_more(f"user {number}"))
        with pytest.raises(BusyError) as caught, counted.one_more("one more"):
            pass
    assert caught.value.fields == {"retry_after": 10.0}
    with counted.one_more("one more"):
        pass


async def test_too_many_uploads_are_told_when_to_come_back(hub: Hub) -> None:
    with ExitStack() as many:
        for _ in range(4):
            many.enter_context(hub.app[keys.UPLOADS].one_more("operator"))
        headers, body = hub.operator, bundles.bundle()
        answer = await hub.client.post("/api/plugins", data=body, headers=headers)
        assert (answer.status, (await answer.json())["code"]) == (503, "busy")
        assert answer.headers["Retry-After"] == "10"


async def test_an_upload_without_a_length_is_cut_at_the_limit(tmp_path: Path) -> None:
    async with serving(settings(tmp_path / "data", max_upload=10_000)) as hub:
        for size in (11_000, 500_000):
            body = pieces(*[b"x" * 1000] * (size // 1000))
            answer = await hub.client.post("/api/plugins", data=body, headers=hub.operator)
            assert (answer.status, (await answer.json())["limit"]) == (413, 10_000)
            assert list((hub.data / "staging").iterdir()) == []


async def test_an_upload_that_announces_too_much_is_not_read(tmp_path: Path) -> None:
    async with serving(settings(tmp_path / "data", max_upload=10_000)) as hub:
        lines = [f"{name}: {value}" for name, value in hub.operator.items()]
        lines = ["POST /api/plugins HTTP/1.1", "Host: hub", "Content-Length: 10001", *lines]
        request = "\r\n".join([*lines, "", ""]).encode()
        assert await raw.first_status(hub, request) == 413
