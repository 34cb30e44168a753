from pluginhub.config import Cleanup
from pluginhub.web import keys
from tests import bundles
from tests.conftest import Hub
from tests.web.pages.visiting import Visitor


async def test_it_tells_what_would_go_what_stays_and_what_went(hub: Hub, admin: Visitor) -> None:
    for version in ("1.0.0", "2.0.0"):
        await hub.publish(bundles.bundle(version=version))
    page = await admin.open("/status/cleanup")
    assert "There was none since the server started." in page.text
    assert "Clock 1.0.0 its retention ends in 30 days" in page.text
    assert "Clock 2.0.0 it is the highest version of its plugin" in page.text
    hub.app[keys.CLEANUP].change(Cleanup(version_retention_days=0))
    page = await admin.open("/status/cleanup")
    assert "What a sweep would remove now 1 release," in page.text
    assert hub.storage.release_path("Clock", "1.0.0").is_dir()
    page = await admin.press(page, "Sweep now")
    assert "What a sweep would remove now Nothing." in page.text
    assert "Removed 1 release," in page.text
    assert not hub.storage.release_path("Clock", "1.0.0").exists()


async def test_what_belongs_to_nothing_is_counted(hub: Hub, admin: Visitor) -> None:
    async with hub.database.transaction() as tx:
        await tx.execute("UPDATE tokens SET expires_at = 1 WHERE kind = 'refresh'")
    assert "1 row that has run out" in (await admin.open("/status/cleanup")).text
