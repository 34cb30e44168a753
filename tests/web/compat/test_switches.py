"""E14 and E15: switches of plugins and modules."""

import io
from typing import Any

import pytest

from tests.conftest import Hub
from tests.web.compat.calling import caller, with_weather


async def test_a_module_that_is_off_leaves_the_manifest_until_it_is_on_again(hub: Hub) -> None:
    user = await with_weather(hub)
    module = f"{user.id}_Weather_Panel_Map"
    url = f"/plugins/{user.id}_Weather_Panel/modules/{module}"
    assert await user("PATCH", url, body={"enabled": False}) == {
        "status": "success",
        "message": f"Module {module} disabled successfully",
    }
    entry = (await hub.designer(user.headers))["Weather_Panel"]
    assert [module["name"] for module in entry["modules"]] == ["ForecastCard"]
    assert await user("PATCH", url, body={"enabled": True, "more": 1}) == {
        "status": "success",
        "message": f"Module {module} enabled successfully",
    }
    await user("PATCH", url, body={"enabled": True})  # it is on already
    entry = (await hub.designer(user.headers))["Weather_Panel"]
    assert [module["name"] for module in entry["modules"]] == ["ForecastCard", "Map"]


async def test_a_plugin_that_is_off_leaves_the_manifest_until_it_is_on_again(hub: Hub) -> None:
    user = await with_weather(hub)
    plugin = f"{user.id}_Weather_Panel"
    assert await user("PATCH", f"/plugins/{plugin}", body={"enabled": False}) == {
        "status": "success",
        "message": f"Plugin {plugin} disabled successfully",
    }
    assert await hub.designer(user.headers) == {}
    answer = await user("PATCH", "/plugins/weather_panel", body={"enabled": True})
    assert answer["message"] == f"Plugin {plugin} enabled successfully"
    assert [*await hub.designer(user.headers)] == ["Weather_Panel"]


@pytest.mark.parametrize("url", ["/plugins/Weather_Panel", "/plugins/Weather_Panel/modules/Map"])
async def test_only_true_and_false_are_switches(hub: Hub, url: str) -> None:
    user = await with_weather(hub)
    missing: list[Any] = [{}, {"Enabled": True}, None]
    for body in missing:
        answer = await user.refusal("PATCH", url, body)
        assert answer == (400, "Missing 'enabled' field in request body")
    values: list[Any] = ["false", "true", 0, 1, None, [], {}]
    for value in values:
        status, detail = await user.refusal("PATCH", url, {"enabled": value})
        assert (status, detail.startswith("enabled: ")) == (422, True), value
    for value in ([], "x", 1):
        assert (await user.refusal("PATCH", url, value))[0] == 422
    entry = (await hub.designer(user.headers))["Weather_Panel"]
    assert len(entry["modules"]) == 2


async def test_a_body_that_is_no_json_or_too_large_is_refused_in_words(hub: Hub) -> None:
    user = await with_weather(hub)
    url = "/api/v1/plugins/Weather_Panel"
    headers = {**user.headers, "Content-Type": "application/json"}
    for data, expected in ((b"{", 400), (b'{"a":"' + b"x" * 2_000_000 + b'"}', 413)):
        answer = await hub.client.patch(url, data=io.BytesIO(data), headers=headers)
        detail = (await answer.json())["detail"]
        assert (answer.status, type(detail)) == (expected, str)


async def test_switches_of_others_do_not_exist(hub: Hub) -> None:
    user, ben = await with_weather(hub), await caller(hub, "ben")
    plugin, body = f"{user.id}_Weather_Panel", {"enabled": False}
    for name in (plugin, "Nothing"):
        answer = await ben.refusal("PATCH", f"/plugins/{name}", body)
        assert answer == (404, f"Plugin {name} not found or you don't have permission")
        answer = await ben.refusal("PATCH", f"/plugins/{name}/modules/{plugin}_Map", body)
        text = f"Module {plugin}_Map not found in plugin {name} or you don't have permission"
        assert answer == (404, text)
    answer = await user.refusal("PATCH", f"/plugins/{plugin}/modules/Nothing", body)
    text = f"Module Nothing not found in plugin {plugin} or you don't have permission"
    assert answer == (404, text)
    assert len((await hub.designer(user.headers))["Weather_Panel"]["modules"]) == 2
