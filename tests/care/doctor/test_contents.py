import secrets

from pluginhub.database import remote_versions, webhooks
from pluginhub.database.remote_versions import RemoteVersion
from pluginhub.database.webhooks import Delivery, Webhook
from pluginhub.lifecycle.publish import publish
from pluginhub.models import Actor, Origin
from tests import bundles
from tests.care.doctor.cases import case, causes
from tests.conftest import OPERATOR, Hub, hooked
from tests.web.api.calling import ask, user

REPOSITORY = "https://github.com/example/clock"


async def test_a_withdrawn_release_is_named_while_somebody_has_it(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    for name in ("ann", "ben"):
        await hub.install("Clock", await user(hub, name))
    assert "yanked-in-use" not in await causes(case(hub))
    await ask(hub, "PUT", "Clock/releases/1.0.0/yank", hub.operator, {})
    assert "Clock@1.0.0 (2 users)" in (await causes(case(hub)))["yanked-in-use"]


async def test_hooks_that_wait_for_an_admin_are_named(hub: Hub) -> None:
    ben = await hub.add_user("ben")
    (hub.data.parent / "bundle").write_bytes(hooked("pass"))
    actor = Actor(ben.id, "ben", admin=False)
    await publish(hub.database, hub.storage, hub.data.parent / "bundle", actor=actor)
    assert "1 releases" in (await causes(case(hub)))["approval-waiting"]
    await ask(hub, "PUT", "Clock/releases/1.0.0/approval", hub.operator)
    assert "approval-waiting" not in await causes(case(hub))


async def test_newer_releases_at_sources_are_named_for_plugins_that_somebody_has(
    hub: Hub,
) -> None:
    (hub.data.parent / "bundle").write_bytes(bundles.bundle())
    origin = Origin("github", REPOSITORY, "v1.0.0")
    place = hub.data.parent / "bundle"
    await publish(hub.database, hub.storage, place, actor=OPERATOR, origin=origin)
    for tag, is_found in [("v1.0.0", False), ("v2.0.0-rc.1", False), ("v2.0.0", True)]:
        async with hub.database.transaction() as tx:
            await remote_versions.record(tx, RemoteVersion(REPOSITORY, tag, 1, 2))
        if tag == "v1.0.0":
            assert "updates-at-source" not in await causes(case(hub))
            await hub.install("Clock", await user(hub))
        found = await causes(case(hub))
        assert ("Clock 2.0.0" in found.get("updates-at-source", "")) is is_found


async def test_jobs_that_failed_of_late_are_counted(hub: Hub) -> None:
    for number, age in enumerate((60, 23 * 3600, 25 * 3600)):
        async with hub.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO jobs (id, kind, source, state, created_at, updated_at)"
                " VALUES (?, 'publish', '{}', 'failed', 1, ?)",
                (f"{number:032x}", hub.database.now() - age),
            )
    assert (await causes(case(hub)))["jobs-failed"].startswith("2 jobs")


async def test_a_webhook_whose_receiver_failed_last_is_named(hub: Hub) -> None:
    ids = [f"{number:032x}" for number in range(3)]
    async with hub.database.transaction() as tx:
        for number, webhook_id in enumerate(ids):
            webhook = Webhook(webhook_id, "https://192.0.2.1/", (), number != 2, 10**9, 1)
            await webhooks.add(tx, webhook)
    for error, named in [(None, []), ("it answered 500", ids[:2]), (None, [])]:
        async with hub.database.transaction() as tx:
            for webhook_id in ids:
                delivery = Delivery(secrets.token_hex(16), webhook_id, 1, "install", error=error)
                await webhooks.record(tx, delivery)
        found = (await causes(case(hub))).get("webhook-failing", "")
        assert [it for it in ids if it in found] == named


async def test_bundles_that_were_refused_are_named_without_their_reasons(hub: Hub) -> None:
    folder = hub.data / "incoming/failed"
    folder.mkdir()
    assert "incoming-failed" not in await causes(case(hub))
    for name in ("clock.zip", "clock.zip.txt", "notes.txt"):
        (folder / name).write_text("x")
    assert (await causes(case(hub)))["incoming-failed"].endswith(": clock.zip, notes.txt")


async def test_a_disabled_admin_is_none(hub: Hub) -> None:
    ann = await hub.add_user("ann", "admin")
    assert "no-admin" not in await causes(case(hub))
    async with hub.database.transaction() as tx:
        await tx.execute("UPDATE users SET enabled = 0 WHERE id = ?", (ann.id,))
    assert "none of 1 accounts" in (await causes(case(hub)))["no-admin"]
