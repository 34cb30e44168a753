"""Sources, and a server for them."""

from collections.abc import AsyncIterator

import pytest

from pluginhub.sources.sources import Sources
from tests.sources.fake_github import FakeGitHub, running

LIMIT = 10_000


@pytest.fixture(name="github")
async def _github() -> AsyncIterator[FakeGitHub]:
    async with running() as github:
        yield github


@pytest.fixture(name="sources")
async def _sources(github: FakeGitHub) -> AsyncIterator[Sources]:
    sources = Sources(github.settings, LIMIT)
    yield sources
    await sources.close()
