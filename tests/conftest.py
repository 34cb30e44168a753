"""What all tests share: a real server on a real database, and a guard against blocking calls."""

import os
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from blockbuster import blockbuster_ctx

from pluginhub.accounts import sessions, users
from pluginhub.accounts.sessions import SignedIn
from pluginhub.app import create_app
from pluginhub.config import Config, Server, Storage
from pluginhub.database.connection import Database
from pluginhub.lifecycle.publish import Publication, publish
from pluginhub.models import Actor, Role, User
from pluginhub.storage.shared import SharedStorage
from pluginhub.web import keys, shortcut
from tests import bundles

OPERATOR = Actor(None, "operator", admin=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is installed, a skipped test is a failure."""
    report = yield
    if report.skipped and os.environ.get("NOTHING_MAY_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and nothing may skip here: {report.longrepr}"
    return report


@pytest.fixture(autouse=True, scope="session")
def no_blocking_io() -> Iterator[None]:
    """Fail a test in which pluginhub blocks the event loop."""
    with blockbuster_ctx("pluginhub") as guard:
        # The connection does not block; asyncio's own sendfile is allowed for the same reason.
        guard.functions["os.sendfile"].can_block_in("files/sending.py", "_send_at_once")
        yield


@dataclass
class Hub:
    """The production application on a port of its own, and short ways to use it."""

    client: TestClient[Any, Any]
    data: Path

    @property
    def app(self) -> Any:
        return self.client.app

    @property
    def database(self) -> Database:
        found: Database = self.app[keys.DATABASE]
        return found

    @property
    def storage(self) -> SharedStorage:
        found: SharedStorage = self.app[keys.STORAGE]
        return found

    @property
    def operator(self) -> dict[str, str]:
        """Headers of the command line."""
        return {"Authorization": f"Bearer {self.app[keys.OPERATOR_TOKEN]}"}

    async def add_user(self, name: str, role: Role = "user") -> User:
        """Make a user without a password."""
        passwords = self.app[keys.PASSWORDS]
        return await users.add(self.database, passwords, name, actor=OPERATOR, role=role)

    async def sign_in(self, user: User) -> dict[str, str]:
        """Return the headers of a signed-in user, without the cost of a password."""
        return {"Authorization": f"Bearer {(await self._session(user)).access_token}"}

    async def cookie(self, user: User) -> str:
        """Return the value of the cookie of a signed-in user's browser."""
        return (await self._session(user)).refresh_token

    async def _session(self, user: User) -> SignedIn:
        auth = self.app[keys.CONFIG].auth
        async with self.database.transaction() as tx:
            return await sessions._issue(tx, user, auth, user.id, self.database.now())

    async def publish(self, content: bytes) -> Publication:
        """Publish a bundle by its bytes."""
        async with self.storage.staging() as folder:
            (folder / "bundle").write_bytes(content)
            return await publish(self.database, self.storage, folder / "bundle", actor=OPERATOR)

    async def install(self, slug: str, headers: dict[str, str], version: str | None = None) -> None:
        """Install a plugin for the user of ``headers``."""
        path = f"/api/plugins/{slug}/install"
        answer = await self.client.post(path, json={"version": version}, headers=headers)
        assert answer.status == 201, await answer.text()

    async def designer(self, headers: dict[str, str]) -> dict[str, Any]:
        """Return the manifest that a frontend of this user loads (E1)."""
        answer = await self.client.get("/api/v1/plugins/manifest/designer", headers=headers)
        assert answer.status == 200, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found

    async def load(self, entry: dict[str, Any], path: str = "", **arguments: Any) -> ClientResponse:
        """Request a file as a script tag does: by the address of E1, without any header.

        Args:
            entry: A value of E1.
            path: Relative to the directory of the entry file; the entry file itself if empty.
            **arguments: For the request.
        """
        location = entry["bundlelocation"]
        if path:
            location = f"{location.rpartition('/')[0]}/{path}"
        url = f"/api/v1/public/plugins/{entry['database_id']}/{location}"
        return await self.client.get(url, **arguments)


def hooked(body: str, slug: str = "Clock", version: str = "1.0.0", **more: Any) -> bytes:
    """Return a bundle whose class of hooks has this body."""
    head = "from pluginhub.hooks import *\n\n\nclass Hooks(LifecycleHooks):\n"
    files = bundles.files(slug, version, hooks="hooks.py", **more)
    source = head + indent(dedent(body), "    ")
    return bundles.tar_gz({**files, "hooks.py": source.encode()})


def settings(data: Path, **server: Any) -> Config:
    """Return the settings that tests run with."""
    return Config(server=Server(**server), storage=Storage(plugins_base_dir=data, disk_reserve=0))


async def started(app: web.Application, **runner: Any) -> TestServer:
    """Start an application as the command line does."""
    server = TestServer(app)
    await server.start_server(**runner)
    assert isinstance(server.runner, web.AppRunner)
    assert server.runner.server is not None
    shortcut.take(server.runner.server, app)
    return server


@pytest.fixture(name="hub")
async def _hub(tmp_path: Path) -> AsyncIterator[Hub]:
    data = tmp_path / "data"
    async with TestClient(await started(create_app(settings(data)))) as client:
        yield Hub(client, data)


@pytest.fixture(name="clock_bundle")
def _clock_bundle() -> bytes:
    return bundles.bundle()
