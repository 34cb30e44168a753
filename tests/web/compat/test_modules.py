"""E3, E4, E5 and E10: listings of modules."""

from typing import Any

import pytest

from tests import bundles
from tests.conftest import Hub
from tests.web.compat.calling import Caller, caller, with_weather
from tests.web.compat.test_manifest import MODULE

RECORD = MODULE.keys()
TOOLS: list[dict[str, Any]] = [
    {"name": "Alpha", "display_name": "100% safe", "category": "utility", "tags": ["a", "b"]},
    {"name": "Beta", "description": "Straße_1", "category": "ai", "tags": ["b", " c"]},
    {"name": "Gamma", "category": "", "tags": []},
]


async def listed(user: Caller, query: str) -> tuple[list[str], int]:
    found = await user("GET", f"/plugins/manager?{query}")
    return [module["name"] for module in found["modules"]], found["totalItems"]


async def with_tools(hub: Hub) -> Caller:
    user = await with_weather(hub)
    await hub.publish(bundles.bundle("Tools", modules=TOOLS))
    await hub.install("Tools", user.headers)
    return user


async def test_a_page_has_the_keys_of_the_contract_and_what_the_plugin_says(hub: Hub) -> None:
    user = await with_weather(hub)
    found = await user("GET", "/plugins/manager")
    assert found.keys() == {"modules", "totalItems"}
    forecast = found["modules"][0]
    assert forecast.keys() == RECORD | {"author", "lastUpdated"}
    assert forecast["id"] == f"{user.id}_Weather_Panel_ForecastCard"
    assert (forecast["pluginId"], forecast["userId"]) == (f"{user.id}_Weather_Panel", user.id)
    assert (forecast["author"], forecast["lastUpdated"][4]) == ("Example Co", "-")
    assert forecast["messages"] == {"sends": [], "receives": []}


async def test_modules_are_searched_filtered_and_paged(hub: Hub) -> None:
    user = await with_tools(hub)
    everything = ["Alpha", "Beta", "Gamma", "ForecastCard", "Map"]
    cases = {
        "": (everything, 5),
        "search=FORE": (["ForecastCard"], 1),
        "search=5-DAY": (["ForecastCard"], 1),
        "search=%25": (["Alpha"], 1),
        "search=_": (["Beta"], 1),
        "search=STRASSE": (["Beta"], 1),
        "search=nothing": ([], 0),
        "category=ai": (["Beta"], 1),
        "category=AI": ([], 0),
        "category=utility&search=a": (["Alpha", "ForecastCard"], 2),
        "tags=a,weather": (["Alpha", "ForecastCard"], 2),
        "tags=b": (["Alpha", "Beta"], 2),
        "tags=A": ([], 0),
        "tags=c": ([], 0),
        "tags=a, c": (["Alpha", "Beta"], 2),
        "page=2&pageSize=2": (["Gamma", "ForecastCard"], 5),
        "page=3&pageSize=2": (["Map"], 5),
        "page=4&pageSize=2": ([], 5),
        f"page={10**6}": ([], 5),
        "pageSize=100&_t=1757": (everything, 5),
    }
    for query, expected in cases.items():
        assert await listed(user, query) == expected, query


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "pageSize=0", "pageSize=101", f"page={'9' * 5000}"]
)
async def test_a_page_that_cannot_be_is_refused(hub: Hub, query: str) -> None:
    status, detail = await (await caller(hub)).refusal("GET", f"/plugins/manager?{query}")
    assert (status, query.partition("=")[0] in detail) == (422, True)


async def test_sixteen_modules_are_a_page_and_modules_of_what_is_off_are_listed(hub: Hub) -> None:
    user = await caller(hub)
    names = [f"M{number:02}" for number in range(20)]
    await hub.publish(bundles.bundle(modules=[{"name": name} for name in names]))
    await hub.install("Clock", user.headers)
    await user("PATCH", "/plugins/Clock", body={"enabled": False})
    await user("PATCH", "/plugins/Clock/modules/M01", body={"enabled": False})
    assert await listed(user, "") == (names[:16], 20)
    modules = (await user("GET", "/plugins/manager"))["modules"]
    assert [module["enabled"] for module in modules[:3]] == [True, False, True]


async def test_categories_and_tags_are_sorted_and_the_user_s_own(hub: Hub) -> None:
    user = await with_tools(hub)
    assert await user("GET", "/plugins/categories") == {"categories": ["ai", "utility"]}
    assert await user("GET", "/plugins/tags") == {"tags": [" c", "a", "b", "weather"]}
    ben = await caller(hub, "ben")
    assert await ben("GET", "/plugins/categories") == {"categories": []}
    assert await ben("GET", "/plugins/tags") == {"tags": []}
    assert await ben("GET", "/plugins/manager") == {"modules": [], "totalItems": 0}


async def test_the_modules_of_a_plugin_are_found_by_any_of_its_names(hub: Hub) -> None:
    user = await with_weather(hub)
    found = await user("GET", f"/plugins/{user.id}_Weather_Panel/modules")
    assert found.keys() == {"modules"}
    assert [module["name"] for module in found["modules"]] == ["ForecastCard", "Map"]
    assert all(module.keys() == RECORD for module in found["modules"])
    for name in ("Weather_Panel", "weather_panel", f"{user.id}_WEATHER_panel"):
        assert await user("GET", f"/plugins/{name}/modules") == found


async def test_the_modules_of_others_do_not_exist(hub: Hub) -> None:
    user, ben = await with_weather(hub), await caller(hub, "ben")
    for name in ("Weather_Panel", f"{user.id}_Weather_Panel", f"{ben.id}_Weather_Panel", "No"):
        answer = await ben.refusal("GET", f"/plugins/{name}/modules")
        assert answer == (404, f"Plugin {name} not found or you don't have permission")
