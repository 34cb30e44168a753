import os
from pathlib import Path

import pytest

from pluginhub.storage import locking


def test_a_lock_is_taken_once_and_free_when_it_is_closed(tmp_path: Path) -> None:
    lock = locking.take(tmp_path / "lock")
    with pytest.raises(BlockingIOError):
        locking.take(tmp_path / "lock")
    os.close(lock)
    os.close(locking.take(tmp_path / "lock"))


def test_a_lock_that_cannot_be_made_is_no_lock_that_is_taken(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        locking.take(tmp_path / "missing" / "lock")


def test_the_file_of_a_lock_is_private(tmp_path: Path) -> None:
    os.close(locking.take(tmp_path / "lock"))
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
