"""A hub whose plugins come from a GitHub, and short ways to ask it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pluginhub.config import Config, Storage
from pluginhub.database.connection import fetch_all
from tests.conftest import Hub
from tests.sources.fake_github import FakeGitHub, running
from tests.web.conftest import serving

REPOSITORY = "https://github.com/example/clock"

Headers = dict[str, str]


@dataclass
class World:
    """A hub and a GitHub, an admin, and a user.

    Attributes:
        ids: Of the users, by name.
    """

    hub: Hub
    github: FakeGitHub
    root: Headers
    ann: Headers
    ids: dict[str, str]

    async def ask(
        self, headers: Headers, method: str, path: str, **arguments: Any
    ) -> tuple[int, Any]:
        """Ask an address of the plugins, and return status and answer."""
        url = f"/api/v1/plugins/{path}"
        async with self.hub.client.request(method, url, headers=headers, **arguments) as answer:
            return answer.status, json.loads(await answer.text())

    async def install(self) -> None:
        """Let the admin install the newest release, and the user what was published by that."""
        body = {"repo_url": REPOSITORY}
        status, said = await self.ask(self.root, "POST", "install-from-url", json=body)
        assert status == 200, said
        await self.hub.install("Clock", self.ann)

    async def published(self) -> list[tuple[str, str, str, str | None]]:
        """Return of everything that is published version, and type, address and tag of origin."""
        columns = "version, source_type, source_url, source_tag"
        async with self.hub.database.snapshot() as connection:
            found = await fetch_all(connection, f"SELECT {columns} FROM releases ORDER BY id")
        return [tuple(row) for row in found]


@asynccontextmanager
async def made(data: Path, **publish: Any) -> AsyncIterator[World]:
    """Make one.

    Args:
        data: Directory.
        **publish: Settings beyond those that let the hub reach its GitHub.
    """
    async with running() as github:
        storage = Storage(plugins_base_dir=data, disk_reserve=0)
        settings = github.settings.model_copy(update=publish)
        async with serving(Config(storage=storage, publish=settings)) as hub:
            root, ann = await hub.add_user("root", "admin"), await hub.add_user("ann")
            ids = {"root": root.id, "ann": ann.id}
            yield World(hub, github, await hub.sign_in(root), await hub.sign_in(ann), ids)
