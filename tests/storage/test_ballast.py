import shutil
from pathlib import Path

import pytest

from pluginhub.storage.ballast import SIZE, Ballast


@pytest.fixture(name="ballast")
def _ballast(tmp_path: Path) -> Ballast:
    return Ballast(tmp_path / "ballast")


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    usage = shutil._ntuple_diskusage(10**12, 0, size)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)


def test_the_space_is_taken_and_kept_while_there_is_room(ballast: Ballast, tmp_path: Path) -> None:
    ballast.take(0)
    ballast.take(0)
    status = (tmp_path / "ballast").stat()
    assert (status.st_size, status.st_blocks * 512 >= SIZE) == (SIZE, True)
    ballast.drop()
    assert (tmp_path / "ballast").exists()


def test_on_a_full_disk_it_is_given_back_and_taken_again_when_there_is_room(
    ballast: Ballast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballast.take(0)
    free(monkeypatch, SIZE - 1)
    ballast.drop()
    ballast.drop()
    assert not (tmp_path / "ballast").exists()
    free(monkeypatch, 10**9)
    ballast.take(10**9)  # it would take of the reserve
    assert not (tmp_path / "ballast").exists()
    ballast.take(10**8)
    assert (tmp_path / "ballast").exists()
