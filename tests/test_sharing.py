"""What the server is for: however many users have a release, its files lie on the disk once."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from tests import bundles
from tests.conftest import Hub

USERS, AT_ONCE = 300, 20
SLUGS = ["Clock", "Map", "Notes", "Weather_Panel", "Chat-Box"]
OLD, NEW = "1.0.0", "2.0.0"


def content(slug: str, version: str) -> dict[str, bytes]:
    """Return the files of a release, which no other release has."""
    return {**bundles.files(slug, version), "dist/data.js": f"{slug}{version}".encode() * 500}


async def all_of(calls: list[Coroutine[Any, Any, None]]) -> None:
    """Run many calls, some at once as browsers would."""
    places = asyncio.Semaphore(AT_ONCE)

    async def run(call: Coroutine[Any, Any, None]) -> None:
        async with places:
            await call

    await asyncio.gather(*(run(call) for call in calls))


async def send(hub: Hub, method: str, path: str, body: dict[str, str], expected: int) -> None:
    async with hub.client.request(method, path, json=body, headers=hub.operator) as answer:
        assert answer.status == expected, await answer.text()


def name(user: int) -> str:
    return f"user{user}"


@pytest.mark.timeout(60)  # more than 2 000 requests
async def test_300_users_of_5_plugins_share_10_directories(hub: Hub) -> None:
    for slug in SLUGS:
        for version in (OLD, NEW):
            await hub.publish(bundles.tar_gz(content(slug, version)))
    for user in range(USERS):
        await hub.add_user(name(user))
    await all_of(
        [
            send(
                hub,
                "POST",
                f"/api/plugins/{slug}/install?user={name(user)}",
                {"version": OLD if user % 2 else NEW},
                201,
            )
            for user in range(USERS)
            for slug in SLUGS
        ]
    )
    movers = range(1, USERS, 30)
    await all_of(
        [
            send(hub, "PUT", f"/api/plugins/{slug}/update?user={name(user)}", {}, 200)
            for user in movers
            for slug in SLUGS
        ]
    )
    await check(hub, len(movers))


async def check(hub: Hub, movers: int) -> None:
    shared = hub.data / "shared"
    expected = {f"{slug}/v{version}" for slug in SLUGS for version in (OLD, NEW)}
    assert {f"{path.parent.name}/{path.name}" for path in shared.glob("*/*")} == expected
    on_disk = sum(path.stat().st_size for path in shared.rglob("*") if path.is_file())
    releases = [content(slug, version) for slug in SLUGS for version in (OLD, NEW)]
    assert on_disk == sum(len(data) for files in releases for data in files.values())
    answer = await hub.client.get("/api/plugins", headers=hub.operator)
    users = {
        (plugin["slug"], release["version"]): release["users"]
        for plugin in (await answer.json())["plugins"]
        for release in plugin["releases"]
    }
    half = USERS // 2
    assert users == {
        (slug, version): half + (movers if version == NEW else -movers)
        for slug in SLUGS
        for version in (OLD, NEW)
    }


async def test_users_of_one_release_get_the_same_bytes_by_addresses_of_their_own(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    entries = []
    for user in range(20):
        headers = await hub.sign_in(await hub.add_user(name(user)))
        await hub.install("Clock", headers)
        entries.append((await hub.designer(headers))["Clock"])
    assert len({entry["bundlelocation"] for entry in entries}) == 20
    answers = [await hub.load(entry) for entry in entries]
    assert {await answer.read() for answer in answers} == {b"var Clock = '1.0.0';"}
    assert len({answer.headers["ETag"] for answer in answers}) == 1
