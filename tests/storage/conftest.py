import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.shared import SharedStorage


@pytest.fixture(name="data")
def _data(tmp_path: Path) -> Iterator[DataDirectory]:
    data = DataDirectory.at(tmp_path / "data")
    lock = data.lock()
    yield data
    os.close(lock)


@pytest.fixture(name="storage")
def _storage(data: DataDirectory) -> SharedStorage:
    return SharedStorage(data)
