"""E11, E12 and E13: a module and its plugin."""

import pytest

from tests.conftest import Hub
from tests.web.compat.calling import caller, with_weather
from tests.web.compat.test_manifest import MODULE, types, wrong

# The keys of the example of E11 in http-api.md, all of them, and nothing else.
PLUGIN = types(
    text="id name description version type status lastUpdated compatibility scope bundleMethod"
    " bundleLocation sourceType sourceUrl installationType",
    maybe_text="icon category author updateCheckUrl lastUpdateCheck latestVersion",
    flag="enabled official isLocal updateAvailable",
    number="downloads",
    mapping="configFields messages",
    array="dependencies permissions",
)
DETAIL = {name: kind for name, kind in MODULE.items() if name != "userId"}


@pytest.mark.parametrize("prefix", ["/plugins/direct", "/plugins"])
async def test_details_have_exactly_the_keys_of_the_contract(hub: Hub, prefix: str) -> None:
    user = await with_weather(hub)
    plugin_id = f"{user.id}_Weather_Panel"
    found = await user("GET", f"{prefix}/{plugin_id}/modules/{plugin_id}_ForecastCard")
    assert found.keys() == {"module", "plugin"}
    module, plugin = found["module"], found["plugin"]
    assert (wrong(module, DETAIL), wrong(plugin, PLUGIN)) == ({}, {})
    assert (module["id"], module["pluginId"]) == (f"{plugin_id}_ForecastCard", plugin_id)
    assert (module["displayName"], module["props"]) == ("Forecast", {"days": 5})
    assert (plugin["id"], plugin["version"]) == (plugin_id, "1.4.0")
    assert plugin["bundleLocation"] == "dist/remoteEntry.js"
    assert (plugin["bundleMethod"], plugin["isLocal"]) == ("webpack", False)
    assert plugin["sourceUrl"] == "local://Weather_Panel"


async def test_it_says_what_is_off(hub: Hub) -> None:
    user = await with_weather(hub)
    await user("PATCH", "/plugins/Weather_Panel", body={"enabled": False})
    await user("PATCH", "/plugins/Weather_Panel/modules/Map", body={"enabled": False})
    found = await user("GET", "/plugins/direct/Weather_Panel/modules/Map")
    assert (found["module"]["enabled"], found["plugin"]["enabled"]) == (False, False)


async def test_a_short_form_has_names_only(hub: Hub) -> None:
    user = await with_weather(hub)
    plugin_id = f"{user.id}_Weather_Panel"
    assert await user("GET", f"/plugins/simple/{plugin_id}/modules/{plugin_id}_ForecastCard") == {
        "module": {
            "id": f"{plugin_id}_ForecastCard",
            "pluginId": plugin_id,
            "name": "ForecastCard",
            "displayName": "Forecast",
            "description": "5-day card",
        },
        "plugin": {
            "id": plugin_id,
            "name": "Weather Panel",
            "description": "Local forecast",
            "version": "1.4.0",
        },
    }


@pytest.mark.parametrize("prefix", ["/plugins/direct", "/plugins", "/plugins/simple"])
async def test_what_is_not_there_or_belongs_to_others_does_not_exist(hub: Hub, prefix: str) -> None:
    user, ben = await with_weather(hub), await caller(hub, "ben")
    for name in ("Nothing", f"{ben.id}_Weather_Panel"):
        answer = await user.refusal("GET", f"{prefix}/{name}/modules/ForecastCard")
        assert answer == (404, f"Plugin {name} not found")
    name = f"{user.id}_Weather_Panel"
    answer = await ben.refusal("GET", f"{prefix}/{name}/modules/{name}_ForecastCard")
    assert answer == (404, f"Plugin {name} not found")
    for module in ("forecastcard", f"{name}_Nothing", f"{ben.id}_Weather_Panel_Map", name):
        answer = await user.refusal("GET", f"{prefix}/{name}/modules/{module}")
        assert answer == (404, f"Module {module} not found in plugin {name}")
