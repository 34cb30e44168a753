"""Releases that nobody has: which of them may go, and that somebody who comes meanwhile wins."""

import asyncio
from dataclasses import replace

import pytest

from pluginhub.care import unused
from pluginhub.care.unused import InMemory
from pluginhub.database import plugins, releases, tombstones, unused_releases
from pluginhub.database.unused_releases import Unused
from pluginhub.errors import NotFoundError, PlanChangedError
from pluginhub.lifecycle.install import install
from pluginhub.lifecycle.keep import keep
from pluginhub.lifecycle.resources import Order
from pluginhub.lifecycle.uninstall import uninstall
from pluginhub.lifecycle.update import update
from pluginhub.web import keys
from tests import bundles
from tests.conftest import OPERATOR, Hub, hooked
from tests.managers.workshop import until

DAY = 24 * 3600
OLD = Unused(1, "Clock", "1.0.0", "d" * 64, 10, 30 * DAY, keep=False, last=False)
KNOWN = [("Clock", "1.0.0"), ("Clock", "2.0.0"), ("Clock", "1.5.0")]


def never(_slug: str, _version: str) -> bool:
    return False


def test_what_nobody_had_for_long_enough_goes() -> None:
    assert unused.decide([OLD], KNOWN, 30, never) == ([OLD], [])
    assert unused.decide([replace(OLD, seconds=0)], KNOWN, 0, never)[1] == []


@pytest.mark.parametrize(
    ("release", "reason"),
    [
        (replace(OLD, keep=True), "it is marked to be kept"),
        (replace(OLD, version="2.0.0"), "it is the highest version of its plugin"),
        (replace(OLD, version="1.5.0", last=True), "it is the newest release of its plugin"),
        (replace(OLD, seconds=18 * DAY), "its retention ends in 12 days"),
        (replace(OLD, seconds=30 * DAY - 7200), "its retention ends in 2 hours"),
    ],
)
def test_what_stays_says_why(release: Unused, reason: str) -> None:
    gone, [kept] = unused.decide([release], KNOWN, 30, never)
    assert (gone, kept.reason) == ([], reason)


def test_what_may_be_running_stays() -> None:
    gone, [kept] = unused.decide([OLD], KNOWN, 30, lambda slug, _: slug == "Clock")
    assert (gone, kept.reason) == ([], "its lifecycle manager is in memory")


@pytest.mark.parametrize(("seconds", "goes"), [(0, False), (59, False), (60, True)])
def test_a_development_release_goes_soon_although_it_is_the_highest(
    seconds: int, goes: bool
) -> None:
    tried = replace(OLD, version="9.0.0+dev.4", seconds=seconds, keep=True, only_for="a" * 32)
    gone, kept = unused.decide([tried], KNOWN, 30, never)
    assert (gone == [tried], len(kept)) == (goes, 0 if goes else 1)
    assert unused.decide([tried], KNOWN, 30, lambda *_: True)[0] == []


async def test_a_development_release_leaves_neither_a_tombstone_nor_a_plugin(hub: Hub) -> None:
    await hub.publish(bundles.bundle(version="1.0.0+b2"))
    async with hub.database.transaction() as tx:
        await tx.execute("UPDATE releases SET only_for = ?", ("a" * 32,))
        await unused_releases.observe(tx, 1000, 0, 0)
        await unused_releases.observe(tx, 1060, 60, 0)
        [tried] = await unused_releases.list_all(tx)
    assert await unused.remove(hub.database, hub.storage, tried, 30, never)
    async with hub.database.snapshot() as reader:
        assert await tombstones.list_all(reader) == []
        assert await plugins.find_slug(reader, "Clock") is None
    assert await asyncio.to_thread(hub.storage.places) == []


async def two_releases(hub: Hub) -> Unused:
    """Publish two releases of a plugin, and return the older one as nobody has it."""
    for version in ("1.0.0", "2.0.0"):
        await hub.publish(bundles.bundle(version=version))
    async with hub.database.snapshot() as connection:
        return (await unused_releases.list_all(connection))[0]


async def remove(hub: Hub, release: Unused, days: int = 0, in_memory: InMemory = never) -> bool:
    return await unused.remove(hub.database, hub.storage, release, days, in_memory)


async def test_a_release_that_goes_leaves_a_tombstone_and_no_files(hub: Hub) -> None:
    old = await two_releases(hub)
    assert await remove(hub, old)
    async with hub.database.snapshot() as connection:
        assert await releases.find(connection, "Clock", "1.0.0") is None
        stone = await tombstones.find(connection, "clock", "1.0.0")
    assert stone is not None
    assert stone.digest == old.digest
    assert [path.name for path in (hub.data / "shared/Clock").iterdir()] == ["v2.0.0"]
    assert list((hub.data / "trash").iterdir()) == []


async def test_a_release_that_somebody_got_meanwhile_stays(hub: Hub) -> None:
    old = await two_releases(hub)
    ann = await hub.add_user("ann")
    await install(hub.app[keys.RESOURCES], Order(ann.id, OPERATOR), "Clock", "1.0.0")
    assert not await remove(hub, old)
    assert (hub.data / "shared/Clock/v1.0.0").is_dir()


async def test_a_release_whose_hooks_run_meanwhile_stays(hub: Hub) -> None:
    old = await two_releases(hub)
    assert not await remove(hub, old, in_memory=lambda *_: True)
    assert (hub.data / "shared/Clock/v1.0.0").is_dir()


