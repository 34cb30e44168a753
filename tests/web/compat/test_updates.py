"""E24, E25: which updates there are."""

from pluginhub.web import keys
from tests import bundles
from tests.web.compat.world import REPOSITORY, World


async def see(world: World) -> None:
    """Look at the source, as the server does in the background."""
    await world.hub.app[keys.UPDATE_CHECKS].check(REPOSITORY)


async def test_the_dashboard_reads_which_updates_there_are(world: World) -> None:
    nothing = {"available_updates": [], "total_count": 0}
    answer = await world.ask(world.ann, "GET", "updates/available")
    assert answer == (200, {"status": "success", "data": nothing})
    world.github.release("v1.4.0", bundles.bundle(version="1.4.0"))
    await world.install()
    world.github.release("v1.5.0", b"not loaded")
    await see(world)
    asked = len(world.github.asked)
    update = {
        "plugin_id": f"{world.ids['root']}_Clock",
        "plugin_name": "The Clock",
        "current_version": "1.4.0",
        "latest_version": "1.5.0",
        "repo_url": REPOSITORY,
    }
    answer = await world.ask(world.root, "GET", "updates/available")
    data = {"available_updates": [update], "total_count": 1}
    assert answer == (200, {"status": "success", "data": data})
    answer = await world.ask(world.ann, "GET", "updates/available")
    assert answer == (200, {"status": "success", "data": nothing})
    await world.hub.publish(bundles.bundle(version="1.4.1"))
    _, said = await world.ask(world.ann, "GET", "updates/available")
    assert [item["latest_version"] for item in said["data"]["available_updates"]] == ["1.4.1"]
    assert len(world.github.asked) == asked


async def test_the_details_of_a_plugin_say_the_same(world: World) -> None:
    world.github.release("v1.4.0", bundles.bundle(version="1.4.0"))
    await world.install()
    told = {
        "plugin_id": "Clock",
        "current_version": "1.4.0",
        "latest_version": "1.4.0",
        "repo_url": REPOSITORY,
        "update_available": False,
        "message": "Current: 1.4.0, Latest: 1.4.0",
    }
    answer = await world.ask(world.root, "GET", "Clock/update/available")
    assert answer == (200, {"status": "success", "data": told})
    world.github.release("v1.5.0", b"not loaded")
    await see(world)
    told |= {
        "latest_version": "1.5.0",
        "update_available": True,
        "message": "Current: 1.4.0, Latest: 1.5.0",
    }
    for name in ("Clock", "clock", f"{world.ids['root']}_Clock"):
        answer = await world.ask(world.root, "GET", f"{name}/update/available")
        assert answer == (200, {"status": "success", "data": told}), name
    entry = (await world.hub.designer(world.root))["Clock"]
    assert (entry["updateAvailable"], entry["latestVersion"]) == (True, "1.5.0")
    entry = (await world.hub.designer(world.ann))["Clock"]
    assert (entry["updateAvailable"], entry["latestVersion"]) == (False, None)
    assert entry["lastUpdateCheck"].endswith("Z")


async def test_a_plugin_that_the_user_does_not_have_is_not_found(world: World) -> None:
    await world.hub.publish(bundles.bundle())
    await world.hub.install("Clock", world.root)
    for name in ("Nothing", "Clock", f"{world.ids['root']}_Clock"):
        answer = await world.ask(world.ann, "GET", f"{name}/update/available")
        data = {"plugin_id": name, "update_available": False, "message": "Plugin not found"}
        assert answer == (200, {"status": "success", "data": data})
    await world.hub.install("Clock", world.ann)
    _, said = await world.ask(world.ann, "GET", f"{world.ids['root']}_Clock/update/available")
    assert said["data"]["message"] == "Plugin not found"
