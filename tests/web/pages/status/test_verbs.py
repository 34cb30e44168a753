"""What admins do to releases, managers and the data directory; all of it is in the audit."""

import json

import pytest

from pluginhub.config import Cleanup
from pluginhub.database import releases
from pluginhub.models import Release
from pluginhub.web import keys
from tests import bundles
from tests.conftest import Hub, hooked
from tests.web.pages.status.conftest import Audited, with_users
from tests.web.pages.visiting import Visitor


async def release(hub: Hub) -> Release:
    async with hub.database.snapshot() as connection:
        return await releases.get(connection, "Clock", "1.0.0")


async def test_a_release_is_withdrawn_after_a_question_and_brought_back(
    hub: Hub, admin: Visitor, audited: Audited
) -> None:
    await with_users(hub, "ann")
    page = await admin.open("/status/releases?search=clock")
    page = await admin.follow(page, "Withdraw")
    assert "1 user has Clock@1.0.0, and will keep it" in page.text
    page = await admin.press(page, "Withdraw", reason="it loses data")
    assert page.url == "/status/releases?search=clock&done=yanked"
    found = await release(hub)
    assert (found.yanked_at is not None, found.yank_reason) == (True, "it loses data")
    page = await admin.press(page, "Clock@1.0.0", action="/unyank")
    assert "Brought back" in page.text
    assert (await release(hub)).yanked_at is None
    assert [action for _, action, _ in await audited()][:2] == ["unyank", "yank"]


async def test_a_release_is_approved(hub: Hub, admin: Visitor, audited: Audited) -> None:
    await hub.publish(hooked("pass"))
    async with hub.database.transaction() as tx:
        await tx.execute("UPDATE releases SET approved_at = NULL")
    page = await admin.open("/status/releases?show=waiting")
    assert "waits for approval" in page.text
    page = await admin.press(page, "Clock@1.0.0", action="/approve")
    assert "Approved" in page.text
    assert (await release(hub)).approved_at is not None
    assert (await audited())[0] == ("root", "approve", "Clock@1.0.0")


async def test_a_release_is_kept_and_let_go(hub: Hub, admin: Visitor, audited: Audited) -> None:
    await hub.publish(bundles.bundle())
    page = await admin.open("/status/releases")
    page = await admin.press(page, "Clock@1.0.0", action="/keep")
    assert (await release(hub)).keep
    page = await admin.press(page, "Clock@1.0.0", action="/unkeep")
    assert not (await release(hub)).keep
    assert [action for _, action, _ in await audited()][:2] == ["unkeep", "keep"]


async def test_a_manager_is_evicted(hub: Hub, admin: Visitor, audited: Audited) -> None:
    await hub.publish(hooked("async def on_install(self, context):\n    pass"))
    await hub.install("Clock", await hub.sign_in(await hub.add_user("ann")))
    registry = hub.app[keys.RESOURCES].registry
    assert registry.holds("Clock", "1.0.0")
    page = await admin.press(await admin.open("/status"), "Clock 1.0.0", action="/evict")
    assert page.url == "/status?done=evicted"
    assert not registry.holds("Clock", "1.0.0")
    assert (await audited())[0] == ("root", "evict", "Clock@1.0.0")
    gone = await admin.post("/status/evict", slug="Clock", version="1.0.0")
    assert gone.status == 404


async def test_a_sweep_is_looked_at_and_run(hub: Hub, admin: Visitor, audited: Audited) -> None:
    for version in ("1.0.0", "2.0.0"):
        await hub.publish(bundles.bundle(version=version))
    hub.app[keys.CLEANUP].change(Cleanup(version_retention_days=0))
    page = await admin.press(await admin.open("/status/cleanup"), "Sweep now")
    assert page.url == "/status/cleanup?done=swept"
    assert (await audited())[0] == ("root", "sweep", "shared storage")
    async with hub.database.snapshot() as connection:
        assert await releases.find(connection, "Clock", "1.0.0") is None


async def test_nothing_is_swept_in_safe_mode(
    hub: Hub, admin: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hub.app._state, keys.SAFE_MODE, True)
    page = await admin.press(await admin.open("/status/cleanup"), "Sweep now")
    assert "safe mode, in which nothing is removed" in page.text
    assert hub.app[keys.CLEANUP].last is None


async def test_a_backup_is_made(hub: Hub, admin: Visitor, audited: Audited) -> None:
    await hub.publish(bundles.bundle())
    page = await admin.press(await admin.open("/status"), "Back up now")
    assert page.url == "/status?done=backup"
    [note] = (hub.data / "backups").glob("*/backup.json")
    assert len(json.loads(note.read_text())["releases"]) == 1
    assert (await audited())[0] == ("root", "backup", note.parent.name)


async def test_a_backup_that_lacks_something_says_so(hub: Hub, admin: Visitor) -> None:
    published = await hub.publish(bundles.bundle())
    hub.storage.release_path("Clock", "1.0.0").joinpath("dist/chunk.js").unlink()
    assert published.created
    page = await admin.press(await admin.open("/status"), "Back up now")
    assert "files of some releases are not whole" in page.text


REFUSED: list[tuple[str, dict[str, str], int]] = [
    ("yank", {}, 422),
    ("yank", {"slug": "Clock", "version": "9.9.9"}, 404),
    ("yank", {"slug": "Clock", "version": "1.0.0", "reason": "x" * 201}, 422),
    ("yank", {"slug": "Clock", "version": "1.0.0", "next": "https://example.org/"}, 422),
    ("yank", {"slug": "Clock", "version": "1.0.0", "next": "//example.org/"}, 422),
    ("keep", {"slug": "Nothing", "version": "1.0.0"}, 404),
    ("approve", {"slug": "../etc", "version": "1.0.0"}, 422),
    ("fetch", {"source_url": ""}, 422),
    ("cancel-job", {"id": "x"}, 404),
    ("retry-job", {}, 422),
    ("sweep", {"everything": "yes"}, 422),
    ("backup", {"target": "elsewhere"}, 422),
]


async def test_what_makes_no_sense_is_refused(hub: Hub, admin: Visitor) -> None:
    await hub.publish(bundles.bundle())
    for action, fields, status in REFUSED:
        page = await admin.post(f"/status/{action}", **fields)
        assert page.status == status
        assert page.links["Back"] == "/status"
