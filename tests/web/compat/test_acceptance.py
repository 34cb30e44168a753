"""The acceptance checks of http-api section 10, by their numbers.

Here are those that no other test shows as a whole; ``SHOWN_ELSEWHERE`` names the tests of the
others. Check 15 is about migration.
"""

import asyncio
import importlib
import io
import secrets
import time
import zipfile
from typing import Any

import pytest
from aiohttp import FormData

from pluginhub.accounts import users
from pluginhub.web import keys
from tests import bundles
from tests.conftest import OPERATOR, Hub
from tests.web.compat.calling import caller, with_weather
from tests.web.compat.test_install import URL, admin, form, kept
from tests.web.conftest import make_passwords_cheap

MIB = 1024 * 1024
_AUTH = "tests.web.compat.test_auth"
_INSTALL = "tests.web.compat.test_install"
_SERVE = "tests.web.files.test_serve"
SHOWN_ELSEWHERE = {
    1: [
        "tests.browser.test_frontend:test_installed_plugins_are_loaded_and_rendered",
        "tests.browser.test_demo:test_plugins_share_the_react_of_the_page",
    ],
    3: ["tests.browser.test_frontend:test_details_toggles_updates_and_the_end_of_a_plugin"],
    4: [
        f"{_INSTALL}:test_an_installation_from_elsewhere_fails_at_the_step_that_failed",
        f"{_INSTALL}:test_a_bad_archive_fails_at_the_extraction",
        "tests.browser.test_frontend:test_failures_of_an_installation_name_their_step",
    ],
    9: [
        f"{_SERVE}:test_without_capability_token_and_cookie_there_is_nothing",
        f"{_SERVE}:test_another_user_is_refused_as_if_there_were_no_such_plugin",
        f"{_SERVE}:test_a_plugin_that_its_user_cannot_use_any_more_is_refused_at_once",
    ],
    11: [
        f"{_AUTH}:test_a_refused_refresh_is_403_because_the_frontend_waits_after_401",
        f"{_AUTH}:test_a_refresh_token_that_is_shown_again_ends_the_session",
        "tests.browser.test_frontend:test_a_session_is_renewed_and_ends_at_once",
    ],
    12: [
        f"{_AUTH}:test_a_refresh_token_is_no_access_token",
        f"{_AUTH}:test_a_sign_out_ends_both_tokens",
    ],
    14: ["tests.web.test_cors:test_answers_of_every_kind_can_be_read"],
}


@pytest.mark.parametrize("check", SHOWN_ELSEWHERE)
def test_a_check_that_is_shown_elsewhere_is_shown(check: int) -> None:
    for name in SHOWN_ELSEWHERE[check]:
        module, _, function = name.partition(":")
        assert callable(getattr(importlib.import_module(module), function))


async def test_2_the_slug_is_found_in_the_id_and_the_id_itself_will_do(hub: Hub) -> None:
    user = await with_weather(hub, slug="Weather_Panel_2")
    rows = (await user("GET", "/plugins/manager"))["modules"]
    [plugin_id] = {row["pluginId"] for row in rows}
    slug = plugin_id.split("_", 1)[1]
    assert slug == "Weather_Panel_2"
    for name in (slug, plugin_id):
        assert "data" in await user("GET", f"/plugins/{name}/update/available")
        assert "is up to date" in (await user("POST", f"/plugins/{name}/update"))["message"]
    for name in (slug, plugin_id):
        await user("DELETE", f"/plugins/{name}/uninstall")
        await hub.install(slug, user.headers)


