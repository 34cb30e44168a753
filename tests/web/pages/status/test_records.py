from tests import bundles
from tests.conftest import Hub
from tests.web.pages.status.conftest import with_users
from tests.web.pages.visiting import Visitor

FIELDS = ("user", "slug", "action", "result")


async def test_entries_are_shown_and_filtered(hub: Hub, admin: Visitor) -> None:
    await with_users(hub, "ann", "ben")
    await admin.post("/status/keep", slug="Clock", version="1.0.0")
    page = await admin.open("/status/audit")
    assert "root" in page.text
    for fields, expected in [
        ({"user": "ann"}, 2),
        ({"slug": "clock"}, 4),
        ({"action": "keep"}, 1),
        ({"result": "conflict"}, 0),
        ({"user": "ben", "action": "install"}, 1),
    ]:
        page = await admin.open("/status/audit", params=fields)
        assert page.html.count('<th scope="row">') == expected, fields
        assert page.form("Filter").fields == {**dict.fromkeys(FIELDS, ""), **fields}
    empty = await admin.press(await admin.open("/status/audit"), "Filter", user="nobody")
    assert "There is no such entry." in empty.text


async def test_older_entries_are_on_further_pages_of_the_same_filter(
    hub: Hub, admin: Visitor
) -> None:
    for number in range(52):
        await hub.publish(bundles.bundle("Clock", f"1.{number}.0"))
    page = await admin.open("/status/audit?slug=Clock&done=kept")
    assert "Clock@1.51.0" in page.text
    assert "Clock@1.1.0 " not in page.text
    older = await admin.follow(page, "Older")
    assert "slug=Clock" in older.url
    assert "done" not in older.url
    assert "Clock@1.1.0 " in older.text
    assert "Older" not in older.links
    newest = await admin.follow(older, "Newest")
    assert newest.url == "/status/audit?slug=Clock"


async def test_what_somebody_wrote_is_text(hub: Hub, admin: Visitor) -> None:
    await hub.publish(bundles.bundle())
    reason = '<img src=x onerror=alert(1)>"'
    await admin.post("/status/yank", slug="Clock", version="1.0.0", reason=reason)
    page = await admin.open("/status/audit")
    assert "onerror=alert(1)" in page.text
    assert "<img" not in page.html
    filtered = await admin.open("/status/audit", params={"user": reason})
    assert "<img" not in filtered.html
