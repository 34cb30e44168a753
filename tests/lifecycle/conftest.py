"""Rows and files without a server, and short ways to work on them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pluginhub.accounts import users
from pluginhub.accounts.passwords import Passwords
from pluginhub.database.connection import Database, fetch_all
from pluginhub.lifecycle.install import install
from pluginhub.lifecycle.publish import Publication, publish
from pluginhub.models import Actor, Installation
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.shared import SharedStorage
from tests.accounts.conftest import Clock
from tests.conftest import OPERATOR


@dataclass
class Shelf:
    """Everything that the verbs on plugins work on."""

    database: Database
    storage: SharedStorage
    data: DataDirectory
    clock: Clock
    passwords: Passwords = field(default_factory=Passwords)

    async def user(self, name: str = "ann", *, admin: bool = False) -> Actor:
        """Make a user, who acts."""
        found = await users.add(self.database, self.passwords, name, actor=OPERATOR)
        return Actor(found.id, name, admin, "192.0.2.1")

    async def publish(self, content: bytes, actor: Actor = OPERATOR, **more: Any) -> Publication:
        async with self.storage.staging() as folder:
            (folder / "bundle").write_bytes(content)
            return await publish(
                self.database, self.storage, folder / "bundle", actor=actor, **more
            )

    async def install(self, actor: Actor, slug: str, version: str | None = None) -> Installation:
        """Install a plugin for the user who acts."""
        return await install(self.database, id_of(actor), slug, version, actor=actor)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        async with self.database.snapshot() as connection:
            return [tuple(row) for row in await fetch_all(connection, sql)]

    async def installed(self) -> list[tuple[Any, ...]]:
        """Return who has what."""
        return await self.rows(
            "SELECT name, i.slug, version, i.enabled FROM installations i"
            " JOIN users ON users.id = user_id JOIN releases r ON r.id = release_id"
            " ORDER BY name, i.slug"
        )

    async def audit(self) -> list[tuple[Any, ...]]:
        """Return who did what to what, without the making of users."""
        return await self.rows(
            "SELECT actor_name, action, target FROM audit WHERE action <> 'add-user' ORDER BY id"
        )

    def releases(self) -> list[str]:
        """Return the directories in shared storage."""
        return sorted("/".join(path.parts[-2:]) for path in self.data.shared.glob("*/*"))

    def leftovers(self) -> list[Path]:
        return [*self.data.staging.iterdir(), *self.data.trash.iterdir()]


def id_of(actor: Actor) -> str:
    """Return the id of an actor who is a user."""
    assert actor.user_id
    return actor.user_id


@pytest.fixture(name="shelf")
async def _shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    data = DataDirectory.at(tmp_path / "data")
    for folder in (data.shared, data.staging, data.trash):
        folder.mkdir(parents=True)
    clock = Clock()
    async with Database.open(data.database, clock) as database:
        yield Shelf(database, SharedStorage(data), data, clock)
