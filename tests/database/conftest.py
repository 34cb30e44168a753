from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pluginhub.database.connection import Database


@pytest.fixture(name="database")
async def _database(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database.open(tmp_path / "pluginhub.db", clock=lambda: 1000.9) as database:
        yield database
