from collections.abc import Iterator

import pytest

from tests.crash.crashes import Crashes


@pytest.fixture(name="crashes", scope="session")
def _crashes() -> Iterator[Crashes]:
    with Crashes.started() as crashes:
        yield crashes
