import pytest

from pluginhub.database import releases
from pluginhub.errors import ForbiddenError, NotFoundError, YankedError
from pluginhub.lifecycle.yank import plan_yank, unyank, withdraw, yank
from pluginhub.models import Release
from tests import bundles
from tests.conftest import OPERATOR
from tests.lifecycle.conftest import Shelf
from tests.lifecycle.plugins import hooked


async def test_nobody_new_gets_a_yanked_release_until_it_is_brought_back(shelf: Shelf) -> None:
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await shelf.publish(bundles.bundle(), ann)
    await shelf.install(ann, "Clock")
    shelf.clock.time += 60
    yanked = await yank(shelf.database, "clock", "1.0.0", actor=ann, reason="it strikes 13")
    assert (yanked.yanked_at, yanked.yank_reason) == (shelf.clock.time, "it strikes 13")
    with pytest.raises(YankedError):
        await shelf.install(ben, "Clock", "1.0.0")
    mine = await shelf.installation(ann)
    assert (mine.release, mine.enabled) == (yanked, True)
    back = await unyank(shelf.database, "Clock", "1.0.0", actor=ann)
    assert (back.yanked_at, back.yank_reason) == (None, None)
    await shelf.install(ben, "Clock")
    assert ("ben", "Clock", "1.0.0", 1) in await shelf.installed()


async def test_only_the_owner_and_admins_yank(shelf: Shelf) -> None:
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    root = await shelf.user("root", admin=True)
    await shelf.publish(bundles.bundle(), ann)
    before = await shelf.audit()
    for verb in (yank, unyank):
        with pytest.raises(ForbiddenError):
            await verb(shelf.database, "Clock", "1.0.0", actor=ben)
        with pytest.raises(NotFoundError):
            await verb(shelf.database, "Clock", "9.9.9", actor=ann)
    assert await shelf.audit() == before
    for actor in (ann, root, OPERATOR):
        assert (await yank(shelf.database, "Clock", "1.0.0", actor=actor)).yanked_at
        assert not (await unyank(shelf.database, "Clock", "1.0.0", actor=actor)).yanked_at


async def test_the_audit_tells_who_yanked_what_and_why(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    await yank(shelf.database, "Clock", "1.0.0", actor=OPERATOR, reason="late")
    entry = await shelf.last_entry()
    assert (entry.action, entry.target, entry.slug) == ("yank", "Clock@1.0.0", "Clock")
    assert (entry.actor_name, entry.details) == ("operator", {"reason": "late"})
    await unyank(shelf.database, "Clock", "1.0.0", actor=OPERATOR)
    entry = await shelf.last_entry()
    assert (entry.action, entry.target, entry.slug) == ("unyank", "Clock@1.0.0", "Clock")


async def test_a_withdrawn_release_leaves_neither_row_nor_file_nor_process(shelf: Shelf) -> None:
    await shelf.publish(hooked("def on_install(self, context): pass"))
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    release = (await shelf.installation(ann)).release
    assert not await withdraw(shelf.resources, release, actor=OPERATOR)
    assert shelf.releases() == ["Clock/v1.0.0"]
    await shelf.uninstall(ann, "Clock")
    assert len((await shelf.resources.registry.statistics()).managers) == 1
    assert await withdraw(shelf.resources, release, actor=OPERATOR)
    assert (await shelf.rows("SELECT 1 FROM plugins UNION SELECT 1 FROM releases")) == []
    assert shelf.releases() == []
    assert (await shelf.resources.registry.statistics()).managers == []
    entry = await shelf.last_entry()
    assert (entry.action, entry.target, entry.slug) == ("withdraw", "Clock@1.0.0", "Clock")
    assert (await shelf.publish(bundles.bundle())).created


async def test_a_release_that_was_published_twice_is_not_withdrawn(shelf: Shelf) -> None:
    release = (await shelf.publish(bundles.bundle())).release
    await shelf.publish(bundles.bundle())
    assert not await withdraw(shelf.resources, release, actor=OPERATOR)
    assert shelf.releases() == ["Clock/v1.0.0"]


async def test_a_release_that_came_back_after_it_was_withdrawn_can_be_withdrawn_again(
    shelf: Shelf,
) -> None:
    for _ in range(2):
        release = (await shelf.publish(bundles.bundle())).release
        assert await withdraw(shelf.resources, release, actor=OPERATOR)
    assert shelf.releases() == []


async def test_what_others_have_of_a_plugin_stays_when_one_release_is_withdrawn(
    shelf: Shelf,
) -> None:
    kept = (await shelf.publish(bundles.bundle(version="1.0.0"))).release
    gone = (await shelf.publish(bundles.bundle(version="2.0.0"))).release
    assert await withdraw(shelf.resources, gone, actor=OPERATOR)
    async with shelf.database.snapshot() as connection:
        assert await releases.list_of(connection, "Clock") == [kept]
    assert shelf.releases() == ["Clock/v1.0.0"]


async def test_a_release_that_is_published_again_meanwhile_keeps_its_files(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = (await shelf.publish(bundles.bundle())).release
    discarded: list[str] = []

    async def find(*_: object) -> Release:
        return release

    async def discard(_: object, slug: str, version: str) -> None:
        discarded.append(f"{slug}@{version}")

    monkeypatch.setattr(releases, "find", find)
    monkeypatch.setattr(type(shelf.storage), "discard", discard)
    assert await withdraw(shelf.resources, release, actor=OPERATOR)
    assert discarded == []


async def test_it_is_said_beforehand_who_keeps_a_release_and_nothing_is_changed(
    shelf: Shelf,
) -> None:
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await shelf.publish(bundles.bundle(), ann)
    await shelf.install(ben, "Clock")
    before = await shelf.everything(), await shelf.audit()
    for undo, verb, codes in [
        (False, "yank", ["kept", "withheld"]),
        (True, "unyank", ["kept", "not-withdrawn"]),
    ]:
        plan = await plan_yank(shelf.database, "clock", "1.0.0", actor=ann, undo=undo)
        assert (plan.verb, plan.steps, plan.slug, plan.user_id) == (verb, (), "Clock", ann.user_id)
        assert [note.code for note in plan.notes] == codes
        assert plan.notes[0].text == "1 user has Clock@1.0.0, and will keep it"
        with pytest.raises(ForbiddenError):
            await plan_yank(shelf.database, "Clock", "1.0.0", actor=ben, undo=undo)
        with pytest.raises(NotFoundError):
            await plan_yank(shelf.database, "Clock", "9.9.9", actor=ann, undo=undo)
    assert (await shelf.everything(), await shelf.audit()) == before
