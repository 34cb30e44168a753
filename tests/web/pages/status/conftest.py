from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pluginhub.database import audit
from tests import bundles
from tests.conftest import Hub
from tests.web.pages.conftest import Visit
from tests.web.pages.visiting import Visitor

Audited = Callable[[], Awaitable[list[tuple[str, str, str]]]]


@pytest.fixture(name="admin")
async def _admin(visit: Visit) -> Visitor:
    """Return an admin before the pages."""
    return await visit("root", "admin")


@pytest.fixture(name="audited")
async def _audited(hub: Hub) -> Audited:
    """Return how to read who did what to what, the newest first."""

    async def audited() -> list[tuple[str, str, str]]:
        async with hub.database.snapshot() as connection:
            found = await audit.search(connection)
        return [(it.actor_name, it.action, it.target) for it in found]

    return audited


async def with_users(hub: Hub, *names: str, version: str = "1.0.0", **more: Any) -> None:
    """Publish the clock, and let users have it."""
    await hub.publish(bundles.bundle(version=version, **more))
    for name in names:
        await hub.install("Clock", await hub.sign_in(await hub.add_user(name)), version)
