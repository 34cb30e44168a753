"""Rows, files and hooks without a server, and short ways to work on them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from pluginhub.accounts import users
from pluginhub.accounts.passwords import Passwords
from pluginhub.database import audit, installations, plugin_rows, states
from pluginhub.database.audit import Entry
from pluginhub.database.connection import Database, fetch_all
from pluginhub.lifecycle.configure import configure, pin
from pluginhub.lifecycle.enable import switch
from pluginhub.lifecycle.install import install
from pluginhub.lifecycle.plan import Plan
from pluginhub.lifecycle.publish import Publication, publish
from pluginhub.lifecycle.resources import Order, Resources
from pluginhub.lifecycle.rollback import roll_back
from pluginhub.lifecycle.uninstall import uninstall
from pluginhub.lifecycle.update import update
from pluginhub.managers.registry import Registry
from pluginhub.models import Actor, Installation
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.shared import SharedStorage
from tests.accounts.conftest import Clock
from tests.conftest import OPERATOR

TABLES = (
    "installations",
    "installation_modules",
    "former_releases",
    "plugin_rows",
    "plugin_states",
)


@dataclass
class Shelf:
    """Everything that the verbs on plugins work on."""

    resources: Resources
    data: DataDirectory
    clock: Clock
    passwords: Passwords = field(default_factory=Passwords)

    @property
    def database(self) -> Database:
        return self.resources.database

    @property
    def storage(self) -> SharedStorage:
        return self.resources.storage

    async def user(self, name: str = "ann", *, admin: bool = False) -> Actor:
        """Make a user, who acts."""
        email = f"{name}@example.org"
        found = await users.add(self.database, self.passwords, name, email=email, actor=OPERATOR)
        return Actor(found.id, name, admin, "192.0.2.1")

    async def publish(self, content: bytes, actor: Actor = OPERATOR) -> Publication:
        async with self.storage.staging() as folder:
            (folder / "bundle").write_bytes(content)
            return await publish(self.database, self.storage, folder / "bundle", actor=actor)

    def order(self, actor: Actor, **more: Any) -> Order:
        """Return the order of a user for their own plugins."""
        return Order(id_of(actor), actor, **more)

    async def install(
        self, actor: Actor, slug: str, version: str | None = None, **more: Any
    ) -> Installation:
        """Install a plugin for the user who acts, and return what they have then."""
        await install(self.resources, self.order(actor), slug, version, **more)
        return await self.installation(actor, slug)

    async def update(
        self, actor: Actor, slug: str = "Clock", version: str | None = None, **more: Any
    ) -> Plan:
        return await update(self.resources, self.order(actor), slug, version, **more)

    async def roll_back(self, actor: Actor, slug: str = "Clock", **more: Any) -> Plan:
        return await roll_back(self.resources, self.order(actor), slug, **more)

    async def configure(self, actor: Actor, slug: str, merge: bool = False, **config: Any) -> Plan:
        return await configure(self.resources, self.order(actor), slug, config, merge=merge)

    async def pin(self, actor: Actor, slug: str, text: str | None = None) -> Plan:
        return await pin(self.resources, self.order(actor), slug, text)

    async def enable(self, actor: Actor, slug: str, *modules: str) -> Plan:
        order = self.order(actor)
        return await switch(self.resources, order, slug, enabled=True, modules=modules)

    async def disable(self, actor: Actor, slug: str, *modules: str) -> Plan:
        order = self.order(actor)
        return await switch(self.resources, order, slug, enabled=False, modules=modules)

    async def uninstall(self, actor: Actor, slug: str, **more: Any) -> Plan:
        return await uninstall(self.resources, self.order(actor, **more), slug)

    async def installation(self, actor: Actor, slug: str = "Clock") -> Installation:
        """Return what a user has of a plugin, as the rows say."""
        async with self.database.snapshot() as connection:
            return await installations.get(connection, id_of(actor), slug)

    async def kept(self, actor: Actor, slug: str) -> dict[str, list[dict[str, Any]]]:
        """Return the rows that a plugin keeps for a user in tables of the application."""
        installation = await self.installation(actor, slug)
        async with self.database.snapshot() as connection:
            return await plugin_rows.of_installation(connection, installation.id)

    async def states(self, actor: Actor, *plugin_ids: str) -> list[dict[str, Any]]:
        """Return what a user's plugin stored."""
        async with self.database.snapshot() as connection:
            return await states.of_plugin(connection, id_of(actor), plugin_ids)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        async with self.database.snapshot() as connection:
            return [tuple(row) for row in await fetch_all(connection, sql)]

    async def everything(self) -> list[Any]:
        """Return all that verbs change: rows with the audit, and the names of all files."""
        rows = [await self.rows(f"SELECT * FROM {table}") for table in (*TABLES, "audit")]
        return [*rows, sorted(self.data.path.rglob("*"))]

    async def state(self) -> list[Any]:
        """Return all that verbs change besides the audit."""
        return [await self.rows(f"SELECT * FROM {table}") for table in TABLES]

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

    async def last_entry(self) -> Entry:
        """Return the newest line of the audit."""
        async with self.database.snapshot() as connection:
            return (await audit.search(connection, limit=1))[0]

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
    """A shelf of which the test leaves no unpacked bundle, no hook and no lock behind."""
    data = DataDirectory.at(tmp_path / "data")
    for folder in (data.shared, data.staging, data.trash):
        folder.mkdir(parents=True)
    clock = Clock()
    registry = Registry(hook_timeout=5, hook_memory=512 * 1024 * 1024, manager_timeout=60)
    async with Database.open(data.database, clock) as database:
        resources = Resources(database, SharedStorage(data), registry, "1.4.0")
        shelf = Shelf(resources, data, clock)
        try:
            yield shelf
            assert shelf.leftovers() == []
            assert await hook_processes(registry) == []
            assert not resources._locks
        finally:
            await registry.close()


async def hook_processes(registry: Registry) -> list[str]:
    """Return the processes that run hooks, after a moment for them to end."""
    server = registry._launcher._server
    if server is None:
        return []
    found: list[psutil.Process] = []
    for _ in range(50):
        workers = {manager.pid for manager in (await registry.statistics()).managers}
        family = psutil.Process(server._process.pid).children(recursive=True)
        found = [process for process in family if process.pid not in workers]
        if not found:
            break
        await asyncio.sleep(0.02)
    return [str(process) for process in found]
