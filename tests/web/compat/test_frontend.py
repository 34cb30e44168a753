"""What the existing frontend does from sign-in to removal, as http-api section 4 tells it."""

from typing import Any

import pytest
from yarl import URL

from pluginhub.accounts import users
from pluginhub.web import keys
from tests import bundles
from tests.conftest import OPERATOR, Hub
from tests.web.compat.calling import API, WEATHER, Caller, caller
from tests.web.conftest import make_passwords_cheap

SLUG = "Service_Example_API"
PASSWORD = "correct horse battery"
# What a card of the plugin manager shows of a module.
CARD = {
    "id",
    "pluginId",
    "name",
    "displayName",
    "description",
    "icon",
    "category",
    "enabled",
    "tags",
    "author",
    "lastUpdated",
}


@pytest.fixture(name="jane")
async def _jane(hub: Hub) -> Caller:
    """Sign a user in who has a plugin whose slug has ``_`` and is not its scope."""
    make_passwords_cheap(hub)
    passwords = hub.app[keys.PASSWORDS]
    await users.add(hub.database, passwords, "jane", actor=OPERATOR, password=PASSWORD)
    body = {"email": "jane", "password": PASSWORD}
    async with hub.client.post(f"{API}/auth/login", json=body) as answer:
        tokens = await answer.json()
    hub.client.session.cookie_jar.clear()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    await hub.publish(bundles.bundle(SLUG, "1.4.0", **WEATHER))
    await hub.install(SLUG, headers)
    return Caller(hub, tokens["user"]["id"], headers)


async def loaded(user: Caller) -> dict[str, list[str]]:
    """Load every plugin as the frontend does at start; return the modules of each."""
    found: dict[str, list[str]] = {}
    for entry in (await user("GET", "/plugins/manifest/designer")).values():
        assert entry["scope"]
        assert isinstance(entry["modules"], list)
        assert entry["modules"]
        location = entry["bundlelocation"].removeprefix("/")
        url = f"{API}/public/plugins/{entry['database_id']}/{location}"
        assert url.endswith("remoteEntry.js")
        script = await user.hub.client.get(url, params={"v": entry["version"]})
        assert (script.status, script.content_type) == (200, "text/javascript")
        chunk = await user.hub.client.get(f"{url.rpartition('/')[0]}/chunk.js")
        assert chunk.status == 200
        found[entry["id"]] = [module["name"] for module in entry["modules"]]
    return found


def slug_of(plugin_id: str) -> str:
    """Return what the frontend takes for the slug."""
    return plugin_id.partition("_")[2]


async def opened(user: Caller, card: dict[str, Any]) -> dict[str, Any]:
    """Open the details of a module as the frontend does, and return its plugin."""
    await user("GET", "/plugins/test")
    found = await user("GET", f"/plugins/direct/{card['pluginId']}/modules/{card['id']}")
    module, plugin = found["module"], found["plugin"]
    assert {module[key] for key in ("id", "name")} == {card["id"], card["name"]}
    assert plugin["sourceUrl"]  # without it there are no buttons
    assert plugin["id"] == card["pluginId"]
    assert type(plugin["updateAvailable"]) is bool
    assert "latestVersion" in plugin
    siblings = (await user("GET", f"/plugins/{card['pluginId']}/modules"))["modules"]
    assert card["name"] in {sibling["name"] for sibling in siblings}
    opened: dict[str, Any] = plugin
    return opened


