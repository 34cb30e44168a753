"""What a user does on their pages, in a real Chromium."""

from collections.abc import Awaitable, Callable
from itertools import product
from typing import Any, Literal

import pytest

from tests import bundles
from tests.browser.conftest import Person
from tests.conftest import Hub

pytestmark = pytest.mark.timeout(120)  # a browser starts

Sign = Callable[..., Awaitable[Person]]

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "description": "Above the clock", "default": "Now"},
        "hands": {"type": "integer", "minimum": 1, "maximum": 3},
        "round": {"type": "boolean", "default": True},
        "zones": {"type": "array", "items": {"type": "string"}},
        "face": {"type": "object", "properties": {"colour": {"enum": ["red", "blue"]}}},
        "alarms": {"type": "array", "items": {"type": "object"}},
    },
}
WIDTHS = (1280, 320)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PAGES = [
    *("/", "/catalogue", "/catalogue?search=nothing+at+all", "/plugins/Clock", "/plugins/Map"),
    *("/plugins/Clock/configuration", "/plugins/Clock/update", "/plugins/Clock/uninstall"),
    *("/plugins/Map/install", "/plugins/Clock/rollback", "/account", "/plugins/Nothing"),
]


async def with_plugins(hub: Hub) -> None:
    clock: dict[str, Any] = {"category": "time", "tags": ["old"], "author": "Jo Doe"}
    for version in ("1.0.0", "1.1.0"):
        files = bundles.files(version=version, config_schema=SCHEMA, **clock)
        readme = b"# The clock\n\nIt *shows* the `time`.\n\n| a | b |\n|---|---|\n| c | d |"
        changes = f"## {version}\n\n* Another hand".encode()
        more = {"README.md": readme, "CHANGELOG.md": changes}
        await hub.publish(bundles.tar_gz({**files, **more}))
    more_of_map: dict[str, Any] = {"permissions": ["network"], "dependencies": {"Clock": "^1"}}
    await hub.publish(bundles.bundle("Map", category="place", **more_of_map))


