from collections.abc import AsyncIterator

import pytest

from pluginhub.errors import BusyError
from pluginhub.managers.launcher import Launcher
from pluginhub.managers.supervised import SupervisedWorker
from tests.managers.workshop import gone

pytestmark = pytest.mark.timeout(60)  # starts processes


class Clock:
    time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture(name="launcher")
async def _launcher() -> AsyncIterator[Launcher]:
    launcher = Launcher()
    yield launcher
    await launcher.close()


async def test_the_worker_is_started_once_and_again_when_it_is_gone(launcher: Launcher) -> None:
    supervised = SupervisedWorker(launcher, Clock())
    assert supervised.pid is None
    worker = await supervised.get()
    assert await supervised.get() is worker
    assert supervised.pid == worker.pid
    worker.end()
    await worker.ended()
    assert supervised.pid is None
    assert await supervised.get() is not worker
    supervised.end()
    await supervised.ended()


async def test_starts_that_fail_pause_longer_and_longer(
    launcher: Launcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    supervised = SupervisedWorker(launcher, clock)
    pauses = []
    with monkeypatch.context() as patch:
        patch.setattr("sys.executable", "/missing/python")
        for _ in range(9):
            with pytest.raises(BusyError, match="No such file"):
                await supervised.get()
            pauses.append(supervised._not_before - clock.time)
            with pytest.raises(BusyError, match=rf"try again in {pauses[-1]:.1f} s"):
                await supervised.get()
            clock.time = supervised._not_before
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10])
    worker = await supervised.get()
    worker.end()
    await worker.ended()
    with monkeypatch.context() as patch:
        patch.setattr(launcher, "_server", None)
        patch.setattr("sys.executable", "/missing/python")
        with pytest.raises(BusyError):
            await supervised.get()
    assert supervised._not_before - clock.time == pytest.approx(0.1)
    supervised.end()


async def test_no_worker_is_started_after_the_end(launcher: Launcher) -> None:
    supervised = SupervisedWorker(launcher, Clock())
    supervised.end()
    await supervised.ended()
    with pytest.raises(BusyError, match="are being ended"):
        await supervised.get()


async def test_the_end_is_waited_for(launcher: Launcher) -> None:
    supervised = SupervisedWorker(launcher, Clock())
    pid = (await supervised.get()).pid
    assert pid is not None
    supervised.end()
    await supervised.ended()
    assert await gone(pid)


async def test_a_closed_launcher_starts_nothing(launcher: Launcher) -> None:
    await launcher.close()
    with pytest.raises(BusyError, match="are being ended"):
        await launcher.start()
