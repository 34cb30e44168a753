from pluginhub.web.pages.verbs import VERBS
from tests import bundles
from tests.conftest import Hub
from tests.web.pages.conftest import Visit


async def test_each_verb_has_a_review_that_changes_nothing(hub: Hub, visit: Visit) -> None:
    for version in ("1.0.0", "1.1.0"):
        await hub.publish(bundles.bundle(version=version))
    ann = await visit()
    assert "install" in VERBS
    for verb, before in [
        ("install", None),
        ("update", "1.0.0"),
        ("rollback", "1.1.0"),
        ("uninstall", ""),
    ]:
        if before == "1.0.0":
            await ann.post("/plugins/Clock/install", version="1.0.0")
        elif before == "1.1.0":
            await ann.post("/plugins/Clock/update")
        shown = (await ann.open("/")).text
        assert (await ann.open(f"/plugins/Clock/{verb}")).status == 200
        assert (await ann.open("/")).text == shown


async def test_a_form_of_another_verb_changes_nothing_that_was_not_asked_for(
    hub: Hub, visit: Visit
) -> None:
    await hub.publish(bundles.bundle())
    ann = await visit()
    page = await ann.post("/plugins/Clock/install", plan="0" * 64)
    assert page.status == 409
    assert "Clock" not in (await ann.open("/")).text
