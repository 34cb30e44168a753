"""E16, E17, E20 and E21: users install what is published, and give it up."""

from pathlib import Path

import pytest

from tests import bundles
from tests.conftest import Hub, hooked
from tests.web.compat.calling import Caller, caller, with_weather

REFUSING = "def on_uninstall(self, context): raise HookRefusedError('not yet')"


def files(hub: Hub) -> list[Path]:
    """Return all files but variants, which come when there is time."""
    encoded = hub.data / "encoded"
    return sorted(path for path in hub.data.rglob("*") if encoded not in path.parents)


async def with_needed(hub: Hub) -> Caller:
    """Return a user whose plugin Clock is needed by Alarm."""
    user = await caller(hub)
    await hub.publish(bundles.bundle())
    await hub.publish(bundles.bundle("Alarm", dependencies={"Clock": "^1"}))
    await hub.install("Alarm", user.headers)
    return user


async def test_a_published_plugin_is_installed_in_its_highest_release(hub: Hub) -> None:
    user = await caller(hub)
    for version in ("1.0.0", "1.10.0", "1.9.0"):
        await hub.publish(bundles.bundle(version=version))
    assert await user("POST", "/plugins/clock/install") == {
        "status": "success",
        "message": "Plugin 'Clock' installed successfully",
        "data": {
            "plugin_slug": "Clock",
            "plugin_id": f"{user.id}_Clock",
            "modules_created": [f"{user.id}_Clock_Face"],
            "plugin_directory": None,
        },
    }
    assert (await hub.designer(user.headers))["Clock"]["version"] == "1.10.0"
    answer = await user.refusal("POST", f"/plugins/{user.id}_Clock/install")
    assert answer == (400, "Plugin already installed for user")


async def test_what_cannot_be_installed_is_refused_in_words(hub: Hub) -> None:
    user = await caller(hub)
    await hub.publish(bundles.bundle(dependencies={"Map": "^1"}))
    await hub.publish(hooked("def on_install(self, context): raise ValueError('no')", "Bad"))
    answer = await user.refusal("POST", "/plugins/Nothing/install")
    assert answer == (400, "Plugin directory not found for slug: Nothing")
    for slug, words in (("Clock", "needs Map ^1"), ("Bad", "the on_install hook of Bad 1.0.0")):
        status, detail = await user.refusal("POST", f"/plugins/{slug}/install")
        assert (status, words in detail or "install hook" in detail) == (400, True), detail
        status, detail = await user.refusal("POST", f"/plugins/{slug}/register", {})
        assert (status, detail.startswith("400: ")) == (400, True)
    assert await hub.designer(user.headers) == {}


async def test_to_register_is_to_install_and_no_files_are_made(hub: Hub) -> None:
    user = await caller(hub)
    for version in ("1.0.0", "2.0.0"):
        await hub.publish(bundles.bundle(version=version))
    before = files(hub)
    body = {"name": "Mine", "description": "x", "version": "1.0.0", "modules": [{"name": "../x"}]}
    assert await user("POST", "/plugins/Clock/register", body=body) == {
        "status": "success",
        "message": "Plugin Clock registered successfully",
    }
    entry = (await hub.designer(user.headers))["Clock"]
    assert (entry["name"], entry["version"]) == ("The Clock", "1.0.0")
    assert files(hub) == before
    answer = await user.refusal("POST", "/plugins/Clock/register", body)
    assert answer == (400, "400: Plugin with slug 'Clock' already exists for this user")
    answer = await user.refusal("POST", "/plugins/Nothing/register", body)
    assert answer == (400, "400: there is no plugin 'Nothing'")
    await user("DELETE", "/plugins/Clock/uninstall")
    status, _ = await user.refusal("POST", "/plugins/Clock/register", {"version": "7.0.0"})
    assert status == 400
    await user("POST", "/plugins/Clock/register", body={})
    assert (await hub.designer(user.headers))["Clock"]["version"] == "2.0.0"


async def test_an_uninstalled_plugin_is_gone_and_can_be_installed_again(hub: Hub) -> None:
    user, ben = await with_weather(hub), await with_weather(hub, "ben")
    plugin = f"{user.id}_Weather_Panel"
    slug = plugin.partition("_")[2]  # as the frontend does it
    assert await user("DELETE", f"/plugins/{slug}/uninstall") == {
        "status": "success",
        "message": "Plugin 'Weather_Panel' uninstalled successfully",
        "data": {"plugin_slug": "Weather_Panel", "plugin_id": plugin, "deleted_modules": 2},
    }
    assert await hub.designer(user.headers) == {}
    assert (await user("GET", "/plugins/manager"))["totalItems"] == 0
    answer = await user.refusal("DELETE", f"/plugins/{slug}/uninstall")
    assert answer == (404, "Plugin not found for user")
    await hub.install("Weather_Panel", user.headers)
    assert (await user("DELETE", f"/plugins/{plugin}/uninstall"))["data"]["plugin_id"] == plugin
    await hub.install("Weather_Panel", user.headers)
    assert await user("DELETE", f"/plugins/{plugin}") == {
        "status": "success",
        "message": f"Plugin {plugin} unregistered successfully",
    }
    assert await hub.designer(user.headers) == {}
    assert [*await hub.designer(ben.headers)] == ["Weather_Panel"]


async def test_whatever_stands_against_it_is_told(hub: Hub) -> None:
    user = await with_needed(hub)
    text = "Clock is needed by Alarm@1.0.0; uninstall that first"
    assert await user.refusal("DELETE", "/plugins/Clock/uninstall") == (404, text)
    assert await user.refusal("DELETE", "/plugins/Clock") == (409, text)
    await hub.publish(hooked(REFUSING, "Stuck"))
    await hub.install("Stuck", user.headers)
    status, detail = await user.refusal("DELETE", "/plugins/Stuck/uninstall")
    assert (status, "not yet" in detail) == (404, True)
    assert (await user.refusal("DELETE", "/plugins/Stuck"))[0] == 502
    assert len(await hub.designer(user.headers)) == 3


@pytest.mark.parametrize("name", ["{}_Weather_Panel", "Weather_Panel", "Nothing"])
async def test_plugins_of_others_do_not_exist(hub: Hub, name: str) -> None:
    user, ben = await with_weather(hub), await caller(hub, "ben")
    name = name.format(user.id)
    answer = await ben.refusal("DELETE", f"/plugins/{name}/uninstall")
    assert answer == (404, "Plugin not found for user")
    answer = await ben.refusal("DELETE", f"/plugins/{name}")
    assert answer == (404, f"Plugin {name} not found or you don't have permission")
    assert len(await hub.designer(user.headers)) == 1
