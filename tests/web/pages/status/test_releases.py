import asyncio

from pluginhub.lifecycle.yank import yank
from pluginhub.web import keys
from tests import bundles
from tests.conftest import OPERATOR, Hub
from tests.web.pages.status.conftest import with_users
from tests.web.pages.visiting import Visitor


async def test_plugins_are_shown_with_releases_and_who_has_them(hub: Hub, admin: Visitor) -> None:
    await with_users(hub, "ann", "ben")
    release = (await hub.publish(bundles.bundle(version="2.0.0"))).release
    await hub.install("Clock", await hub.sign_in(await hub.add_user("cleo")), "2.0.0")
    page = await admin.open("/status/releases")
    assert "1 plugin" in page.text
    assert "3 users · 2 releases ·" in page.text
    assert "1.0.0 2 users 2.0.0 1 user" in page.text
    assert release.digest in page.text
    assert release.digest[:12] in page.text
    assert page.text.index("2.0.0 1 ") < page.text.index("1.0.0 2 ", page.text.index("Actions"))


async def test_they_are_searched_and_chosen(hub: Hub, admin: Visitor) -> None:
    await with_users(hub, "ann")
    await hub.publish(bundles.bundle("Map"))
    for query, found in [
        ("search=map", {"Map"}),
        ("show=unused", {"Map"}),
        ("show=yanked", set()),
        ("show=waiting", set()),
        ("search=%25", set()),
        ("", {"Clock", "Map"}),
    ]:
        page = await admin.open(f"/status/releases?{query}")
        assert {slug for slug in ("Clock", "Map") if slug in page.links} == found, query
    await yank(hub.database, "Clock", "1.0.0", actor=OPERATOR, reason="it <i>loses</i> data")
    page = await admin.open("/status/releases?show=yanked")
    assert "withdrawn" in page.text
    assert "it <i>loses</i> data" in page.text
    assert (await admin.open("/status/releases?show=everything")).status == 422


async def test_many_plugins_and_releases_are_shown_in_pieces(hub: Hub, admin: Visitor) -> None:
    for number in range(21):
        await hub.publish(bundles.bundle(f"Plugin{number:02}"))
    for number in range(2, 8):
        await hub.publish(bundles.bundle("Plugin00", f"{number}.0.0"))
    page = await admin.open("/status/releases")
    assert "21 plugins" in page.text
    assert "Page 1 of 2" in page.text
    assert page.text.count("Withdraw ") == 24
    more = await admin.follow(page, "All 7 releases")
    assert more.url == "/status/releases/Plugin00"
    assert more.text.count("Withdraw ") == 7
    page = await admin.follow(page, "Next")
    assert "Plugin20" in page.text
    assert (await admin.open("/status/releases/Nothing")).status == 404


async def test_jobs_are_shown_with_what_came_of_them(hub: Hub, admin: Visitor) -> None:
    page = await admin.open("/status/releases")
    page = await admin.press(page, "Load and publish", source_url="https://127.0.0.1/a.zip")
    assert "It waits for its turn." in page.text
    for _ in range(100):
        page = await admin.open("/status/releases")
        if "failed" in page.text:
            break
        await asyncio.sleep(0.02)
    assert "https://127.0.0.1/a.zip" in page.text
    assert "Try again" in page.text
    job = hub.app[keys.JOBS]
    page = await admin.press(page, "Try again")
    assert "It waits for its turn." in page.text
    assert job is hub.app[keys.JOBS]
