from tests import bundles
from tests.conftest import Hub
from tests.web.api.calling import ask, user


async def test_what_could_be_updated_is_told_and_nothing_else(hub: Hub) -> None:
    for slug in ("Clock", "Map"):
        await hub.publish(bundles.bundle(slug))
    ann, ben = await user(hub), await user(hub, "ben")
    for slug in ("Clock", "Map"):
        await hub.install(slug, ann)
    await hub.install("Clock", ben)
    assert (await ask(hub, "GET", "updates", ann))["updates"] == []
    await hub.publish(bundles.bundle(version="1.1.0"))
    [found] = (await ask(hub, "GET", "updates", ann))["updates"]
    assert found == {
        "slug": "Clock",
        "version": "1.0.0",
        "latest_version": "1.1.0",
        "at_source": False,
        "source_url": "local://Clock",
        "checked_at": None,
    }
    assert (await ask(hub, "GET", "updates?user=ann", hub.operator))["updates"] == [found]
    await ask(hub, "PUT", "Clock/pin", ben, {"range": "1.0.0"})
    assert (await ask(hub, "GET", "updates", ben))["updates"] == []