async def install(hub: Hub, headers: dict[str, str]) -> None:
    await hub.install("Clock", headers, "1.0.0")
    async with hub.client.put(
        "/api/plugins/Clock/update", json={"version": "1.1.0"}, headers=headers
    ) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "options",
    [
        {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
        {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
        {"java_script_enabled": False},
    ],
    ids=["wide and light", "narrow and dark", "without scripts"],
)
async def test_everything_can_be_done(hub: Hub, person: Sign, options: dict[str, Any]) -> None:
    await with_plugins(hub)
    ann = await person(await hub.add_user("ann"), **options)
    await find_and_install(ann)
    await configure(ann)
    await move(ann)
    await change_what_is_shown(ann)
    await remove(ann)
    await make_a_token_and_leave(ann)


async def find_and_install(ann: Person) -> None:
    page = ann.page
    await ann.open("/")
    await page.get_by_role("link", name="Look what there is in the catalogue.").click()
    await page.get_by_label("Search").fill("clock")
    await page.get_by_label("Category").select_option("time")
    await ann.press("Search")
    assert "1 plugin" in await ann.text()
    await page.get_by_role("link", name="The Clock").click()
    await page.get_by_role("link", name="1.0.0").click()
    assert "1.0.0 comes" in await ann.text()
    await ann.press("Install")
    assert "Installed." in await ann.text()


async def configure(ann: Person) -> None:
    page = ann.page
    await page.get_by_role("button", name="Configure").click()
    await page.get_by_label("hands").fill("9")
    await page.get_by_label("zones").fill("Oslo\nRome")
    await page.get_by_label("colour").select_option("blue")
    await page.get_by_label("round").uncheck()
    await ann.press("Save")
    assert "9 is greater than the maximum of 3" in await ann.text()
    assert await page.get_by_label("zones").input_value() == "Oslo\nRome"
    assert not await page.get_by_label("round").is_checked()
    await page.get_by_label("hands").fill("2")
    await ann.press("Save")
    assert "Saved." in await ann.text()


async def move(ann: Person) -> None:
    page = ann.page
    await page.get_by_role("button", name="Update to 1.1.0").click()
    assert "1.0.0 → 1.1.0" in await ann.text()
    await ann.press("Update")
    assert "The Clock 1.1.0" in await ann.text()
    await page.get_by_role("button", name="Roll back to 1.0.0").click()
    await ann.press("Roll back")
    assert "The Clock 1.0.0" in await ann.text()


async def change_what_is_shown(ann: Person) -> None:
    page = ann.page
    await ann.press("Switch Clock face off")
    await ann.press("Switch Clock face on")
    await page.get_by_label("Stay within").fill("~1.0")
    await ann.press("Pin")
    assert "pinned to ~1.0" in await ann.text()
    await ann.press("Remove the pin")
    await page.get_by_label("Take").select_option("prerelease")
    await ann.press("Save")
    assert "takes pre-releases" in await ann.text()


async def remove(ann: Person) -> None:
    page = ann.page
    await page.get_by_role("link", name="My plugins").click()
    await ann.press("Switch off")
    assert "Switched off." in await ann.text()
    await ann.press("Switch on")
    await page.get_by_role("button", name="Remove", exact=True).click()
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Remove", exact=True).click()
    await ann.press("Remove")
    assert "You have no plugins yet." in await ann.text()


async def make_a_token_and_leave(ann: Person) -> None:
    page = ann.page
    await page.get_by_role("link", name="Account").click()
    await page.get_by_label("What it is for").fill("build server")
    await ann.press("Make a token")
    assert "phub_" in await ann.text()
    await page.get_by_role("link", name="Account").click()
    await ann.press("Revoke build server")
    assert "No program acts for you." in await ann.text()
    await ann.press("Sign out ann")
    assert page.url.endswith("/sign-in")


async def test_every_page_fits_and_can_be_used_by_everybody(hub: Hub, person: Sign) -> None:
    await with_plugins(hub)
    user = await hub.add_user("ann", "admin")
    await install(hub, await hub.sign_in(user))
    # Only the tool that looks at the page needs what the policy of pages forbids.
    ann = await person(user, bypass_csp=True, reduced_motion="reduce")
    for path in PAGES:
        await ann.open(path)
        await looks_well(ann, path)
    await ann.open("/plugins/Clock/configuration")
    await ann.page.get_by_label("hands").fill("9")
    await ann.press("Save")
    await looks_well(ann, "a refused configuration")
    await ann.press("Sign out ann")
    await looks_well(ann, "/sign-in")


async def looks_well(ann: Person, path: str) -> None:
    for width, scheme in product(WIDTHS, SCHEMES):
        await ann.page.set_viewport_size({"width": width, "height": 800})
        await ann.page.emulate_media(color_scheme=scheme)
        assert await ann.faults() == [], (path, width, scheme)


async def test_the_keyboard_is_enough(hub: Hub, person: Sign) -> None:
    await with_plugins(hub)
    ann = await person(await hub.add_user("ann"))
    await ann.open("/plugins/Clock/install")
    focus = "document.activeElement.innerText"
    seen = []
    for _ in range(20):
        await ann.page.keyboard.press("Tab")
        seen.append(str(await ann.page.evaluate(focus)).strip())
        if seen[-1] == "Install":
            break
    assert seen[0] == "Skip to the content"
    assert seen[-1] == "Install"
    await ann.page.keyboard.press("Enter")
    await ann.page.wait_for_url("**/plugins/Clock?done=install")


async def test_what_changed_elsewhere_is_seen_without_a_reload(hub: Hub, person: Sign) -> None:
    await with_plugins(hub)
    user = await hub.add_user("ann")
    headers = await hub.sign_in(user)
    ann = await person(user)
    async with ann.page.expect_request("**/api/v1/events"):
        await ann.open("/")
    await hub.install("Clock", headers, "1.0.0")
    await ann.page.get_by_text("update to 1.1.0", exact=True).wait_for()
    await ann.open("/plugins/Clock")
    pin = ann.page.get_by_label("Stay within")
    await pin.fill("^1.0")
    await hub.publish(bundles.bundle(version="1.2.0"))
    await ann.page.get_by_text("update to 1.2.0", exact=True).wait_for()
    assert await pin.input_value() == "^1.0"
