"""An admin lets a release stay that nobody has."""

from tests import bundles
from tests.conftest import Hub
from tests.web.api.calling import ask, call, user

KEEP = "/api/plugins/Clock/releases/1.0.0/keep"


async def test_a_release_is_kept_and_let_go_again(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    for method, keep in [("PUT", True), ("PUT", True), ("DELETE", False)]:
        status, release = await call(hub, method, KEEP, hub.operator)
        assert (status, release["keep"]) == (200, keep)
    entries = (await ask(hub, "GET", "../audit", hub.operator))["audit"]
    assert [it["action"] for it in entries if it["action"] != "publish"] == ["unkeep", "keep"]


async def test_only_admins_keep_releases(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    assert (await call(hub, "PUT", KEEP, await user(hub)))[0] == 403


async def test_what_does_not_exist_is_not_kept(hub: Hub) -> None:
    assert (await call(hub, "PUT", KEEP, hub.operator))[0] == 404
