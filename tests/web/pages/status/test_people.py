from tests.conftest import Hub
from tests.web.pages.status.conftest import with_users
from tests.web.pages.visiting import Visitor


async def test_users_are_listed_searched_and_counted(hub: Hub, admin: Visitor) -> None:
    await with_users(hub, "ann", "ben")
    page = await admin.open("/status/users")
    assert "3 users" in page.text
    assert "user 1 0" in page.text
    page = await admin.press(page, "Search", search="EN")
    assert "1 user" in page.text
    assert "ben" in page.links
    page = await admin.follow(page, "ben")
    assert "1 plugin Plugin Version State Changed Clock 1.0.0 on" in page.text
    assert (await admin.open("/status/users/nobody")).status == 404


async def test_they_go_on_page_by_page(hub: Hub, admin: Visitor) -> None:
    for number in range(50):
        await hub.add_user(f"user{number:02}")
    page = await admin.open("/status/users?search=%")
    assert "0 users" in page.text
    page = await admin.open("/status/users")
    assert "51 users" in page.text
    assert "user49" not in page.links
    assert "user49" in (await admin.follow(page, "Next")).links
