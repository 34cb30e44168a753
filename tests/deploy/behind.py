"""What has to work through any reverse proxy that stands in front of the server."""

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector

from pluginhub.config import Auth, Config, Publish
from pluginhub.database.connection import fetch_all
from tests import bundles
from tests.conftest import Hub, settings

HOST = "hub.example.org"
PROXY = ("127.0.0.1/32",)
VISITOR = "127.0.0.5"  # outside of PROXY, and yet on this machine


def behind(data: Path, base_path: str) -> Config:
    """Return the settings that the examples of proxies name in their comments."""
    given = settings(
        data, base_path=base_path, trusted_proxies=PROXY, allowed_hosts=(HOST,), max_upload=2**16
    )
    publish = Publish(allow_http=True, allow_private_networks=("127.0.0.0/8",))
    return given.model_copy(update={"auth": Auth(proxy_header="X-Remote-User"), "publish": publish})


async def everything_works(hub: Hub, root: str) -> None:
    """See to it that plugins load, and who asks is known, at a URL without a slash at its end."""
    await hub.publish(bundles.bundle())
    headers = {**await hub.sign_in(await hub.add_user("ann")), "Host": HOST}
    from_there = TCPConnector(local_addr=(VISITOR, 0))
    async with ClientSession(headers={"Host": HOST}, connector=from_there) as client:
        path = f"{root}/api/plugins/Clock/install"
        async with client.post(path, json={}, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
        path = f"{root}/api/v1/plugins/manifest/designer"
        async with client.get(path, headers=headers) as answer:
            entry = (await answer.json())["Clock"]
        path = f"{root}/api/v1/public/plugins/{entry['database_id']}/{entry['bundlelocation']}"
        async with client.get(path) as answer:
            found = answer.status, await answer.read()
        assert found == (200, bundles.files()["dist/remoteEntry.js"])
        await _nobody_signs_in_by_a_header(client, root)
        await _large_uploads_meet_the_limit_of_the_server(client, root, hub)
        await _events_come_as_they_happen(client, root, hub)
        await _all_events_come_at_once(client, root, hub)
    async with hub.database.snapshot() as connection:
        rows = await fetch_all(connection, "SELECT address FROM audit WHERE action = 'install'")
    assert [row["address"] for row in rows] == [VISITOR]


async def _nobody_signs_in_by_a_header(client: ClientSession, root: str) -> None:
    async with client.get(f"{root}/api/v1/auth/me", headers={"X-Remote-User": "ann"}) as answer:
        assert answer.status == 401


async def _large_uploads_meet_the_limit_of_the_server(
    client: ClientSession, root: str, hub: Hub
) -> None:
    content = bytes(2**16 + 1)
    async with client.post(f"{root}/api/plugins", data=content, headers=hub.operator) as answer:
        assert (answer.status, (await answer.json())["setting"]) == (413, "server.max_upload")


async def _all_events_come_at_once(client: ClientSession, root: str, hub: Hub) -> None:
    async with client.get(f"{root}/api/v1/events", headers=hub.operator) as events:
        assert events.content_type == "text/event-stream"
        assert (await events.content.readline()).startswith(b"retry: ")


async def _events_come_as_they_happen(client: ClientSession, root: str, hub: Hub) -> None:
    """See to it that the first event comes while the job that it tells of goes on."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as source:
        port = source.sockets[0].getsockname()[1]
        job: dict[str, Any] = {"source_url": f"http://127.0.0.1:{port}/clock.zip"}
        async with client.post(f"{root}/api/plugins", json=job, headers=hub.operator) as answer:
            job = await answer.json()
            assert answer.status == 202, job
        path = f"{root}/api/plugins/jobs/{job['id']}"
        async with client.get(f"{path}/events", headers=hub.operator) as events:
            assert events.content_type == "text/event-stream"
            assert (await events.content.readline()).startswith(b"event: ")
        async with client.post(f"{path}/cancel", headers=hub.operator) as answer:
            assert (await answer.json())["state"] == "cancelled"