def stored(size: int) -> bytes:
    """Return a bundle of about ``size`` bytes that nothing makes smaller."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path, content in {
            **bundles.files(),
            "dist/large.js": secrets.token_bytes(size),
        }.items():
            archive.writestr(path, content)
    return packed.getvalue()


async def test_5_large_uploads_are_taken_and_too_large_ones_refused(hub: Hub) -> None:
    headers = await admin(hub)
    large = stored(60 * MIB)
    async with hub.client.post(URL, data=form(large, "large.zip"), headers=headers) as answer:
        assert answer.status == 200, await answer.text()
    too_large = form(bytes(101 * MIB), "large.zip")
    async with hub.client.post(URL, data=too_large, headers=headers) as answer:
        assert answer.status == 400
        assert "exceeds maximum allowed size" in (await answer.json())["detail"]
    body = io.BytesIO(b'{"email": "' + b"a" * 6 * MIB + b'"}')
    kind = {"Content-Type": "application/json"}
    async with hub.client.post("/api/v1/auth/login", data=body, headers=kind) as answer:
        assert answer.status == 413


async def test_6_a_disabled_module_leaves_the_manifest_and_comes_back(hub: Hub) -> None:
    user = await with_weather(hub)
    plugin_id = f"{user.id}_Weather_Panel"

    async def switch(name: str, *, enabled: bool) -> None:
        path = f"/plugins/{plugin_id}/modules/{plugin_id}_{name}"
        await user("PATCH", path, body={"enabled": enabled})

    async def modules() -> dict[str, list[str]]:
        found = await hub.designer(user.headers)
        return {slug: [module["name"] for module in it["modules"]] for slug, it in found.items()}

    await switch("ForecastCard", enabled=False)
    assert await modules() == {"Weather_Panel": ["Map"]}
    await switch("Map", enabled=False)
    assert await modules() == {}
    for name in ("ForecastCard", "Map"):
        await switch(name, enabled=True)
    assert await modules() == {"Weather_Panel": ["ForecastCard", "Map"]}


async def test_7_an_update_is_for_the_one_who_asks(hub: Hub) -> None:
    ann, ben = await with_weather(hub), await with_weather(hub, "ben")
    await hub.publish(bundles.bundle("Weather_Panel", "1.5.0"))
    for user in (ann, ben):
        updates = await user("GET", "/plugins/updates/available")
        [row] = updates["data"]["available_updates"]
        assert (row["current_version"], row["latest_version"]) == ("1.4.0", "1.5.0")
    begun = time.monotonic()
    await ann("POST", "/plugins/Weather_Panel/update")
    assert time.monotonic() - begun < 30
    found = {}
    for name, user in (("ann", ann), ("ben", ben)):
        entry = (await hub.designer(user.headers))["Weather_Panel"]
        answer = await hub.load(entry, params={"v": entry["version"]})
        found[name] = (entry["version"], "1.5.0" in await answer.text())
    assert found == {"ann": ("1.5.0", True), "ben": ("1.4.0", False)}


async def test_8_the_same_version_with_other_bytes_changes_nobody_s_bundle(hub: Hub) -> None:
    ann = await with_weather(hub)
    root = await admin(hub)
    entry = (await hub.designer(ann.headers))["Weather_Panel"]
    before = await (await hub.load(entry)).read()
    other = {**bundles.files("Weather_Panel", "1.4.0"), "dist/remoteEntry.js": b"other();"}
    async with hub.client.post(URL, data=form(bundles.tar_gz(other)), headers=root) as answer:
        detail = (await answer.json())["detail"]
    assert (answer.status, detail["details"]["code"]) == (400, "release-exists")
    assert (await hub.designer(root)) == {}
    assert await (await hub.load(entry)).read() == before


def archives() -> dict[str, bytes]:
    """Return archives that reach for what is outside of them."""
    made: dict[str, bytes] = {}
    for name in ("../x.js", "a/../../x.js", "/etc/x.js", "C:\\x.js", "..\\x.js"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path, content in {**bundles.files(), "x.js": b"x"}.items():
                archive.writestr(zipfile.ZipInfo(name if path == "x.js" else path), content)
        made[f"a member {name!r}"] = packed.getvalue()
    made["no name"] = bundles.tar_gz({"dist/remoteEntry.js": b"x"})
    for slug in ("../x", "a/b", ".", ""):
        made[f"the slug {slug!r}"] = bundles.bundle(slug)
    return made


async def test_10_nothing_that_is_sent_reaches_outside_of_the_storage(hub: Hub) -> None:
    headers = await admin(hub)
    outside = {path for path in hub.data.parent.rglob("*") if hub.data not in path.parents}
    before = kept(hub)
    for name, content in archives().items():
        async with hub.client.post(URL, data=form(content), headers=headers) as answer:
            assert 400 <= answer.status < 500, name
    for filename in ("/var/x.zip", "../../x.zip", "..%2fx.zip", "x\0.zip"):
        data = FormData(default_to_multipart=True)
        data.add_field("method", "local-file")
        data.add_field("filename", filename)
        data.add_field("file", io.BytesIO(b"no archive"), filename="blob.zip")
        async with hub.client.post(URL, data=data, headers=headers) as answer:
            assert 400 <= answer.status < 500, filename
    assert kept(hub) == before
    now = {path for path in hub.data.parent.rglob("*") if hub.data not in path.parents}
    assert now == outside


async def test_13_states_conflict_without_shutting_anybody_out(hub: Hub) -> None:
    make_passwords_cheap(hub)
    user = await caller(hub)
    state: dict[str, Any] = {"plugin_id": "Weather_Panel", "state_data": {"city": "Oslo"}}
    first, second = await asyncio.gather(
        *(
            hub.client.post("/api/v1/plugin-state", json=state, headers=user.headers)
            for _ in range(2)
        )
    )
    assert sorted([first.status, second.status])[1] == 409
    assert (await user("GET", "/plugin-state/stats"))["total_states"] == 1
    assert (await user("DELETE", "/plugin-state/cleanup"))["deleted_count"] == 0
    password = hub.app[keys.PASSWORDS]
    await users.set_password(hub.database, password, "ann", "correct horse", actor=OPERATOR)
    sign_in = {"email": "ann", "password": "correct horse"}
    assert (await hub.client.post("/api/v1/auth/login", json=sign_in)).status == 200
