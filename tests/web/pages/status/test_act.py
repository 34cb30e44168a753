import pytest

from pluginhub.web.pages.status.act import ACTIONS
from tests.conftest import Hub
from tests.web.pages.conftest import Visit
from tests.web.pages.visiting import Visitor

EVERYTHING = (*ACTIONS, "publish")


async def test_users_do_nothing_of_it(visit: Visit) -> None:
    ann = await visit("ann")
    for action in EVERYTHING:
        assert (await ann.post(f"/status/{action}")).status == 403, action


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}]
)
async def test_no_page_of_another_site_does_it(hub: Hub, headers: dict[str, str]) -> None:
    cookie = await hub.cookie(await hub.add_user("root", "admin"))
    for action in EVERYTHING:
        async with hub.client.post(
            f"/status/{action}", headers=headers, cookies={"refresh_token": cookie}
        ) as answer:
            assert answer.status == 403, action


async def test_there_is_nothing_else(admin: Visitor) -> None:
    assert (await admin.post("/status/explode")).status == 404
