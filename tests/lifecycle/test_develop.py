"""Releases that one user tries out while somebody writes them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pluginhub.database import releases, requirements, unused_releases
from pluginhub.errors import (
    BadBundleError,
    ConflictError,
    ForbiddenError,
    HookError,
    NotFoundError,
)
from pluginhub.lifecycle import develop, publish, updates
from pluginhub.lifecycle.develop import Development
from pluginhub.lifecycle.plan import Plan
from pluginhub.models import Actor
from tests import bundles
from tests.conftest import OPERATOR
from tests.lifecycle.conftest import Shelf, id_of
from tests.lifecycle.plugins import hooked


async def save(shelf: Shelf, user: Actor, content: bytes, **more: Any) -> Development:
    """Let a user try a bundle out."""
    order = replace(shelf.order(user), actor=OPERATOR)
    async with shelf.storage.staging() as folder:
        (folder / "bundle").write_bytes(content)
        return await develop.develop(shelf.resources, order, folder / "bundle", **more)


async def end(shelf: Shelf, user: Actor, slug: str = "Clock") -> Plan:
    return await develop.end(shelf.resources, replace(shelf.order(user), actor=OPERATOR), slug)


def saved(number: int, version: str = "1.0.0") -> bytes:
    """Return the bundle of a save."""
    return bundles.bundle(version=version, description=f"save {number}")


async def version_of(shelf: Shelf, user: Actor) -> str:
    return (await shelf.installation(user)).release.version


async def test_each_save_replaces_the_one_before_and_nothing_is_left(shelf: Shelf) -> None:
    ann = await shelf.user()
    first = await save(shelf, ann, saved(1))
    second = await save(shelf, ann, saved(2))
    assert first.previous is None
    assert second.previous == first.release.version
    assert (first.release.version, second.release.version) == ("1.0.0+dev.1", "1.0.0+dev.2")
    assert await shelf.installed() == [("ann", "Clock", "1.0.0+dev.2", 1)]
    assert shelf.releases() == ["Clock/v1.0.0+dev.2"]
    assert await shelf.rows("SELECT version FROM releases") == [("1.0.0+dev.2",)]
    assert await shelf.rows("SELECT * FROM former_releases") == []


async def test_the_same_bytes_again_change_nothing(shelf: Shelf) -> None:
    ann = await shelf.user()
    first = await save(shelf, ann, saved(1))
    before = await shelf.everything()
    again = await save(shelf, ann, saved(1))
    assert (again.release, again.created) == (first.release, False)
    assert await shelf.everything() == before


async def test_at_the_end_a_user_has_what_they_had_before(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle(version="1.0.0"))
    await shelf.publish(bundles.bundle(version="2.0.0"))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.configure(ann, "Clock", zone="UTC")
    before = await shelf.installation(ann)
    for number in range(3):
        await save(shelf, ann, saved(number, "1.4.0"))
    plan = await end(shelf, ann)
    assert plan.verb == "rollback"
    assert await shelf.installation(ann) == replace(before, updated_at=int(shelf.clock.time))
    assert shelf.releases() == ["Clock/v1.0.0", "Clock/v2.0.0"]
    assert await shelf.rows("SELECT * FROM releases WHERE only_for IS NOT NULL") == []


async def test_who_had_nothing_has_nothing_at_the_end_and_the_slug_is_free(shelf: Shelf) -> None:
    ann = await shelf.user()
    await save(shelf, ann, saved(1))
    assert (await end(shelf, ann)).verb == "uninstall"
    assert await shelf.installed() == []
    assert shelf.releases() == []
    assert await shelf.rows("SELECT * FROM plugins") == []
    assert await shelf.rows("SELECT * FROM tombstones") == []


async def test_who_left_it_themselves_is_left_alone_at_the_end(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await save(shelf, ann, saved(1))
    await shelf.uninstall(ann, "Clock")
    assert (await end(shelf, ann)).steps == ()
    assert shelf.releases() == ["Clock/v1.0.0"]


async def test_others_neither_see_it_nor_get_it(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle(version="1.0.0"))
    ann, ben = await shelf.user(), await shelf.user("ben")
    await shelf.install(ben, "Clock")
    release = (await save(shelf, ann, saved(1, "1.4.0"))).release
    async with shelf.database.snapshot() as connection:
        assert await requirements.offers(connection, ["Clock"], id_of(ann)) != (
            await requirements.offers(connection, ["Clock"], id_of(ben))
        )
        with pytest.raises(NotFoundError, match="has no release"):
            await releases.get(connection, "Clock", release.version)
    assert await updates.available(shelf.resources, id_of(ben)) == []
    assert (await shelf.update(ben)).steps == ()
    with pytest.raises(NotFoundError, match="has no release"):
        await shelf.update(ben, version=release.version)
    cleo = await shelf.user("cleo")
    with pytest.raises(NotFoundError, match="has no release"):
        await shelf.install(cleo, "Clock", release.version)
    assert (await shelf.install(cleo, "Clock")).release.version == "1.0.0"


async def test_a_plugin_that_is_only_developed_does_not_exist_for_others(shelf: Shelf) -> None:
    ann, ben = await shelf.user(), await shelf.user("ben")
    await save(shelf, ann, saved(1))
    with pytest.raises(NotFoundError, match="no plugin"):
        await shelf.install(ben, "Clock")
    async with shelf.database.snapshot() as connection:
        for version in ("1.0.0", "1.0.0+dev.1"):
            with pytest.raises(NotFoundError, match="no plugin"):
                await releases.get(connection, "Clock", version)
        with pytest.raises(NotFoundError, match="no plugin"):
            await releases.list_of(connection, "Clock", id_of(ben))
        assert len(await releases.list_of(connection, "Clock", id_of(ann))) == 1


async def test_it_takes_no_version_and_no_plugin_from_those_who_publish(shelf: Shelf) -> None:
    ann, ben = await shelf.user(), await shelf.user("ben")
    await save(shelf, ann, saved(1))
    published = await shelf.publish(bundles.bundle(version="1.0.0"), ben)
    assert published.release.version == "1.0.0"
    assert await shelf.rows("SELECT owner_id FROM plugins") == [(id_of(ben),)]
    await end(shelf, ann)
    assert shelf.releases() == ["Clock/v1.0.0"]


@pytest.mark.parametrize("version", ["1.0.0+dev.7", "1.0.0+b2.dev.7"])
async def test_nobody_publishes_such_a_version(shelf: Shelf, version: str) -> None:
    with pytest.raises(BadBundleError, match="development releases"):
        await shelf.publish(bundles.bundle(version=version))
    ann = await shelf.user()
    with pytest.raises(BadBundleError, match="development releases"):
        await save(shelf, ann, saved(1, version))


async def test_two_users_try_out_their_own(shelf: Shelf) -> None:
    ann, ben = await shelf.user(), await shelf.user("ben")
    await save(shelf, ann, saved(1))
    await save(shelf, ben, saved(2))
    assert await version_of(shelf, ann) == "1.0.0+dev.1"
    assert await version_of(shelf, ben) == "1.0.0+dev.2"
    await end(shelf, ann)
    assert await version_of(shelf, ben) == "1.0.0+dev.2"


async def test_a_hook_that_fails_leaves_the_last_good_one(shelf: Shelf) -> None:
    ann = await shelf.user()
    good = await save(shelf, ann, saved(1))
    refusing = hooked('def on_update(self, context, from_version):\n raise HookRefusedError("no")')
    with pytest.raises(HookError, match="no"):
        await save(shelf, ann, refusing)
    assert await version_of(shelf, ann) == good.release.version
    assert shelf.releases() == [f"Clock/v{good.release.version}"]


async def test_hooks_run_as_in_any_release(shelf: Shelf) -> None:
    ann = await shelf.user()
    await save(shelf, ann, saved(1))
    await save(
        shelf, ann, hooked('def on_update(self, context, old):\n context.config["from"] = old')
    )
    assert (await shelf.installation(ann)).config == {"from": "1.0.0+dev.1"}


async def test_only_admins_give_and_take_them(shelf: Shelf, tmp_path: Path) -> None:
    ann = await shelf.user()
    with pytest.raises(ForbiddenError):
        await develop.develop(shelf.resources, shelf.order(ann), tmp_path)
    with pytest.raises(ForbiddenError):
        await develop.end(shelf.resources, shelf.order(ann), "Clock")


async def test_a_slug_in_another_spelling_is_refused(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    with pytest.raises(ConflictError, match="taken by Clock"):
        await save(shelf, ann, bundles.bundle("CLOCK"))


async def test_what_a_crash_left_goes_with_the_next_save(shelf: Shelf) -> None:
    ann = await shelf.user()
    order = replace(shelf.order(ann), actor=OPERATOR)
    async with shelf.storage.staging() as folder:
        (folder / "bundle").write_bytes(saved(1))
        async with publish.unpacking(shelf.storage, folder / "bundle") as unpacked:
            await develop._add(shelf.resources, order, unpacked)
    assert shelf.releases() == ["Clock/v1.0.0+dev.1"]
    async with shelf.database.snapshot() as connection:
        [left] = await unused_releases.list_all(connection)
    assert (left.only_for, left.last) == (id_of(ann), False)
    await save(shelf, ann, saved(2))
    assert shelf.releases() == ["Clock/v1.0.0+dev.2"]


async def test_who_leaves_it_themselves_leaves_it_to_the_next_sweep(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    await save(shelf, ann, saved(1))
    await shelf.roll_back(ann)
    async with shelf.database.snapshot() as connection:
        left = await unused_releases.list_all(connection)
    assert [it.version for it in left] == ["1.0.0+dev.2"]
