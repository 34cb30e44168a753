from collections.abc import Awaitable, Callable

import pytest

from pluginhub.models import Role
from tests.conftest import Hub
from tests.web.pages.visiting import Visitor

Visit = Callable[..., Awaitable[Visitor]]


@pytest.fixture(name="visit")
async def _visit(hub: Hub) -> Visit:
    """Return how somebody new comes to the pages."""

    async def visit(name: str = "ann", role: Role = "user") -> Visitor:
        return Visitor(hub, await hub.sign_in(await hub.add_user(name, role)))

    return visit
