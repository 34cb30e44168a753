"""Files are taken from the incoming folder when they are whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from pluginhub.sources.incoming import Incoming

REST = 0.05  # seconds


class Taker:
    """Takes bundles as they come."""

    def __init__(self, folder: Path) -> None:
        self.incoming = Incoming(folder, REST)
        self.taken: asyncio.Queue[Path] = asyncio.Queue()

    async def run(self) -> None:
        async with aclosing(self.incoming.bundles()) as bundles:
            async for bundle in bundles:
                await self.incoming.done(bundle)
                await self.taken.put(bundle)

    async def next(self) -> str:
        async with asyncio.timeout(5):
            return (await self.taken.get()).name


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "incoming"
    folder.mkdir()
    return folder


@pytest.fixture(name="taker")
async def _taker(folder: Path) -> AsyncIterator[Taker]:
    (folder / "first.zip").write_bytes(b"was there before")
    taker = Taker(folder)
    task = asyncio.create_task(taker.run())
    yield taker
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_was_there_and_what_comes_is_taken(taker: Taker, folder: Path) -> None:
    assert await taker.next() == "first.zip"
    (folder / "second.zip").write_bytes(b"copied")
    assert await taker.next() == "second.zip"
    (folder / ".third").write_bytes(b"renamed")
    (folder / ".third").rename(folder / "third.zip")
    assert await taker.next() == "third.zip"
    assert {path.name for path in (folder / "done").iterdir()} == {
        "first.zip",
        "second.zip",
        "third.zip",
    }


async def test_a_file_that_is_still_written_is_not_taken(taker: Taker, folder: Path) -> None:
    await taker.next()
    looks = 0
    look = taker.incoming._look

    def written_meanwhile() -> object:
        nonlocal looks
        looks += 1
        if looks <= 5:
            with (folder / "slow.zip").open("ab") as file:
                file.write(b"more")
        return look()

    taker.incoming._look = written_meanwhile  # type: ignore[method-assign, assignment]
    (folder / "slow.zip").write_bytes(b"begun")
    assert await taker.next() == "slow.zip"
    assert looks == 6
    assert (folder / "done/slow.zip").read_bytes() == b"begun" + 5 * b"more"


async def test_what_is_no_finished_file_is_left_alone(taker: Taker, folder: Path) -> None:
    await taker.next()
    (folder / "real").write_bytes(b"x")
    await taker.next()
    (folder / "link.zip").symlink_to(folder / "done/real")
    (folder / "folder.zip").mkdir()
    for name in (".hidden.zip", "half.zip.part", "half.tmp", "backup~"):
        (folder / name).write_bytes(b"x")
    (folder / "last.zip").write_bytes(b"x")
    assert await taker.next() == "last.zip"
    assert taker.taken.empty()
    assert len([*folder.iterdir()]) == 7  # and done


async def test_a_failure_is_explained_beside_the_file(folder: Path) -> None:
    incoming = Incoming(folder, REST)
    (folder / "bad.zip").write_bytes(b"x")
    async with aclosing(incoming.bundles()) as bundles:
        bundle = await anext(bundles)
        await incoming.failed(bundle, "it is \udcff no archive".encode("ascii", "replace").decode())
    assert [path.name for path in folder.iterdir()] == ["failed"]
    assert (folder / "failed/bad.zip").read_bytes() == b"x"
    assert (folder / "failed/bad.zip.txt").read_text() == "it is ? no archive\n"


async def test_a_file_that_was_written_to_since_has_not_failed(folder: Path) -> None:
    incoming = Incoming(folder, REST)
    (folder / "half.zip").write_bytes(b"x")
    async with aclosing(incoming.bundles()) as bundles:
        bundle = await anext(bundles)
        bundle.write_bytes(b"and more")
        await incoming.failed(bundle, "it is cut short")
        assert (folder / "half.zip").exists()
        assert await anext(bundles) == bundle
        await incoming.done(bundle)
    assert (folder / "done/half.zip").read_bytes() == b"and more"


async def test_a_folder_that_is_taken_away_is_an_error_and_made_anew(folder: Path) -> None:
    incoming = Incoming(folder, REST)
    (folder / "a.zip").write_bytes(b"x")
    async with aclosing(incoming.bundles()) as bundles:
        await incoming.done(await anext(bundles))
        (folder / "done/a.zip").unlink()
        (folder / "done").rmdir()
        folder.rmdir()
        with pytest.raises(FileNotFoundError):
            await anext(bundles)
    async with aclosing(incoming.bundles()) as bundles:
        following = asyncio.create_task(anext(bundles))
        while not await asyncio.to_thread(folder.exists):
            pass
        (folder / "b.zip").write_bytes(b"x")
        assert (await following).name == "b.zip"
