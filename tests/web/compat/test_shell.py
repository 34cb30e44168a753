"""What the frontend asks for around its plugin pages."""

from pathlib import Path

from pluginhub.config import Compat
from tests.conftest import Hub, settings
from tests.web.compat.calling import API, caller
from tests.web.conftest import serving

LISTS = (
    "/settings/definitions",
    "/settings/instances?definition_id=theme_settings&scope=user&user_id=current",
)
FOR_USERS = (
    "/navigation-routes",
    "/navigation-routes?visible_only=true",
    "/navigation-routes/tree",
    "/components",
)
PAGES = ("/pages", "/pages?published_only=true")
PAGE = ("/pages/1", "/pages/route/a/b")


async def test_it_is_not_there_unless_it_is_asked_for(hub: Hub) -> None:
    user = await caller(hub)
    for path in (*LISTS, *FOR_USERS, *PAGES, *PAGE):
        assert await user.refusal("GET", path) == (404, "Not Found")
        assert (await hub.client.get(API + path)).status == 404


async def test_all_of_it_is_empty(tmp_path: Path) -> None:
    compat = Compat.model_validate({"shell": True})
    config = settings(tmp_path / "data").model_copy(update={"compat": compat})
    async with serving(config) as hub:
        user = await caller(hub)
        for path in (*LISTS, *FOR_USERS):
            assert await user("GET", path) == []
        for path in PAGES:
            assert await user("GET", path) == {"pages": [], "total": 0}
        for path in PAGE:
            assert await user.refusal("GET", path) == (404, "Page not found")
        for path in (*FOR_USERS, *PAGES):
            assert (await hub.client.get(API + path)).status == 401
        for path in LISTS:
            answer = await hub.client.get(API + path)
            assert await answer.json() == []
