"""Uploads go to the disk, up to a limit, at a pace, a few at once."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pluginhub.errors import BusyError, NoSpaceError, TooLargeError, TooSlowError
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.shared import SharedStorage
from pluginhub.web import keys, uploads
from pluginhub.web.uploads import Uploads, receive
from tests import bundles
from tests.conftest import Hub, settings
from tests.web import raw
from tests.web.conftest import serving


@pytest.fixture(name="disk")
def _disk(tmp_path: Path) -> SharedStorage:
    return SharedStorage(DataDirectory.at(tmp_path))


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


@pytest.mark.parametrize("content", [[], [b""], [b"a"], [b"ab", b"", b"c"], [b"x" * 3_000_000] * 3])
async def test_what_arrives_is_in_the_file(
    tmp_path: Path, disk: SharedStorage, content: list[bytes]
) -> None:
    whole = b"".join(content)
    assert await receive(pieces(*content), tmp_path / "file", len(whole), disk) == len(whole)
    assert (tmp_path / "file").read_bytes() == whole


async def test_no_byte_more_than_the_limit_is_taken(tmp_path: Path, disk: SharedStorage) -> None:
    asked_for = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked_for
        while True:
            asked_for += 1
            yield b"x" * 1000

    with pytest.raises(TooLargeError) as caught:
        await receive(endless(), tmp_path / "file", 10_500, disk)
    assert (asked_for, caught.value.fields) == (
        11,
        {"limit": 10_500, "setting": "server.max_upload"},
    )


async def test_what_is_too_large_can_be_said_otherwise(tmp_path: Path, disk: SharedStorage) -> None:
    with pytest.raises(TooLargeError, match="no more than 3"):
        await receive(
            pieces(b"1234"),
            tmp_path / "file",
            3,
            disk,
            lambda limit: TooLargeError(f"no more than {limit}"),
        )


async def test_what_comes_too_slowly_is_not_waited_for(
    tmp_path: Path, disk: SharedStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_GRACE", 0.05)
    begun = asyncio.get_running_loop().time()

    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    with pytest.raises(TooSlowError):
        await receive(drops(), tmp_path / "file", 1000, disk)
    assert asyncio.get_running_loop().time() - begun >= 0.05


async def test_what_came_fast_may_pause_for_longer(
    tmp_path: Path, disk: SharedStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_GRACE", 0.05)

    async def hesitating() -> AsyncIterator[bytes]:
        yield b"x" * 1024 * 1024
        await asyncio.sleep(0.1)
        yield b"y"

    assert await receive(hesitating(), tmp_path / "file", 2**21, disk) == 2**20 + 1


async def test_no_byte_of_the_reserve_of_the_disk_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, room = tmp_path / "file", 5 * 2**20

    def used(_: Path) -> shutil._ntuple_diskusage:
        taken = file.stat().st_size if file.exists() else 0
        return shutil._ntuple_diskusage(10**9, 0, 10**6 + room - taken)

    monkeypatch.setattr(shutil, "disk_usage", used)
    disk = SharedStorage(DataDirectory.at(tmp_path), 10**6)
    with pytest.raises(NoSpaceError, match=r"storage\.disk_reserve keeps 1000000"):
        await receive(pieces(*[b"x" * 100_000] * 100), file, 10**9, disk)
    assert room - 2**20 - 100_000 < file.stat().st_size <= room


async def test_an_upload_that_would_take_of_it_is_told_before_its_first_byte(hub: Hub) -> None:
    free = shutil.disk_usage(hub.data).free
    hub.storage._disk_reserve = free - 2**20
    lines = [
        "POST /api/plugins HTTP/1.1",
        "Host: hub",
        f"Authorization: {hub.operator['Authorization']}",
        f"Content-Length: {50 * 2**20}",
        "Expect: 100-continue",
    ]
    request = "\r\n".join([*lines, "", ""]).encode()
    assert await raw.first_status(hub, request) == 507


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
