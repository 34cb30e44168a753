from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from pluginhub.managers.registry import Registry
from tests.managers.workshop import MEMORY, Workshop


@pytest_asyncio.fixture(name="shared", scope="module", loop_scope="module")
async def _shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workshop]:
    """One registry for a module of tests, each with plugins of its own."""
    registry = Registry(hook_timeout=5, hook_memory=MEMORY, manager_timeout=60)
    yield Workshop(tmp_path_factory.mktemp("shared"), registry)
    await registry.close()


@pytest.fixture(name="workshop")
async def _workshop(make: Callable[..., Workshop]) -> Workshop:
    return make()


@pytest.fixture(name="make")
async def _make(tmp_path: Path) -> AsyncIterator[Callable[..., Workshop]]:
    """Make registries with settings of their own, closed after the test."""
    made: list[Registry] = []

    def workshop(**settings: Any) -> Workshop:
        whole = {"hook_timeout": 5, "hook_memory": MEMORY, "manager_timeout": 60, **settings}
        made.append(Registry(**whole))
        return Workshop(tmp_path / f"registry{len(made)}", made[-1])

    yield workshop
    for registry in made:
        await registry.close()


@pytest_asyncio.fixture(name="quick", scope="module", loop_scope="module")
async def _quick(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workshop]:
    """The same with little patience."""
    registry = Registry(hook_timeout=1, hook_memory=MEMORY, manager_timeout=60)
    yield Workshop(tmp_path_factory.mktemp("quick"), registry)
    await registry.close()
