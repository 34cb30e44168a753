"""Hundreds get the same new plugin at the same moment: there is one copy of it, and one manager."""

import asyncio
from pathlib import Path

import psutil
import pytest
from aiohttp import TCPConnector
from aiohttp.test_utils import TestClient

from pluginhub.app import create_app
from pluginhub.web import keys
from tests.conftest import Hub, hooked, settings, started
from tests.depth import DEPTH

_USERS = 150 * DEPTH
_PUBLISHERS = 10
_HOOK = "def on_install(self, context): context.config['name'] = context.user_name"
_INSTALL = "/api/plugins/Clock/install"


async def _install(hub: Hub, name: str) -> None:
    """Install the plugin as soon as it is there."""
    headers = await hub.sign_in(await hub.add_user(name))
    while (answer := await hub.client.post(_INSTALL, json={}, headers=headers)).status == 404:
        pass
    assert answer.status == 201, await answer.text()
    assert (await answer.json())["config"] == {"name": name}


@pytest.mark.timeout(60 * DEPTH)
async def test_hundreds_install_what_several_publish(tmp_path: Path) -> None:
    server = await started(create_app(settings(tmp_path / "data")))
    async with TestClient(server, connector=TCPConnector(limit=0)) as client:
        hub = Hub(client, tmp_path / "data")
        published, _ = await asyncio.gather(
            asyncio.gather(*(hub.publish(hooked(_HOOK)) for _ in range(_PUBLISHERS))),
            asyncio.gather(*(_install(hub, f"user{number}") for number in range(_USERS))),
        )
        assert sum(publication.created for publication in published) == 1
        assert [path.name for path in hub.data.glob("shared/*/*")] == ["v1.0.0"]
        answer = await client.get("/api/plugins/Clock", headers=hub.operator)
        assert (await answer.json())["users"] == _USERS
        statistics = await hub.app[keys.RESOURCES].registry.statistics()
        [manager] = statistics.managers
        assert (statistics.loads, manager.calls, manager.users) == (1, _USERS, _USERS)
        fork_server = psutil.Process(manager.pid).parent()
        assert fork_server is not None
        assert [child.pid for child in fork_server.children()] == [manager.pid]
