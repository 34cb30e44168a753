"""E1: what the frontend loads at start."""

from pathlib import Path
from types import NoneType
from typing import Any

import pytest
from aiohttp import web

from pluginhub.models import User
from pluginhub.web.compat import manifest
from tests import bundles
from tests.conftest import Hub
from tests.packages import FAMILIES

Types = dict[str, tuple[type, ...]]


def types(**keys: str) -> Types:
    """Spread ``type="key key"`` out to a type for each key."""
    known: Types = {
        "text": (str,),
        "maybe_text": (str, NoneType),
        "flag": (bool,),
        "number": (int,),
        "mapping": (dict,),
        "array": (list,),
    }
    return {key: known[name] for name, words in keys.items() for key in words.split()}


# The keys of the example of E1 in http-api.md, all of them, and nothing else.
PLUGIN = types(
    text="id plugin_slug database_id name description version type pluginType status lastUpdated"
    " compatibility scope bundlemethod bundlelocation userId sourceType sourceUrl installationType"
    " integrity",
    maybe_text="icon category author longDescription updateCheckUrl lastUpdateCheck latestVersion"
    " endpointsFile routePrefix",
    flag="enabled official islocal updateAvailable",
    number="downloads",
    mapping="configFields messages",
    array="dependencies permissions requiredServicesRuntime backendDependencies modules",
)
MODULE = types(
    text="id pluginId name userId",
    maybe_text="displayName description icon category",
    flag="enabled",
    number="priority",
    mapping="props configFields requiredServices layout messages",
    array="dependencies tags",
)

DESIGNER = "/api/v1/plugins/manifest/designer"
FULL_MODULE = {
    "name": "ForecastCard",
    "display_name": "Forecast",
    "description": "5-day card",
    "icon": "Cloud",
    "category": "utility",
    "priority": 1,
    "props": {"days": 5},
    "config_fields": {"days": {"type": "number"}},
    "required_services": {"api": {"methods": ["get"]}},
    "layout": {"minWidth": 3},
    "dependencies": ["Map"],
    "tags": ["weather"],
    "messages": {"sends": [{"type": "city"}], "receives": []},
}
FULL: dict[str, Any] = {
    "name": "Weather Panel",
    "description": "Local forecast",
    "author": "Example Co",
    "icon": "Cloud",
    "category": "utility",
    "scope": "WeatherScope",
    "permissions": ["api.access"],
    "modules": [FULL_MODULE],
}


def wrong(entry: dict[str, Any], expected: Types) -> dict[str, Any]:
    """Return keys that are missing, too many, or of another type."""
    wanted: dict[str, Any] = {key: expected[key] for key in expected.keys() - entry.keys()}
    return wanted | {
        key: value for key, value in entry.items() if type(value) not in expected.get(key, ())
    }


async def ann_with(hub: Hub, bundle: bytes) -> tuple[User, dict[str, str]]:
    release = (await hub.publish(bundle)).release
    ann = await hub.add_user("ann")
    headers = await hub.sign_in(ann)
    await hub.install(release.slug, headers)
    return ann, headers


async def disable_module(hub: Hub, headers: dict[str, str], name: str) -> None:
    body = {"modules": [name]}
    answer = await hub.client.post("/api/plugins/Clock/disable", json=body, headers=headers)
    assert answer.status == 200


