from pathlib import Path

import pytest

from pluginhub.storage import temporary


async def test_a_directory_is_there_for_the_block_and_for_nobody_else() -> None:
    async with temporary.directory() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "below").mkdir()
        (folder / "below/file").touch()
    assert not folder.exists()


async def test_it_is_gone_after_an_error_as_well() -> None:
    lent: list[Path] = []

    async def fail() -> None:
        async with temporary.directory() as folder:
            lent.append(folder)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert not lent[0].exists()
