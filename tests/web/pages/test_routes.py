import pytest

from pluginhub.app import PAGES
from tests.conftest import Hub
from tests.web.pages.conftest import Visit

OPEN = {"/sign-in", "/welcome/{code}"}


def test_only_signing_in_is_open_to_everybody() -> None:
    assert {route.path for route in PAGES if route.access == "public"} == OPEN


def test_no_api_token_changes_anything_by_a_page() -> None:
    changing = [route for route in PAGES if route.method == "POST" and route.access != "public"]
    assert {route.need for route in changing} <= {"sign-in", "admin"}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_nobody_else_gets_in(hub: Hub, method: str) -> None:
    for route in [it for it in PAGES if it.method == method and it.path not in OPEN]:
        path = route.path.format(slug="Clock", action="install", code="x", name="ann")
        async with hub.client.request(method, path) as answer:
            assert answer.status == 401, path


async def test_pages_of_admins_are_no_users(visit: Visit) -> None:
    ann = await visit()
    for route in [it for it in PAGES if it.method == "GET" and it.access == "admin"]:
        path = route.path.format(slug="Clock", name="ann")
        assert (await ann.open(path)).status == 403