async def test_a_release_that_became_the_highest_meanwhile_stays(hub: Hub) -> None:
    old = await two_releases(hub)
    newer = (await hub.publish(bundles.bundle(version="2.0.0"))).release
    async with hub.database.transaction() as tx:
        await releases.remove(tx, newer.id)
    assert not await remove(hub, old)
    assert (hub.data / "shared/Clock/v1.0.0").is_dir()


@pytest.mark.parametrize("wanted", ["had for a moment", "updated to for a moment", "published"])
async def test_a_release_that_was_wanted_meanwhile_begins_anew(hub: Hub, wanted: str) -> None:
    old = await two_releases(hub)
    async with hub.database.transaction() as tx:
        await tx.execute("INSERT INTO unused_releases VALUES (?, ?)", (old.id, 40 * DAY))
    resources, ann = hub.app[keys.RESOURCES], await hub.add_user("ann")
    order = Order(ann.id, OPERATOR)
    if wanted == "published":
        await hub.publish(bundles.bundle())
    elif wanted == "had for a moment":
        await install(resources, order, "Clock", "1.0.0")
    else:
        await install(resources, order, "Clock", "2.0.0")
        await update(resources, order, "Clock", "1.0.0")
    if wanted != "published":
        await uninstall(resources, order, "Clock")
    assert not await remove(hub, old, days=30)
    assert (hub.data / "shared/Clock/v1.0.0").is_dir()


async def test_a_release_that_an_admin_keeps_meanwhile_stays(hub: Hub) -> None:
    old = await two_releases(hub)
    await keep(hub.database, "Clock", "1.0.0", actor=OPERATOR)
    assert not await remove(hub, old)
    assert (hub.data / "shared/Clock/v1.0.0").is_dir()


async def test_a_release_that_went_or_came_back_meanwhile_is_let_alone(hub: Hub) -> None:
    old = await two_releases(hub)
    assert await remove(hub, old)
    assert not await remove(hub, old)
    await hub.publish(bundles.bundle())  # as another row
    assert not await remove(hub, replace(old, id=old.id + 10))
    assert (hub.data / "shared/Clock/v1.0.0").is_dir()


@pytest.mark.parametrize("pause", [0, 1, 2, 4, 8, 16])
async def test_an_install_at_the_same_moment_never_finds_a_hole(hub: Hub, pause: int) -> None:
    old = await two_releases(hub)
    ann = await hub.add_user("ann")
    order = Order(ann.id, OPERATOR)

    async def get() -> bool:
        for _ in range(pause):
            await asyncio.sleep(0)
        try:
            await install(hub.app[keys.RESOURCES], order, "Clock", "1.0.0")
        except (NotFoundError, PlanChangedError):
            return False
        return True

    removed, got = await asyncio.gather(remove(hub, old), get())
    assert removed != got
    assert (hub.data / "shared/Clock/v1.0.0").is_dir() == got


async def test_no_hook_runs_of_a_release_that_goes_at_the_same_moment(hub: Hub) -> None:
    for version in ("1.0.0", "2.0.0"):
        await hub.publish(hooked("def on_install(self, context): pass", version=version))
    async with hub.database.snapshot() as connection:
        old = (await unused_releases.list_all(connection))[0]
    resources, ann = hub.app[keys.RESOURCES], await hub.add_user("ann")
    async with hub.database.transaction():  # so that one comes after the other
        removing = asyncio.create_task(remove(hub, old))
        getting = asyncio.create_task(install(resources, Order(ann.id, OPERATOR), "Clock", "1.0.0"))
        assert await until(lambda: resources.registry._loads)
        await asyncio.sleep(0.1)  # long enough for a hook to be called
    assert await removing
    with pytest.raises(PlanChangedError, match="removed meanwhile"):
        await getting
    assert [it.calls for it in (await resources.registry.statistics()).managers] == [0]


async def test_the_same_bytes_come_back_and_others_do_not(hub: Hub) -> None:
    old = await two_releases(hub)
    assert await remove(hub, old)
    other = bundles.tar_gz({**bundles.files(), "dist/more.js": b"more"})
    answer = await hub.client.post("/api/plugins", data=other, headers=hub.operator)
    assert (answer.status, (await answer.json())["code"]) == (409, "release-exists")
    again = await hub.publish(bundles.bundle())
    assert (again.created, again.release.digest) == (True, old.digest)
    async with hub.database.snapshot() as connection:
        assert await tombstones.find(connection, "Clock", "1.0.0") is None


async def test_addresses_of_what_is_gone_say_so(hub: Hub) -> None:
    old = await two_releases(hub)
    headers = await hub.sign_in(await hub.add_user("ann"))
    await hub.install("Clock", headers, "1.0.0")
    entry = (await hub.designer(headers))["Clock"]
    await hub.client.put("/api/plugins/Clock/update", json={}, headers=headers)
    assert (await hub.load(entry)).status == 200  # in its grace period
    async with hub.database.transaction() as tx:
        await tx.execute("UPDATE installations SET previous_release_id = NULL")
        await tx.execute("DELETE FROM former_releases")
    assert await remove(hub, old)
    assert (await hub.load(entry)).status == 410
    answer = await hub.client.get("/api/plugins/Clock/releases/1.0.0", headers=headers)
    assert (answer.status, (await answer.json())["code"]) == (410, "gone")
    wrong = {**entry, "bundlelocation": entry["bundlelocation"].replace("t/", "t/x", 1)}
    assert (await hub.load(wrong)).status == 404
