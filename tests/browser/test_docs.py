"""The page that shows the API, in a real Chromium."""

from collections.abc import Awaitable, Callable

import pytest

from tests.browser.conftest import Visitor
from tests.conftest import Hub

pytestmark = pytest.mark.timeout(60)  # a browser starts


async def test_the_api_is_shown_without_anything_from_elsewhere(
    hub: Hub, visit: Callable[..., Awaitable[Visitor]]
) -> None:
    visitor = await visit()
    await visitor.page.goto(str(hub.client.make_url("/docs")))
    await visitor.page.wait_for_selector("#operations-server-get_healthz")
    await visitor.page.locator("#operations-server-get_healthz").click()
    await visitor.page.get_by_role("button", name="Try it out").click()
    await visitor.page.get_by_role("button", name="Execute").click()
    await visitor.page.wait_for_selector("text=X-Request-ID", timeout=5000)
    assert visitor.problems == []
    assert {url.split("/")[2] for url in visitor.loaded if not url.startswith("data:")} == {
        f"{hub.client.host}:{hub.client.port}"
    }
