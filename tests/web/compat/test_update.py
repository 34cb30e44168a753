"""E26: a plugin of the user moves to the newest release that they may have."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pluginhub.config import Config, Publish, Storage
from pluginhub.database.connection import fetch_all
from tests import bundles
from tests.conftest import Hub, hooked
from tests.sources.fake_github import FakeGitHub, running
from tests.web.conftest import serving

REPOSITORY = "https://github.com/example/clock"


@dataclass
class World:
    """A hub whose plugins come from a GitHub, its admin, and a user."""

    hub: Hub
    github: FakeGitHub
    root: dict[str, str]
    ann: dict[str, str]
    ids: dict[str, str]

    async def ask(
        self, headers: dict[str, str], method: str, path: str, **arguments: Any
    ) -> tuple[int, Any]:
        """Ask an address of the plugins."""
        url = f"/api/v1/plugins/{path}"
        async with self.hub.client.request(method, url, headers=headers, **arguments) as answer:
            return answer.status, json.loads(await answer.text())

    async def install(self, tag: str = "latest") -> None:
        """Let the admin install from GitHub, and the user what was published by that."""
        body = {"repo_url": REPOSITORY, "version": tag}
        status, said = await self.ask(self.root, "POST", "install-from-url", json=body)
        assert status == 200, said
        await self.hub.install("Clock", self.ann)

    async def update(self, headers: dict[str, str], slug: str = "Clock") -> tuple[int, Any]:
        """Update a plugin."""
        return await self.ask(headers, "POST", f"{slug}/update")

    async def published(self) -> list[tuple[str, str | None]]:
        """Return version and tag of everything that is published."""
        async with self.hub.database.snapshot() as connection:
            rows = await fetch_all(connection, "SELECT version, source_tag FROM releases")
        return [(row["version"], row["source_tag"]) for row in rows]


@pytest.fixture(name="world")
async def _world(tmp_path: Path) -> AsyncIterator[World]:
    async with running() as github:
        storage = Storage(plugins_base_dir=tmp_path / "data", disk_reserve=0)
        config = Config(storage=storage, publish=github.settings)
        assert isinstance(config.publish, Publish)
        async with serving(config) as hub:
            root, ann = await hub.add_user("root", "admin"), await hub.add_user("ann")
            ids = {"root": root.id, "ann": ann.id}
            yield World(hub, github, await hub.sign_in(root), await hub.sign_in(ann), ids)


async def test_an_admin_gets_what_is_newest_at_the_source(world: World) -> None:
    world.github.release("v1.4.0", bundles.bundle(version="1.4.0"))
    await world.install()
    world.github.release("v1.5.0", bundles.bundle(version="1.5.0"))
    plugin_id = f"{world.ids['root']}_Clock"
    assert await world.update(world.root, plugin_id) == (
        200,
        {
            "status": "success",
            "message": "Plugin 'Clock' updated successfully",
            "data": {
                "plugin_slug": "Clock",
                "plugin_id": plugin_id,
                "previous_version": "1.4.0",
                "new_version": "1.5.0",
            },
        },
    )
    assert await world.published() == [("1.4.0", "v1.4.0"), ("1.5.0", "v1.5.0")]
    entry = (await world.hub.designer(world.root))["Clock"]
    assert (entry["version"], entry["sourceUrl"]) == ("1.5.0", REPOSITORY)
    assert (entry["updateAvailable"], entry["latestVersion"]) == (False, None)
    status, said = await world.update(world.root)
    assert (status, said["message"]) == (200, "Plugin 'Clock' is up to date")
    assert said["data"]["new_version"] == "1.5.0"


async def test_a_user_gets_what_is_published_and_asks_no_source(world: World) -> None:
    world.github.release("v1.4.0", bundles.bundle(version="1.4.0"))
    await world.install()
    world.github.release("v1.5.0", bundles.bundle(version="1.5.0"))
    asked = list(world.github.asked)
    status, said = await world.update(world.ann)
    assert (status, said["data"]["new_version"]) == (200, "1.4.0")
    assert world.github.asked == asked
    await world.update(world.root)
    status, said = await world.update(world.ann)
    assert (status, said["data"]["new_version"]) == (200, "1.5.0")


async def test_an_uploaded_plugin_is_updated_to_what_is_published(world: World) -> None:
    await world.hub.publish(bundles.bundle())
    await world.hub.install("Clock", world.root)
    await world.hub.publish(bundles.bundle(version="1.10.0"))
    await world.hub.publish(bundles.bundle(version="1.9.0"))
    status, said = await world.update(world.root)
    assert (status, said["data"]["new_version"]) == (200, "1.10.0")
    assert world.github.asked == []


async def test_what_the_user_does_not_have_is_missing(world: World) -> None:
    await world.hub.publish(bundles.bundle())
    await world.hub.install("Clock", world.root)
    for slug in ("Nothing", "Clock", f"{world.ids['root']}_Clock", f"{world.ids['ann']}_Clock"):
        answer = await world.update(world.ann, slug)
        assert answer == (404, {"detail": f"Plugin '{slug}' not found"})


async def test_an_update_never_leads_down(world: World) -> None:
    world.github.release("v1.4.0", bundles.bundle(version="1.4.0"))
    await world.install()
    for tag in ("v1.3.0", "1.4", "version9", "v2.0.0-beta"):
        world.github.release(tag, b"must not be loaded")
        status, said = await world.update(world.root)
        assert (status, said["data"]["new_version"]) == (200, "1.4.0"), tag


async def test_why_there_is_no_update_is_told(world: World) -> None:
    world.github.release("v1.4.0", bundles.bundle(version="1.4.0"))
    await world.install()
    await world.hub.publish(bundles.bundle(version="2.0.0"))
    pin = {"range": "^1"}
    await world.hub.client.put("/api/plugins/Clock/pin", json=pin, headers=world.ann)
    status, said = await world.update(world.ann)
    assert (status, "pinned to ^1" in said["detail"]) == (400, True)
    world.github.answer = None
    world.github._releases.clear()
    await world.hub.client.put("/api/plugins/Clock/pin", json=pin, headers=world.root)
    status, said = await world.update(world.root)
    assert status == 400
    assert said["detail"] == f"{REPOSITORY} has no release latest"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"no archive", "tar header"),
        (bundles.bundle("Another", "1.5.0"), "is Another, not Clock"),
        (bundles.bundle(version="1.4.0", name="Other bytes"), "published with other bytes"),
        (hooked("def on_update(self, context, old): 1 / 0", version="1.5.0"), "Zero"),
    ],
    ids=["no archive", "another plugin", "the same version again", "a hook that fails"],
)
async def test_what_cannot_be_updated_to_is_not_kept(
    world: World, content: bytes, problem: str
) -> None:
    world.github.release("v1.4.0", bundles.bundle(version="1.4.0"))
    await world.install()
    world.github.release("v1.5.0", content)
    status, said = await world.update(world.root)
    assert (status, problem in said["detail"]) == (400, True), said
    assert await world.published() == [("1.4.0", "v1.4.0")]
    assert (await world.hub.designer(world.root))["Clock"]["version"] == "1.4.0"
