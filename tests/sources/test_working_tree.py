"""What counts as a save."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pluginhub.sources import working_tree
from pluginhub.storage.archives.names import left_out


@pytest.fixture(name="saves")
async def _saves(tmp_path: Path) -> AsyncIterator[asyncio.Queue[None]]:
    """Return a queue that gets something for each save in ``tmp_path``; the first is there."""
    found: asyncio.Queue[None] = asyncio.Queue()
    stop = asyncio.Event()

    async def follow() -> None:
        async for save in working_tree.saves(tmp_path, left_out, stop):
            found.put_nowait(save)

    task = asyncio.create_task(follow())
    await found.get()
    await asyncio.sleep(0.2)  # the operating system begins to watch
    yield found
    stop.set()
    await task


async def test_several_changes_are_one_save(tmp_path: Path, saves: asyncio.Queue[None]) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).write_text(name)
    await saves.get()
    await asyncio.sleep(0.3)
    assert saves.empty()


async def test_what_a_bundle_leaves_out_is_no_save(
    tmp_path: Path, saves: asyncio.Queue[None]
) -> None:
    for name in ("node_modules", "__pycache__", ".git"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("")
    (tmp_path / ".file.swp").write_text("")
    await asyncio.sleep(0.3)
    assert saves.empty()
    (tmp_path / "deep/below").mkdir(parents=True)
    await saves.get()
    await asyncio.sleep(0.2)
    (tmp_path / "deep/below/file").write_text("")
    await saves.get()


async def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        async for _ in working_tree.saves(tmp_path / "gone", left_out, asyncio.Event()):
            pass
