from tests import bundles
from tests.conftest import Hub, hooked
from tests.web.pages.conftest import Visit


async def test_who_has_nothing_is_led_to_the_catalogue(visit: Visit) -> None:
    page = await (await visit()).open("/")
    assert "You have no plugins yet." in page.text
    assert page.links["Look what there is in the catalogue."] == "/catalogue"


async def test_plugins_are_shown_with_what_can_be_done(hub: Hub, visit: Visit) -> None:
    await hub.publish(bundles.bundle(description="Shows <b>the</b> time"))
    ann = await visit()
    await ann.post("/plugins/Clock/install")
    await hub.publish(bundles.bundle(version="1.1.0"))
    page = await ann.open("/")
    assert "The Clock 1.0.0" in page.text
    assert "Shows <b>the</b> time" in page.text
    assert "update to 1.1.0" in page.text
    assert page.links["Update to 1.1.0"] == "/plugins/Clock/update?next=mine"
    assert page.links["Configure"] == "/plugins/Clock/configuration"
    page = await ann.press(page, "Switch off")
    assert page.url == "/?done=disable"
    page = await ann.press(page, "Switch on")
    assert page.url == "/?done=enable"


async def test_nobody_sees_what_others_have(hub: Hub, visit: Visit) -> None:
    await hub.publish(bundles.bundle())
    await (await visit("ann")).post("/plugins/Clock/install")
    assert "Clock" not in (await (await visit("ben")).open("/")).text


async def test_everything_is_updated_at_once_and_what_stays_is_told(hub: Hub, visit: Visit) -> None:
    ann = await visit()
    for slug in ("Clock", "Map", "Stars"):
        await hub.publish(bundles.bundle(slug))
        await ann.post(f"/plugins/{slug}/install")
    for slug in ("Clock", "Map"):
        await hub.publish(bundles.bundle(slug, "2.0.0"))
    page = await ann.press(await ann.open("/"), "Update all 2")
    assert page.url == "/?done=updated-all"
    assert "The Clock 2.0.0" in page.text
    await hub.publish(bundles.bundle("Map", "3.0.0"))
    fails = hooked(
        "def on_update(self, context, from_version):\n    raise ValueError", "Clock", "3.0.0"
    )
    await hub.publish(fails)
    page = await ann.press(await ann.open("/"), "Update all 2")
    assert "Some plugins stayed as they are" in page.text
    assert "Clock" in page.text
    assert "The Map 3.0.0" in (await ann.open("/")).text
