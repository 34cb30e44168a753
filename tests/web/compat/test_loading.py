"""Whether the frontend could load a plugin."""

from typing import Any

from tests import bundles
from tests.conftest import Hub
from tests.web.compat.calling import Caller, caller, with_weather

KEYS = {
    "plugin_installed",
    "files_exist",
    "manifest_valid",
    "bundle_accessible",
    "modules_configured",
    "errors",
    "warnings",
}
FLAGS = ("plugin_installed", "files_exist", "manifest_valid", "bundle_accessible")


async def loading(user: Caller, name: str = "Weather_Panel") -> dict[str, Any]:
    found: dict[str, Any] = await user("POST", f"/plugins/{name}/test-loading")
    assert found.keys() == KEYS
    return found


def flags(found: dict[str, Any]) -> list[bool]:
    return [found[name] for name in FLAGS]


async def test_a_plugin_that_can_be_loaded_is_found_by_each_of_its_names(hub: Hub) -> None:
    user = await with_weather(hub)
    fine: dict[str, Any] = {"configured": True, "hasRequiredFields": True, "issues": []}
    for name in ("Weather_Panel", f"{user.id}_weather_panel", "Weather Panel"):
        assert await loading(user, name) == {
            **dict.fromkeys(FLAGS, True),
            "modules_configured": [
                {"moduleName": "ForecastCard", **fine},
                {"moduleName": "Map", **fine},
            ],
            "errors": [],
            "warnings": [],
        }


async def test_what_is_not_installed_cannot_be_loaded(hub: Hub) -> None:
    user, ben = await with_weather(hub), await caller(hub, "ben")
    for name in ("Weather_Panel", f"{user.id}_Weather_Panel", "Nothing"):
        found = await loading(ben, name)
        assert flags(found) == [False] * 4
        assert found["errors"] == [f"Plugin {name} is not installed"]


async def test_what_is_off_is_told(hub: Hub) -> None:
    user = await with_weather(hub)
    await user("PATCH", "/plugins/Weather_Panel/modules/Map", body={"enabled": False})
    found = await loading(user)
    assert (flags(found), found["errors"]) == ([True] * 4, [])
    assert found["warnings"] == ["the module Map is switched off"]
    assert [module["configured"] for module in found["modules_configured"]] == [True, False]
    await user("PATCH", "/plugins/Weather_Panel", body={"enabled": False})
    module = "/plugins/Weather_Panel/modules/ForecastCard"
    await user("PATCH", module, body={"enabled": False})
    found = await loading(user)
    assert flags(found) == [True, True, True, False]
    errors = ["the plugin is switched off", "all modules are switched off"]
    assert found["errors"] == errors


async def test_files_that_are_lost_or_not_served_are_told(hub: Hub) -> None:
    user = await with_weather(hub)
    place = hub.storage.release_path("Weather_Panel", "1.4.0")
    (place / bundles.ENTRY).unlink()
    found = await loading(user)
    assert flags(found) == [True, True, True, False]
    assert found["errors"] == ["Weather_Panel@1.4.0 has no file dist/remoteEntry.js"]
    place.rename(hub.data / "elsewhere")
    found = await loading(user)
    assert flags(found) == [True, False, True, False]
    assert "publish it again" in found["errors"][0]
    await hub.publish(bundles.bundle(entry="dist/face.exe"))
    await hub.install("Clock", user.headers)
    assert (
        "dist/face.exe is of a type that is not served" in (await loading(user, "Clock"))["errors"]
    )
