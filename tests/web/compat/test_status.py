"""E22: how a plugin is."""

from typing import Any

import pytest

from tests import bundles
from tests.conftest import Hub, hooked
from tests.packages import FAMILIES
from tests.web.compat.calling import Caller, caller

KEYS = {"plugin_slug", "exists", "status", "plugin_id", "plugin_info", "health_details"}


async def having(hub: Hub, content: bytes) -> Caller:
    release = (await hub.publish(content)).release
    user = await caller(hub)
    await hub.install(release.slug, user.headers)
    return user


async def status(user: Caller, slug: str = "Clock") -> dict[str, Any]:
    found = await user("GET", f"/plugins/{slug}/status")
    assert (found.keys(), found["status"]) == ({"status", "data"}, "success")
    data: dict[str, Any] = found["data"]
    return data


async def test_a_plugin_that_is_well_has_exactly_the_keys_of_the_contract(hub: Hub) -> None:
    more = {"package.json": b'{"name": "clock"}', "assets/a.png": b"x"}
    user = await having(hub, bundles.tar_gz({**bundles.files(), **more}))
    found = await status(user)
    assert found.keys() == KEYS
    info = found.pop("plugin_info")
    assert info.keys() == {"id", "name", "version", "enabled", "created_at", "updated_at"}
    assert (info["id"], info["version"], info["enabled"]) == (f"{user.id}_Clock", "1.0.0", 1)
    assert type(info["enabled"]) is int
    assert found == {
        "plugin_slug": "Clock",
        "exists": True,
        "status": "healthy",
        "plugin_id": f"{user.id}_Clock",
        "health_details": {
            "bundle_exists": True,
            "bundle_size": len(bundles.files()[bundles.ENTRY]),
            "package_json_valid": True,
            "assets_present": True,
        },
    }
    for name in ("clock", f"{user.id}_Clock"):
        assert (await status(user, name))["plugin_slug"] == "Clock"


@pytest.mark.parametrize("package", [b"{", b"[]", b"[" * 100_000, b"\xff", None])
async def test_a_package_json_that_is_none_is_not_valid(hub: Hub, package: bytes | None) -> None:
    more = {} if package is None else {"package.json": package}
    user = await having(hub, bundles.tar_gz({**bundles.files(), **more, "assets.png": b"x"}))
    health = (await status(user))["health_details"]
    assert (health["package_json_valid"], health["assets_present"]) == (False, False)


async def test_what_the_user_does_not_have_is_told_without_an_error(hub: Hub) -> None:
    ann = await having(hub, bundles.bundle())
    ben = await caller(hub, "ben")
    assert await status(ben, "clock") == {
        "plugin_slug": "Clock",
        "exists": False,
        "status": "not_installed",
        "error": "Plugin not found for user",
    }
    for name in ("Nothing", f"{ann.id}_Clock"):
        assert await status(ben, name) == {
            "plugin_slug": name,
            "exists": False,
            "status": "error",
            "error": f"Plugin directory not found for slug: {name}",
        }


async def test_dashes_and_underscores_are_alike_unless_both_exist(hub: Hub) -> None:
    user = await having(hub, bundles.bundle("Weather_Panel"))
    assert (await status(user, "weather-panel"))["plugin_slug"] == "Weather_Panel"
    await hub.publish(bundles.bundle("weather-panel"))
    await hub.install("weather-panel", user.headers)
    assert (await status(user, "Weather-Panel"))["plugin_slug"] == "weather-panel"


async def test_lost_files_and_failing_hooks_are_told(hub: Hub) -> None:
    user = await having(hub, hooked("def status(self, context): raise ValueError('ill')"))
    found = await status(user)
    assert found.keys() == KEYS | {"error"}
    assert (found["status"], found["exists"], "ill" in found["error"]) == ("error", True, True)
    place = hub.storage.release_path("Clock", "1.0.0")
    place.rename(hub.data / "elsewhere")
    found = await status(user)
    assert (found["status"], found["health_details"]["bundle_exists"]) == ("files_missing", False)
    assert (found["health_details"]["bundle_size"], str(hub.data) in str(found)) == (0, False)


async def test_a_package_of_the_older_system_says_how_it_is(hub: Hub) -> None:
    user = await having(hub, bundles.tar_gz(FAMILIES["template"]("Clock", "1.0.0")))
    found = await status(user)
    assert found["status"] in {"healthy", "unhealthy", "unknown"}
    assert found["plugin_id"] == f"{user.id}_Clock"
