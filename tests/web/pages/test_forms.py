import io
from typing import Any

import pytest

from tests.conftest import Hub
from tests.web.pages.conftest import Visit
from tests.web.pages.visiting import Visitor


async def test_who_is_not_signed_in_is_led_to_the_form_and_back(hub: Hub) -> None:
    page = await Visitor(hub).open("/plugins/Clock")
    assert page.url == "/sign-in?next=/plugins/Clock"
    assert 'name="next" value="/plugins/Clock"' in page.html


async def test_errors_are_pages_for_people_and_problems_for_programs(
    hub: Hub, visit: Visit
) -> None:
    ann = await visit()
    page = await ann.open("/plugins/Nothing")
    assert page.status == 404
    assert "Code: not-found" in page.text
    headers = await hub.sign_in(await hub.add_user("ben"))
    async with hub.client.get("/plugins/Nothing", headers=headers) as answer:
        assert answer.status == 404
        assert answer.content_type == "application/problem+json"
    async with hub.client.get(
        "/api/plugins/Nothing", headers={**headers, "Accept": "text/html"}
    ) as answer:
        assert answer.content_type == "application/problem+json"


async def test_an_address_that_is_not_there_is_a_page_as_well(hub: Hub) -> None:
    page = await Visitor(hub).open("/nowhere/<b>at</b>/all")
    assert page.status == 404
    assert "<b>" not in page.html


async def test_a_refused_form_leads_back_to_its_page(visit: Visit) -> None:
    ann = await visit()
    page = await ann.post("/account/create-token", name="")
    assert page.status == 422
    assert page.links["Back"] == "/account"
    page = await ann.post("/account/create-token", name="x", colour="red")
    assert "colour: unknown key" in page.text


_URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {"name": "x"}}, 415),
        ({"data": io.BytesIO(b"name=" + b"x" * 2_000_000), "headers": _URLENCODED}, 413),
        ({"data": b"name=x", "headers": {"Content-Encoding": "gzip"}}, 415),
    ],
)
async def test_what_is_no_form_is_refused(hub: Hub, sent: dict[str, Any], status: int) -> None:
    headers = await hub.sign_in(await hub.add_user("ann"))
    headers |= {"Accept": "text/html", **sent.pop("headers", {})}
    async with hub.client.post("/account/create-token", headers=headers, **sent) as answer:
        assert answer.status == status
        assert answer.content_type == "text/html"
