from tests import bundles
from tests.conftest import Hub
from tests.web.pages.conftest import Visit

README = b"# Hello\n\n<script>alert(1)</script> *now* [go](javascript:alert(1)) ![i](https://x.example/i.png)"


def documented(version: str = "1.0.0", **more: str) -> bytes:
    files = bundles.files(version=version, **more)
    return bundles.tar_gz(
        {**files, "README.md": README, "CHANGELOG.md": b"## 1.1.0\n\n* Two hands"}
    )


async def test_it_tells_all_of_a_plugin(hub: Hub, visit: Visit) -> None:
    await hub.publish(documented(author="Jo", license="MIT", homepage="https://clock.example"))
    page = await (await visit()).open("/plugins/clock")
    for text in ("The Clock 1.0.0", "Jo", "MIT", "Clock face", "Two hands", "Hello"):
        assert text in page.text
    assert page.links["https://clock.example"] == "https://clock.example"


async def test_what_a_plugin_says_does_nothing(hub: Hub, visit: Visit) -> None:
    await hub.publish(
        documented(author="<script>alert(1)</script>", homepage="javascript:alert(1)")
    )
    page = await (await visit()).open("/plugins/Clock")
    assert "<script>alert" not in page.html
    assert 'href="javascript' not in page.html
    assert "<img" not in page.html
    assert "<em>now</em>" in page.html


async def test_installing_shows_first_what_comes(hub: Hub, visit: Visit) -> None:
    await hub.publish(bundles.bundle("Map", permissions=["network"]))
    await hub.publish(bundles.bundle(dependencies={"Map": "^1"}))
    ann = await visit()
    page = await ann.follow(await ann.open("/plugins/Clock"), "Install")
    assert "Clock 1.0.0 comes" in page.text
    assert "Map 1.0.0 comes" in page.text
    assert "asks for: network" in page.text
    assert "Clock" not in (await ann.open("/")).text
    page = await ann.press(page, "Install")
    assert page.url == "/plugins/Clock?done=install"
    assert "The Map 1.0.0" in (await ann.open("/")).text


async def test_a_plan_that_no_longer_holds_is_not_carried_out(hub: Hub, visit: Visit) -> None:
    await hub.publish(bundles.bundle())
    ann = await visit()
    page = await ann.open("/plugins/Clock/install")
    await hub.publish(bundles.bundle(version="1.1.0"))
    page = await ann.press(page, "Install")
    assert page.status == 409
    assert "Code: plan-changed" in page.text
    assert page.links["Back"] == "/plugins/Clock"


async def test_updating_rolling_back_and_removing(hub: Hub, visit: Visit) -> None:
    await hub.publish(bundles.bundle())
    ann = await visit()
    await ann.post("/plugins/Clock/install")
    await hub.publish(documented("1.1.0"))
    page = await ann.follow(await ann.open("/plugins/Clock"), "Update to 1.1.0")
    assert "1.0.0 → 1.1.0" in page.text
    assert "Two hands" in page.text
    page = await ann.press(page, "Update")
    assert "The Clock 1.1.0" in page.text
    page = await ann.press(await ann.follow(page, "Roll back to 1.0.0"), "Roll back")
    assert "The Clock 1.0.0" in page.text
    page = await ann.press(await ann.follow(page, "Remove"), "Remove")
    assert page.url == "/?done=uninstall"
    assert "You have no plugins yet." in page.text


async def test_another_version_is_chosen(hub: Hub, visit: Visit) -> None:
    for version in ("1.0.0", "1.1.0", "2.0.0"):
        await hub.publish(bundles.bundle(version=version))
    ann = await visit()
    page = await ann.press(await ann.open("/plugins/Clock/install"), "Show", version="1.1.0")
    page = await ann.press(page, "Install")
    assert "The Clock 1.1.0" in page.text
    page = await ann.press(await ann.follow(page, "1.0.0"), "Update")
    assert "The Clock 1.0.0" in page.text


async def test_what_stands_in_the_way_is_told_and_has_no_button(hub: Hub, visit: Visit) -> None:
    await hub.publish(bundles.bundle("Map"))
    await hub.publish(bundles.bundle(dependencies={"Map": "^1"}))
    ann = await visit()
    await ann.post("/plugins/Clock/install")
    page = await ann.open("/plugins/Map/uninstall")
    assert "Clock" in page.text
    assert "Remove</button>" not in page.html


async def test_a_configuration_that_does_not_suit_may_be_dropped(hub: Hub, visit: Visit) -> None:
    old, new = (
        {"type": "object", "properties": {"hands": {"type": kind}}}
        for kind in ("string", "integer")
    )
    await hub.publish(bundles.bundle(config_schema=old))
    ann = await visit()
    await ann.post("/plugins/Clock/install")
    await ann.press(await ann.open("/plugins/Clock/configuration"), "Save", **{'["hands"]': "two"})
    await hub.publish(bundles.bundle(version="1.1.0", config_schema=new))
    page = await ann.open("/plugins/Clock/update")
    assert "does not suit: hands" in page.text
    page = await ann.press(page, "Update", reset_config="true")
    assert "The Clock 1.1.0" in page.text


async def test_modules_pins_and_channels_are_set(hub: Hub, visit: Visit) -> None:
    await hub.publish(bundles.bundle())
    ann = await visit()
    await ann.post("/plugins/Clock/install")
    page = await ann.press(await ann.open("/plugins/Clock"), "Switch Clock face off")
    page = await ann.press(page, "Switch Clock face on")
    page = await ann.press(page, "Pin", range="^1")
    assert "pinned to ^1" in page.text
    page = await ann.press(page, "Remove the pin")
    assert "pinned" not in page.text.lower().replace("pinned.", "")
    page = await ann.press(page, "Save", action="/channel", channel="prerelease")
    assert "takes pre-releases" in page.text
    page = await ann.press(page, "Pin", range="nonsense")
    assert page.status == 422


async def test_there_are_no_other_verbs(hub: Hub, visit: Visit) -> None:
    await hub.publish(bundles.bundle())
    ann = await visit()
    assert (await ann.open("/plugins/Clock/explode")).status == 404
    assert (await ann.post("/plugins/Clock/explode")).status == 404
