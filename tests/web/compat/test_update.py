"""E26: a plugin of the user moves to the newest release that they may have."""

from typing import Any

import pytest

from tests import bundles
from tests.conftest import hooked
from tests.web.compat.world import REPOSITORY, World


async def update(world: World, headers: dict[str, str], slug: str = "Clock") -> tuple[int, Any]:
    return await world.ask(headers, "POST", f"{slug}/update")


async def versions(world: World) -> list[tuple[str, str | None]]:
    """Return version and tag of everything that is published."""
    return [(version, tag) for version, _, _, tag in await world.published()]


async def test_an_admin_gets_what_is_newest_at_the_source(world: World) -> None:
    world.github.release("v1.4.0", bundles.bundle(version="1.4.0"))
    await world.install()
    world.github.release("v1.5.0", bundles.bundle(version="1.5.0"))
    plugin_id = f"{world.ids['root']}_Clock"
    assert await update(world, world.root, plugin_id) == (
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
    assert await versions(world) == [("1.4.0", "v1.4.0"), ("1.5.0", "v1.5.0")]
    entry = (await world.hub.designer(world.root))["Clock"]
    assert (entry["version"], entry["sourceUrl"]) == ("1.5.0", REPOSITORY)
    assert (entry["updateAvailable"], entry["latestVersion"]) == (False, None)
    status, said = await update(world, world.root)
    assert (status, said["message"]) == (200, "Plugin 'Clock' is up to date")
    assert said["data"]["new_version"] == "1.5.0"


async def test_a_user_gets_what_is_published_and_asks_no_source(world: World) -> None:
    world.github.release("v1.4.0", bundles.bundle(version="1.4.0"))
    await world.install()
    world.github.release("v1.5.0", bundles.bundle(version="1.5.0"))
    asked = list(world.github.asked)
    status, said = await update(world, world.ann)
    assert (status, said["data"]["new_version"]) == (200, "1.4.0")
    assert world.github.asked == asked
    await update(world, world.root)
    status, said = await update(world, world.ann)
    assert (status, said["data"]["new_version"]) == (200, "1.5.0")


async def test_an_uploaded_plugin_is_updated_to_what_is_published(world: World) -> None:
    await world.hub.publish(bundles.bundle())
    await world.hub.install("Clock", world.root)
    await world.hub.publish(bundles.bundle(version="1.10.0"))
    await world.hub.publish(bundles.bundle(version="1.9.0"))
    status, said = await update(world, world.root)
    assert (status, said["data"]["new_version"]) == (200, "1.10.0")
    assert world.github.asked == []


async def test_what_the_user_does_not_have_is_missing(world: World) -> None:
    await world.hub.publish(bundles.bundle())
    await world.hub.install("Clock", world.root)
    for slug in ("Nothing", "Clock", f"{world.ids['root']}_Clock", f"{world.ids['ann']}_Clock"):
        answer = await update(world, world.ann, slug)
        assert answer == (404, {"detail": f"Plugin '{slug}' not found"})


async def test_an_update_never_leads_down(world: World) -> None:
    world.github.release("v1.4.0", bundles.bundle(version="1.4.0"))
    await world.install()
    for tag in ("v1.3.0", "1.4", "version9", "v2.0.0-beta"):
        world.github.release(tag, b"must not be loaded")
        status, said = await update(world, world.root)
        assert (status, said["data"]["new_version"]) == (200, "1.4.0"), tag


async def test_why_there_is_no_update_is_told(world: World) -> None:
    world.github.release("v1.4.0", bundles.bundle(version="1.4.0"))
    await world.install()
    await world.hub.publish(bundles.bundle(version="2.0.0"))
    pin = {"range": "^1"}
    await world.hub.client.put("/api/plugins/Clock/pin", json=pin, headers=world.ann)
    status, said = await update(world, world.ann)
    assert (status, "pinned to ^1" in said["detail"]) == (400, True)
    world.github.answer = None
    world.github._releases.clear()
    await world.hub.client.put("/api/plugins/Clock/pin", json=pin, headers=world.root)
    status, said = await update(world, world.root)
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
    status, said = await update(world, world.root)
    assert (status, problem in said["detail"]) == (400, True), said
    assert await versions(world) == [("1.4.0", "v1.4.0")]
    assert (await world.hub.designer(world.root))["Clock"]["version"] == "1.4.0"