async def test_a_user_sees_what_they_installed(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    ann = await hub.sign_in(await hub.add_user("ann"))
    assert await hub.designer(ann) == {}
    await hub.install("Clock", ann)
    entry = (await hub.designer(ann))["Clock"]
    assert entry["version"] == "1.0.0"
    answer = await hub.load(entry)
    assert (answer.status, await answer.text()) == (200, "var Clock = '1.0.0';")


@pytest.mark.parametrize("more", [{}, FULL], ids=["the smallest manifest", "a full manifest"])
async def test_an_entry_has_exactly_the_keys_and_types_that_frontends_read(
    hub: Hub, more: dict[str, Any]
) -> None:
    _, headers = await ann_with(hub, bundles.bundle(**more))
    entry = (await hub.designer(headers))["Clock"]
    assert wrong(entry, PLUGIN) == {}
    assert [wrong(module, MODULE) for module in entry["modules"]] == [{}]


async def test_an_entry_repeats_the_manifest(hub: Hub) -> None:
    ann, headers = await ann_with(hub, bundles.bundle("Weather_Panel", "1.4.0", **FULL))
    entry = (await hub.designer(headers))["Weather_Panel"]
    same = ["name", "description", "author", "icon", "category", "scope", "permissions"]
    assert {key: entry[key] for key in same} == {key: FULL[key] for key in same}
    assert entry["userId"] == ann.id
    assert (entry["type"], entry["pluginType"]) == ("frontend", "frontend")
    assert entry["sourceUrl"]  # without one the frontend shows no update and delete buttons


async def test_a_module_repeats_the_manifest_in_the_spelling_of_the_frontend(hub: Hub) -> None:
    ann, headers = await ann_with(hub, bundles.bundle(**FULL))
    [module] = (await hub.designer(headers))["Clock"]["modules"]
    camel = {
        "display_name": "displayName",
        "config_fields": "configFields",
        "required_services": "requiredServices",
    }
    expected = {camel.get(key, key): value for key, value in FULL_MODULE.items()}
    ours = {"id": f"{ann.id}_Clock_ForecastCard", "pluginId": "Clock", "userId": ann.id}
    assert module == {**expected, **ours, "enabled": True}


async def test_the_host_that_a_release_requires_is_its_compatibility(hub: Hub) -> None:
    _, headers = await ann_with(hub, bundles.bundle(requires={"host": ">=1.0 <2"}))
    entry = (await hub.designer(headers))["Clock"]
    assert entry["compatibility"] == ">=1.0 <2"
    assert (entry["longDescription"], entry["installationType"]) == (None, "local")


def older(**more: Any) -> bytes:
    """Return a package of the older system whose ``plugin_data`` has these values as well."""
    files = FAMILIES["template"]("Old_Clock", "1.2.3")
    source = files["lifecycle_manager.py"].decode()
    added = "".join(f"{key!r}: {value!r}, " for key, value in more.items())
    mark = '"permissions": ["storage.read"'
    assert mark in source
    source = source.replace(mark, f"{added}{mark}", 1)
    return bundles.tar_gz({**files, "lifecycle_manager.py": source.encode()})


DECLARED = {
    "type": "fullstack",
    "plugin_type": "fullstack",
    "compatibility": "1.4.0",
    "endpoints_file": "endpoints.py",
    "route_prefix": "/clock",
    "required_services_runtime": ["clockd"],
    "backend_dependencies": ["redis"],
}


async def test_an_entry_repeats_what_a_package_of_the_older_system_declares(hub: Hub) -> None:
    await hub.publish(older(**DECLARED))
    ann = await hub.add_user("ann")
    headers = await hub.sign_in(ann)
    url = "/api/plugins/Old_Clock/install?skip_hooks=true"
    assert (await hub.client.post(url, headers=headers)).status == 201
    entry = (await hub.designer(headers))["Old_Clock"]
    assert wrong(entry, PLUGIN) == {}
    expected = {
        "type": "fullstack",
        "pluginType": "fullstack",
        "compatibility": "1.4.0",
        "endpointsFile": "endpoints.py",
        "routePrefix": "/clock",
        "requiredServicesRuntime": ["clockd"],
        "backendDependencies": ["redis"],
        "official": True,
        "longDescription": "A plugin that shows what plugins of the template do.",
        "sourceType": "github",
        "sourceUrl": "https://example.org/Old_Clock",
        "updateCheckUrl": "https://example.org/Old_Clock/releases/latest",
        "installationType": "remote",
        "author": "BrainDrive Team",
        "permissions": ["storage.read", "api.access"],
        "version": "1.2.3",
        "userId": ann.id,
        "database_id": f"{ann.id}_Old_Clock",
    }
    assert {key: entry[key] for key in expected} == expected
    main = entry["modules"][0]
    assert (main["name"], main["displayName"]) == ("Main", "Main view")
    assert main["layout"]["minWidth"] == 2
    assert main["configFields"]["refresh"]["default"] == 30


async def test_what_a_hook_writes_to_its_rows_is_shown_to_its_user_alone(hub: Hub) -> None:
    files = FAMILIES["template"]("Clock", "1.0.0")
    source = files["lifecycle_manager.py"].decode()
    source = source.replace('"downloads": 0,', '"downloads": len(user_id) + 1,')
    source = source.replace('"enabled": True,', '"enabled": False,')
    content = bundles.tar_gz({**files, "lifecycle_manager.py": source.encode()})
    _, headers = await ann_with(hub, content)
    assert (await hub.designer(headers))["Clock"]["downloads"] == 33
    ben = await hub.sign_in(await hub.add_user("ben"))
    await hub.client.post("/api/plugins/Clock/install?skip_hooks=true", headers=ben)
    assert (await hub.designer(ben))["Clock"]["downloads"] == 0


@pytest.mark.parametrize(
    "family", ["template", "documents", "values", "base_class", "functions", "rag"]
)
async def test_the_rows_that_a_hook_wrote_have_the_types_that_frontends_read(
    hub: Hub, family: str
) -> None:
    _, headers = await ann_with(hub, bundles.tar_gz(FAMILIES[family]("Clock", "1.0.0")))
    entry = (await hub.designer(headers))["Clock"]
    assert wrong(entry, PLUGIN) == {}
    assert [wrong(module, MODULE) for module in entry["modules"] if wrong(module, MODULE)] == []


async def test_a_package_declares_nothing_of_what_the_server_knows_better(hub: Hub) -> None:
    declared = {"user_id": "x", "id": "y", "enabled": False, "last_updated": "never"}
    ann, headers = await ann_with(hub, older(**declared))
    entry = (await hub.designer(headers))["Old_Clock"]
    assert (entry["userId"], entry["id"], entry["enabled"]) == (ann.id, "Old_Clock", True)
    assert entry["lastUpdated"] != "never"


async def test_a_module_without_messages_sends_and_receives_none(hub: Hub) -> None:
    _, headers = await ann_with(hub, bundles.bundle())
    [module] = (await hub.designer(headers))["Clock"]["modules"]
    assert module["messages"] == {"sends": [], "receives": []}


async def test_ids_are_those_that_the_frontend_parses(hub: Hub) -> None:
    ann, headers = await ann_with(hub, bundles.bundle("Weather_Panel"))
    [(key, entry)] = (await hub.designer(headers)).items()
    assert {key, entry["id"], entry["plugin_slug"]} == {"Weather_Panel"}
    assert entry["database_id"] == f"{ann.id}_Weather_Panel"
    assert entry["database_id"].partition("_")[2] == "Weather_Panel"


async def test_the_bundle_location_is_a_capability_and_the_entry_file(hub: Hub) -> None:
    _, headers = await ann_with(hub, bundles.bundle())
    location = (await hub.designer(headers))["Clock"]["bundlelocation"]
    segment, capability, *rest = location.split("/")
    assert (segment, rest) == ("t", ["dist", "remoteEntry.js"])
    assert len(capability) == 24


async def test_the_bundle_location_stays_the_same_so_that_caches_work(hub: Hub) -> None:
    _, headers = await ann_with(hub, bundles.bundle())
    first, second = await hub.designer(headers), await hub.designer(headers)
    assert first == second


async def test_an_entry_file_with_an_odd_name_can_be_loaded(hub: Hub) -> None:
    files = bundles.files(entry="dist/remote #1 50%25.js")
    _, headers = await ann_with(hub, bundles.tar_gz({**files, "dist/remote #1 50%25.js": b"odd"}))
    entry = (await hub.designer(headers))["Clock"]
    answer = await hub.load(entry)
    assert (answer.status, await answer.text()) == (200, "odd")


async def test_a_disabled_plugin_is_left_out_until_it_is_enabled(hub: Hub) -> None:
    _, headers = await ann_with(hub, bundles.bundle())
    await hub.client.post("/api/plugins/Clock/disable", headers=headers)
    assert await hub.designer(headers) == {}
    await hub.client.post("/api/plugins/Clock/enable", headers=headers)
    assert [*await hub.designer(headers)] == ["Clock"]


async def test_a_release_whose_entry_file_is_gone_from_the_disk_is_left_out(hub: Hub) -> None:
    _, headers = await ann_with(hub, bundles.bundle())
    (hub.storage.release_path("Clock", "1.0.0") / bundles.ENTRY).unlink()
    assert await hub.designer(headers) == {}


async def test_a_release_without_an_entry_file_is_left_out(hub: Hub) -> None:
    files = bundles.files()
    del files[bundles.ENTRY]
    _, headers = await ann_with(hub, bundles.tar_gz(files))
    assert await hub.designer(headers) == {}


@pytest.mark.parametrize("entry", ["dist/remoteEntry.ts", ".hidden/remoteEntry.js"])
async def test_a_release_whose_entry_file_is_never_served_is_left_out(hub: Hub, entry: str) -> None:
    files = {**bundles.files(entry=entry), entry: b"var Clock;"}
    _, headers = await ann_with(hub, bundles.tar_gz(files))
    assert await hub.designer(headers) == {}


async def test_a_disabled_module_is_left_out(hub: Hub) -> None:
    bundle = bundles.bundle(modules=[{"name": "Face"}, {"name": "Alarm"}])
    _, headers = await ann_with(hub, bundle)
    await disable_module(hub, headers, "Face")
    entry = (await hub.designer(headers))["Clock"]
    assert [module["name"] for module in entry["modules"]] == ["Alarm"]


async def test_a_plugin_without_an_enabled_module_is_left_out(hub: Hub) -> None:
    _, headers = await ann_with(hub, bundles.bundle())
    await disable_module(hub, headers, "Face")
    assert await hub.designer(headers) == {}


async def test_modules_keep_the_order_of_the_manifest(hub: Hub) -> None:
    names = ["Zebra", "Ant", "Mole"]
    _, headers = await ann_with(hub, bundles.bundle(modules=[{"name": name} for name in names]))
    entry = (await hub.designer(headers))["Clock"]
    assert [module["name"] for module in entry["modules"]] == names


async def test_plugins_of_other_users_never_appear(hub: Hub) -> None:
    await ann_with(hub, bundles.bundle())
    await hub.publish(bundles.bundle("Map"))
    ben = await hub.sign_in(await hub.add_user("ben", "admin"))
    assert await hub.designer(ben) == {}
    await hub.install("Map", ben)
    assert [*await hub.designer(ben)] == ["Map"]


async def test_two_users_of_one_release_get_addresses_of_their_own(hub: Hub) -> None:
    _, ann = await ann_with(hub, bundles.bundle())
    ben = await hub.sign_in(await hub.add_user("ben"))
    await hub.install("Clock", ben)
    one, other = (await hub.designer(ann))["Clock"], (await hub.designer(ben))["Clock"]
    assert one["bundlelocation"] != other["bundlelocation"]
    assert one["database_id"] != other["database_id"]


async def test_an_update_changes_the_version_and_the_bundle_location(hub: Hub) -> None:
    _, headers = await ann_with(hub, bundles.bundle())
    before = (await hub.designer(headers))["Clock"]
    await hub.publish(bundles.bundle(version="1.1.0"))
    await hub.client.put("/api/plugins/Clock/update", headers=headers)
    after = (await hub.designer(headers))["Clock"]
    assert after["version"] == "1.1.0"
    assert after["bundlelocation"] != before["bundlelocation"]


async def test_without_a_token_there_is_no_manifest(hub: Hub) -> None:
    answer = await hub.client.get("/api/v1/plugins/manifest/designer")
    assert (answer.status, await answer.json()) == (401, {"detail": "Not authenticated"})


async def test_no_shared_cache_keeps_the_manifest(hub: Hub, tmp_path: Path) -> None:
    _, headers = await ann_with(hub, bundles.bundle())
    answer = await hub.client.get("/api/v1/plugins/manifest/designer", headers=headers)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert str(tmp_path) not in await answer.text()


async def test_who_has_the_manifest_is_told_so_until_something_changes(hub: Hub) -> None:
    _, headers = await ann_with(hub, bundles.bundle(**FULL))
    first = await hub.client.get(DESIGNER, headers=headers)
    assert first.headers["Cache-Control"] == "private, no-cache"
    known = {**headers, "If-None-Match": first.headers["ETag"]}
    again = await hub.client.get(DESIGNER, headers=known)
    assert (again.status, await again.read()) == (304, b"")
    await hub.publish(bundles.bundle("Map"))
    assert (await hub.client.get(DESIGNER, headers=known)).status == 304
    await hub.install("Map", headers)
    later = await hub.client.get(DESIGNER, headers=known)
    assert (later.status, (await later.json()).keys()) == (200, {"Clock", "Map"})


async def test_the_manifest_comes_compressed_and_in_full_to_another_origin(hub: Hub) -> None:
    _, headers = await ann_with(hub, bundles.bundle(**FULL))
    page = {**headers, "Origin": "http://localhost:5173", "Accept-Encoding": "gzip"}
    for asked in (page, {**page, "Accept-Encoding": "identity"}):
        answer = await hub.client.get(DESIGNER, headers=asked)
        assert answer.headers["Access-Control-Allow-Origin"] == page["Origin"]
        assert answer.headers.get("Content-Encoding", "identity") == asked["Accept-Encoding"]
        assert (await answer.json()).keys() == {"Clock"}


CHANGES: dict[str, tuple[str, str, Any]] = {
    "disable": ("POST", "Clock/disable", {}),
    "disable a module": ("POST", "Clock/disable", {"modules": ["ForecastCard"]}),
    "update": ("PUT", "Clock/update", {}),
    "uninstall": ("DELETE", "Clock", None),
    "install": ("POST", "Map/install", {}),
    "pin": ("PUT", "Clock/pin", {"range": "1.0.0"}),
    "yank what an update would lead to": ("PUT", "Clock/releases/2.0.0/yank", {}),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_no_manifest_is_older_than_the_last_change(hub: Hub, change: str) -> None:
    _, headers = await ann_with(hub, bundles.bundle(**FULL))
    await hub.publish(bundles.bundle(version="2.0.0", **FULL))
    await hub.publish(bundles.bundle("Map"))
    before = [await hub.designer(headers) for _ in range(2)]
    assert before[0] == before[1]
    assert before[0]["Clock"]["updateAvailable"]
    method, path, body = CHANGES[change]
    who = hub.operator if "yank" in change else headers
    answer = await hub.client.request(method, f"/api/plugins/{path}", json=body, headers=who)
    assert answer.status < 300, await answer.text()
    assert await hub.designer(headers) != before[0]


async def test_what_is_being_made_while_something_changes_is_not_kept(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, headers = await ann_with(hub, bundles.bundle())
    rows = manifest._rows

    async def slow(request: web.Request) -> Any:
        found = await rows(request)
        monkeypatch.setattr(manifest, "_rows", rows)
        await hub.client.post("/api/plugins/Clock/disable", json={}, headers=headers)
        return found

    monkeypatch.setattr(manifest, "_rows", slow)
    assert (await hub.designer(headers)).keys() == {"Clock"}  # it was asked before the change
    assert await hub.designer(headers) == {}
