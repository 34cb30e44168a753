"""What an admin does on the status pages, in a real Chromium."""

import base64
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from pluginhub.lifecycle.yank import yank
from pluginhub.models import User
from tests import bundles
from tests.browser.conftest import Person
from tests.conftest import OPERATOR, Hub, hooked

pytestmark = pytest.mark.timeout(120)  # a browser starts

Sign = Callable[..., Awaitable[Person]]

WIDE = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"}
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = (
    *((1280, "light"), (1280, "dark")),
    *((320, "dark"), (320, "light")),
)
RICH = {"/status", "/status/releases", "/status/users/ben"}
HOOKS = "async def on_install(self, context):\n    pass"
PAGES = [
    *("/status", "/status/releases", "/status/releases?search=none+at+all"),
    *("/status/releases/Clock", "/status/users", "/status/users/ben", "/status/users/root"),
    *("/status/cleanup", "/status/audit", "/status/audit?user=nobody", "/status/webhooks"),
    "/status/confirm?action=yank&slug=Clock&version=1.0.0",
    "/status/confirm?action=remove-user&user=ben",
]


async def filled(hub: Hub) -> User:
    """Fill a server with something of everything, and return its admin."""
    for version in ("1.0.0", "1.1.0", "2.0.0"):
        await hub.publish(bundles.bundle(version=version))
    await hub.publish(hooked(HOOKS, "Hooked"))
    for name, version in [("ben", "1.0.0"), ("cleo", "1.1.0")]:
        headers = await hub.sign_in(await hub.add_user(name))
        await hub.install("Clock", headers, version)
        await hub.install("Hooked", headers)
    await yank(hub.database, "Clock", "1.0.0", actor=OPERATOR, reason="it loses data")
    async with hub.database.transaction() as tx:
        await tx.execute("UPDATE releases SET approved_at = NULL WHERE slug = 'Hooked'")
    return await hub.add_user("root", "admin")


@pytest.fixture(name="files")
def _files(tmp_path: Path) -> list[str]:
    """Return the paths of bundles to send: one that is good, and one that is none."""
    good, bad = tmp_path / "map.tar.gz", tmp_path / "broken.zip"
    good.write_bytes(bundles.bundle("Map"))
    bad.write_bytes(b"this is no archive")
    return [str(good), str(bad)]


@pytest.mark.parametrize(
    "options", [WIDE, {**WIDE, "java_script_enabled": False}], ids=["scripts", "without scripts"]
)
async def test_everything_can_be_done(
    hub: Hub, person: Sign, files: list[str], options: dict[str, Any]
) -> None:
    root = await person(await filled(hub), **options)
    await publish(root, files)
    await change_releases(root)
    await look_after(root)
    await change_users(root)
    await change_webhooks(root)
    await read_the_audit(root)


async def said(person: Person, text: str) -> None:
    """Wait until the page says something."""
    await person.page.get_by_text(text).first.wait_for()


async def publish(root: Person, files: list[str]) -> None:
    await root.open("/status/releases")
    await root.page.get_by_label("Bundles").set_input_files(files)
    await root.press("Publish")
    await said(root, "Map 1.0.0")
    await said(root, "does not begin with")
    await root.open("/status/releases")
    await root.page.get_by_label("Address").fill("https://127.0.0.1/map.zip")
    await root.press("Load and publish")
    await said(root, "It waits for its turn.")
    await said(root, "https://127.0.0.1/map.zip")


async def change_releases(root: Person) -> None:
    page = root.page
    await root.open("/status/releases")
    await page.locator("select[name=show]").select_option("waiting")
    await root.press("Search")
    await root.press("Approve Hooked@1.0.0")
    await said(root, "its hooks run from now on")
    await root.open("/status/releases?search=clock")
    await root.press("Keep Clock@2.0.0")
    await said(root, "no sweep removes it")
    await root.press("Let go Clock@2.0.0")
    await root.press("Bring back Clock@1.0.0")
    await said(root, "it is offered again")
    await page.get_by_role("button", name="Withdraw Clock@2.0.0").click()
    await page.get_by_label("Reason, for those who have it").fill("too early")
    await root.press("Withdraw")
    await said(root, "too early")
    await page.get_by_role("link", name="Clock", exact=True).click()
    await said(root, "As users see it")


