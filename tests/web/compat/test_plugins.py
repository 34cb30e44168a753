"""E6 to E9 and E23: plugins, and addresses below them that do not exist."""

import pytest

from tests import bundles
from tests.conftest import Hub
from tests.web.compat.calling import API, caller, with_weather
from tests.web.compat.test_manifest import MODULE, PLUGIN, wrong

LISTED = {
    name: kind
    for name, kind in PLUGIN.items()
    if name not in {"database_id", "integrity", "modules"}
}


async def test_the_api_says_that_it_works(hub: Hub) -> None:
    user = await caller(hub)
    answer = {"message": "Plugin router is working!", "user_id": user.id}
    assert await user("GET", "/plugins/test?_=1") == answer


async def test_a_plugin_is_described_with_its_modules(hub: Hub) -> None:
    user = await with_weather(hub)
    plugin = f"{user.id}_Weather_Panel"
    found = await user("GET", f"/plugins/{plugin}/info")
    modules = found.pop("modules")
    assert wrong(found, LISTED) == {}
    assert (found["id"], found["plugin_slug"], found["enabled"]) == (plugin, "Weather_Panel", True)
    assert found["bundlelocation"] == "dist/remoteEntry.js"
    assert [wrong(module, MODULE) for module in modules] == [{}, {}]
    assert {module["pluginId"] for module in modules} == {plugin}
    assert await user("GET", "/plugins/weather_panel/info") == {**found, "modules": modules}


async def test_a_plugin_is_found_by_its_slug_also_if_it_is_off(hub: Hub) -> None:
    user = await with_weather(hub)
    await user("PATCH", "/plugins/Weather_Panel", body={"enabled": False})
    found = await user("GET", "/plugins/by-slug/Weather_Panel")
    assert wrong(found, LISTED) == {}
    assert (found["id"], found["enabled"]) == (f"{user.id}_Weather_Panel", False)


@pytest.mark.parametrize("url", ["/plugins/{}/info", "/plugins/by-slug/{}"])
async def test_plugins_of_others_do_not_exist(hub: Hub, url: str) -> None:
    user, ben = await with_weather(hub), await caller(hub, "ben")
    for name in (f"{user.id}_Weather_Panel", "Weather_Panel", "Nothing", "a b"):
        answer = await ben.refusal("GET", url.format(name))
        assert answer == (404, f"Plugin {name} not found")


async def test_the_count_is_of_what_the_user_has_switched_on(hub: Hub) -> None:
    user, ben = await with_weather(hub), await with_weather(hub, "ben", "Other")
    await hub.install("Other", user.headers)
    answer = {"total": 2, "new": [], "removed": []}
    assert await user("POST", "/plugins/refresh-cache") == answer
    await user("PATCH", "/plugins/Other", body={"enabled": False})
    assert await user("POST", "/plugins/refresh-cache") == {**answer, "total": 1}
    assert await ben("POST", "/plugins/refresh-cache") == {**answer, "total": 1}


async def test_what_can_be_installed_is_told_to_users_in_its_highest_release(hub: Hub) -> None:
    user = await with_weather(hub)
    for version in ("1.10.0", "1.9.0", "2.0.0", "3.0.0-rc.1"):
        await hub.publish(bundles.bundle("Weather_Panel", version, name="Weather"))
    await hub.publish(bundles.bundle("Gone"))
    for release in ("Gone/releases/1.0.0", "Weather_Panel/releases/2.0.0"):
        url = f"/api/plugins/{release}/yank"
        assert (await hub.client.put(url, headers=hub.operator)).status == 200
    assert await user("GET", "/plugins/available") == {
        "status": "success",
        "data": {
            "available_plugins": {
                "weather_panel": {
                    "slug": "weather_panel",
                    "directory": "Weather_Panel",
                    "has_lifecycle_manager": False,
                    "name": "Weather",
                    "version": "1.10.0",
                    "description": "",
                    "author": None,
                }
            },
            "total_count": 1,
        },
    }
    assert (await hub.client.get(f"{API}/plugins/available")).status == 401


ABSENT = [
    ("GET", "/plugins", 404, "Not Found"),
    ("GET", "/plugins/", 404, "Not Found"),
    ("GET", "/plugins/Weather_Panel", 405, "Method Not Allowed"),
    ("POST", "/plugins/upload", 405, "Method Not Allowed"),
    ("PUT", "/plugins/Weather_Panel/anything", 405, "Method Not Allowed"),
    ("POST", "/plugins/Weather_Panel/services/kill", 405, "Method Not Allowed"),
    ("GET", "/plugins/manager/", 404, "Plugin not found"),
    ("GET", "/plugins/nothing/dist/remoteEntry.js", 404, "Plugin not found"),
    ("GET", "/plugins/Weather_Panel/dist/remoteEntry.js", 404, "File not found"),
    ("GET", "/plugins/Weather_Panel/..%2f..%2fetc/passwd", 404, "File not found"),
    ("GET", "/plugins/Weather_Panel//etc/passwd", 404, "File not found"),
    ("GET", "/nothing", 404, "Not Found"),
]


async def test_what_does_not_exist_is_refused_as_the_frontend_is_used_to(hub: Hub) -> None:
    user = await with_weather(hub)
    for method, path, status, detail in ABSENT:
        assert await user.refusal(method, path) == (status, detail), path