async def test_from_start_to_removal(jane: Caller) -> None:
    assert (await jane("GET", "/auth/me"))["id"] == jane.id
    assert await loaded(jane) == {SLUG: ["ForecastCard", "Map"]}

    listed = await jane("GET", "/plugins/manager?page=1&pageSize=16")
    assert (len(listed["modules"]), listed["totalItems"]) == (2, 2)
    assert all(card.keys() >= CARD for card in listed["modules"])
    keys_of_react = {f"{card['pluginId']}-{card['id']}" for card in listed["modules"]}
    assert len(keys_of_react) == 2
    assert await jane("GET", "/plugins/categories") == {"categories": ["utility"]}
    assert await jane("GET", "/plugins/tags") == {"tags": ["weather"]}
    query = "search=fore&category=utility&tags=weather,other&page=1&pageSize=16"
    [card] = (await jane("GET", f"/plugins/manager?{query}"))["modules"]
    second = await jane("GET", "/plugins/manager?page=2&pageSize=1")
    assert ([item["name"] for item in second["modules"]], second["totalItems"]) == (["Map"], 2)

    plugin = await opened(jane, card)
    assert plugin["version"] == "1.4.0"
    url = f"/plugins/{card['pluginId']}/modules/{card['id']}"
    await jane("PATCH", url, body={"enabled": False})
    assert await loaded(jane) == {SLUG: ["Map"]}
    other = f"/plugins/{card['pluginId']}/modules/{card['pluginId']}_Map"
    await jane("PATCH", other, body={"enabled": False})
    assert await loaded(jane) == {}
    await jane("PATCH", url, body={"enabled": True})
    assert await loaded(jane) == {SLUG: ["ForecastCard"]}

    await jane("DELETE", f"/plugins/{slug_of(plugin['id'])}/uninstall")
    assert await loaded(jane) == {}
    assert (await jane("GET", "/plugins/manager"))["totalItems"] == 0


async def test_what_is_handed_out_is_worth_nothing_once_it_is_off(jane: Caller) -> None:
    entry = (await jane.hub.designer(jane.headers))[SLUG]
    await jane("PATCH", f"/plugins/{jane.id}_{SLUG}", body={"enabled": False})
    assert (await jane.hub.load(entry)).status == 404
    await jane("PATCH", f"/plugins/{jane.id}_{SLUG}", body={"enabled": True})
    assert (await jane.hub.load(entry)).status == 200
    await jane("DELETE", f"/plugins/{SLUG}/uninstall")
    assert (await jane.hub.load(entry)).status == 404


ODD = [
    "%00",
    "%2e%2e",
    "..%2f..%2fetc",
    "%ff%fe",
    "%ED%A0%80",
    "'%3B--",
    "%25",
    "a%7Bb%7D",
    "%F0%9F%98%80",
    "x" * 2000,
]
ADDRESSES = [
    ("GET", "/plugins/{}/info"),
    ("GET", "/plugins/by-slug/{}"),
    ("GET", "/plugins/{}/status"),
    ("GET", "/plugins/{}/modules"),
    ("GET", "/plugins/{}/modules/{}"),
    ("GET", "/plugins/direct/{}/modules/{}"),
    ("GET", f"/plugins/simple/{SLUG}/modules/{{}}"),
    ("GET", "/plugins/{}/{}"),
    ("GET", "/plugins/manager?search={}&category={}&tags={}"),
    ("POST", "/plugins/{}/install"),
    ("POST", "/plugins/{}/register"),
    ("POST", "/plugins/{}/test-loading"),
    ("POST", "/plugins/{}/services/start"),
    ("DELETE", "/plugins/{}/uninstall"),
    ("DELETE", "/plugins/{}"),
    ("PATCH", "/plugins/{}"),
    ("PATCH", f"/plugins/{SLUG}/modules/{{}}"),
    ("GET", "/plugin-state/{}"),
    ("PUT", "/plugin-state/{}"),
    ("GET", "/plugin-state?plugin_id={}&state_key={}"),
]


async def test_no_odd_name_is_too_much_for_an_address(jane: Caller) -> None:
    body = {"enabled": True, "definition_id": "x", "state_data": {}}
    for method, path in ADDRESSES:
        for name in ODD:
            url = URL(API + path.replace("{}", name), encoded=True)
            data = None if method in {"GET", "DELETE"} else body
            async with jane.hub.client.request(
                method, url, json=data, headers=jane.headers
            ) as answer:
                assert answer.status < 500, (method, path, name, await answer.text())
                assert answer.content_type == "application/json"
    assert [*await jane.hub.designer(jane.headers)] == [SLUG]


async def test_two_users_of_one_plugin_never_meet(jane: Caller) -> None:
    ben = await caller(jane.hub, "ben")
    await jane.hub.install(SLUG, ben.headers)
    await ben("DELETE", f"/plugins/{SLUG}/uninstall")
    assert await loaded(jane) == {SLUG: ["ForecastCard", "Map"]}