async def look_after(root: Person) -> None:
    page = root.page
    await root.open("/status")
    await root.press("Evict Hooked 1.0.0")
    await said(root, "Evicted.")
    await root.press("Back up now")
    await said(root, "The backup is made.")
    await page.get_by_text("As a table").first.click()
    assert await page.get_by_role("region", name="Table: Last 24 hours").is_visible()
    await page.get_by_role("button", name="What a sweep would remove").click()
    await said(root, "it is the highest version")
    await root.press("Sweep now")
    await said(root, "Swept.")


async def change_users(root: Person) -> None:
    page = root.page
    await page.get_by_role("link", name="Users").click()
    await page.get_by_label("Name", exact=True).fill("dora")
    await root.press("Add")
    await said(root, "This is the password of dora.")
    await root.open("/status/users/dora")
    await page.get_by_label("What it is for").fill("build server")
    await root.press("Make a token")
    await said(root, "phub_")
    await root.open("/status/users/dora")
    await root.press("Set the password")
    await said(root, "This is the password of dora.")
    await root.open("/status/users/dora")
    for first, second, done in [
        ("Revoke build server", "Revoke", "The token is revoked"),
        ("Disable", "Disable", "signed out everywhere."),
        ("Enable", "", "Enabled."),
        ("Remove", "Remove for good", "Removed."),
    ]:
        await root.press(first)
        if second:
            await root.press(second)
        await said(root, done)
    await page.get_by_label("Name or e-mail").fill("dora")
    await root.press("Search")
    await said(root, "0 users")


async def change_webhooks(root: Person) -> None:
    page, url = root.page, "https://hooks.invalid/plugins"
    await page.get_by_role("link", name="Webhooks").click()
    await page.get_by_label("Address").fill(url)
    await page.get_by_label("Events").fill("published yanked")
    await root.press("Add")
    await said(root, "This is the secret")
    await root.open("/status/webhooks")
    for label, done in [
        (f"Try {url}", "The trial was not taken."),
        (f"Switch off {url}", "Nothing is sent to it for now."),
        (f"Switch on {url}", "Events are sent to it again."),
    ]:
        await root.press(label)
        await said(root, done)
    await root.press(f"Remove {url}")
    await root.press("Remove")
    await said(root, "Nobody is told what happens here.")


async def read_the_audit(root: Person) -> None:
    page = root.page
    await page.get_by_role("link", name="Audit").click()
    await page.get_by_label("Action").fill("sweep")
    await root.press("Filter")
    await said(root, "shared storage")
    assert await page.locator("tbody tr").count() == 1


async def test_dropped_bundles_are_sent_and_followed(hub: Hub, person: Sign) -> None:
    root = await person(await filled(hub), **WIDE)
    await root.open("/status/releases")
    await root.page.evaluate(
        """(content) => {
            const bytes = Uint8Array.from(atob(content), (it) => it.charCodeAt(0));
            const dropped = new DataTransfer();
            dropped.items.add(new File([bytes], "map.tar.gz"));
            document.getElementById("upload").dispatchEvent(
                new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true }));
        }""",
        base64.b64encode(bundles.bundle("Map")).decode(),
    )
    await said(root, "Map 1.0.0")
    assert await root.page.locator("#uploads progress").count() == 0


async def test_it_shows_what_happens_elsewhere(hub: Hub, person: Sign) -> None:
    root = await person(await filled(hub), **WIDE)
    async with root.page.expect_response("**/api/v1/events"):
        await root.open("/status")
    await hub.install("Hooked", await hub.sign_in(await hub.add_user("dora")))
    await root.page.locator("#used tr", has_text=re.compile(r"Hooked\s*3")).wait_for()


async def test_every_page_fits_and_can_be_used_by_everybody(hub: Hub, person: Sign) -> None:
    # Only the tool that looks at the page needs what the policy of pages forbids.
    root = await person(await filled(hub), bypass_csp=True, reduced_motion="reduce")
    for path in PAGES:
        await root.open(path)
        for details in await root.page.locator("main details").all():
            await details.evaluate("(it) => (it.open = true)")
        # Two of the looks have each width and each scheme.
        for width, scheme in LOOKS if path in RICH else LOOKS[::2]:
            await root.page.set_viewport_size({"width": width, "height": 800})
            await root.page.emulate_media(color_scheme=scheme)
            assert await root.faults() == [], (path, width, scheme)
