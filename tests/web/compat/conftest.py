"""A hub whose plugins come from a GitHub."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.compat.world import World, made


@pytest.fixture(name="world")
async def _world(tmp_path: Path) -> AsyncIterator[World]:
    async with made(tmp_path / "data") as world:
        yield world
