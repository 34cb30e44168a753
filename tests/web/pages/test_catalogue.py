from tests import bundles
from tests.conftest import Hub
from tests.web.pages.conftest import Visit


async def with_plugins(hub: Hub) -> None:
    await hub.publish(bundles.bundle("Clock", category="time", tags=["old", "round"]))
    await hub.publish(
        bundles.bundle("Map", category="place", description="Where it is", tags=["old"])
    )


async def test_it_shows_what_there_is_and_what_one_has(hub: Hub, visit: Visit) -> None:
    await with_plugins(hub)
    ann = await visit()
    await ann.post("/plugins/Clock/install")
    page = await ann.open("/catalogue")
    assert "2 plugins" in page.text
    assert "installed: 1.0.0" in page.text
    assert "1 user" in page.text


async def test_it_is_searched(hub: Hub, visit: Visit) -> None:
    await with_plugins(hub)
    ann = await visit()
    page = await ann.open("/catalogue")
    for fields, found in [
        ({"search": "where"}, "Map"),
        ({"category": "time"}, "Clock"),
        ({"tag": "round"}, "Clock"),
        ({"search": "map", "tag": "old", "sort": "newest"}, "Map"),
    ]:
        page = await ann.press(
            page, "Search", **{"category": "", "tag": "", "search": "", **fields}
        )
        assert "1 plugin" in page.text
        assert f"The {found}" in page.text
    page = await ann.press(page, "Search", category="", tag="", search="nothing of the kind")
    assert "0 plugins" in page.text


async def test_it_goes_on_page_by_page(hub: Hub, visit: Visit) -> None:
    for number in range(25):
        await hub.publish(bundles.bundle(f"Plugin{number:02}"))
    ann = await visit()
    page = await ann.open("/catalogue?search=plugin")
    assert "Page 1 of 2" in page.text
    page = await ann.follow(page, "Next")
    assert "The Plugin24" in page.text
    assert page.links["Previous"] == "/catalogue?search=plugin&page=1"
    assert (await ann.open("/catalogue?page=zero")).status == 422
