import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pluginhub.care.starts import Starts
from pluginhub.storage.data_directory import DataDirectory


@pytest.fixture(name="data")
def _data(tmp_path: Path) -> Iterator[DataDirectory]:
    data = DataDirectory.at(tmp_path)
    lock = data.lock()
    yield data
    os.close(lock)


def test_the_fourth_start_after_three_that_went_wrong_tries_less(data: DataDirectory) -> None:
    assert [Starts(data).begin() for _ in range(5)] == [False, False, False, True, True]


def test_a_start_that_is_well_ends_the_count(data: DataDirectory) -> None:
    for _ in range(4):
        Starts(data).begin()
    Starts(data).well()
    Starts(data).well()
    assert [Starts(data).begin() for _ in range(4)] == [False, False, False, True]


@pytest.mark.parametrize("content", [b"", b"x"])
def test_a_count_that_was_cut_short_is_begun_anew(data: DataDirectory, content: bytes) -> None:
    (data.path / "starts").write_bytes(content)
    assert [Starts(data).begin() for _ in range(4)] == [False, False, False, True]
