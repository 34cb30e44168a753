import asyncio

import pytest

from pluginhub.errors import AlreadyInstalledError
from pluginhub.lifecycle.resources import Order
from pluginhub.models import Actor
from tests import bundles
from tests.lifecycle.conftest import Shelf
from tests.lifecycle.plugins import WAITING, existing, hooked, let_go, waiting


async def test_operations_of_one_user_queue_and_no_other_user_waits(shelf: Shelf) -> None:
    await shelf.publish(hooked(WAITING))
    await shelf.publish(bundles.bundle("Map"))
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    first = asyncio.create_task(shelf.install(ann, "Clock"))
    places = await waiting(shelf, 1)
    second = asyncio.create_task(shelf.install(ann, "clock"))
    third = asyncio.create_task(shelf.install(ann, "Map"))
    await shelf.install(ben, "Map")
    await shelf.disable(ben, "Map")
    await shelf.publish(bundles.bundle("Alarm"))
    assert not any(task.done() for task in (first, second, third))
    assert await shelf.installed() == [("ben", "Map", "1.0.0", 0)]
    let_go(places)
    await first
    with pytest.raises(AlreadyInstalledError):
        await second
    await third
    assert [row[1] for row in await shelf.installed() if row[0] == "ann"] == ["Clock", "Map"]


async def test_hooks_of_several_users_run_at_the_same_time(shelf: Shelf) -> None:
    await shelf.publish(hooked(WAITING))
    users = [await shelf.user(name) for name in ("ann", "ben")]
    tasks = [asyncio.create_task(shelf.install(user, "Clock")) for user in users]
    let_go(await waiting(shelf, 2))
    await asyncio.gather(*tasks)
    assert len(await shelf.installed()) == 2


def order(user_id: str, *, dry_run: bool = False) -> Order:
    return Order(user_id, Actor(user_id, user_id, admin=False), dry_run=dry_run)


async def test_operations_are_counted_by_their_result_and_dry_runs_are_none(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    with pytest.raises(AlreadyInstalledError):
        await shelf.install(ann, "Clock")
    operations = shelf.resources.operations
    async with shelf.resources.turn(order("ann", dry_run=True), "update"):
        pass
    assert operations.results == {("install", "done"): 1, ("install", "already-installed"): 1}
    assert operations.durations["install"].cumulated()[-1] == ("+Inf", 2)


async def test_no_lock_is_left_when_nobody_waits_for_it(shelf: Shelf) -> None:
    resources = shelf.resources
    async with resources.turn(order("ann"), "update"), resources.turn(order("ben"), "update"):
        assert set(resources._locks) == {"ann", "ben"}
    assert not resources._locks
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    with pytest.raises(AlreadyInstalledError):
        await shelf.install(ann, "Clock")
    assert not resources._locks


async def test_an_operation_that_is_cancelled_ends_its_hook_and_lets_the_next_one_go(
    shelf: Shelf,
) -> None:
    await shelf.publish(hooked(WAITING))
    await shelf.publish(bundles.bundle("Map"))
    ann = await shelf.user()
    task = asyncio.create_task(shelf.install(ann, "Clock"))
    await waiting(shelf, 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await shelf.install(ann, "Map")
    assert await shelf.installed() == [("ann", "Map", "1.0.0", 1)]


async def test_two_users_on_two_releases_of_one_plugin_each_get_their_own_modules(
    shelf: Shelf,
) -> None:
    methods = """
    def on_enable(self, context):
        import clock_settings
        from clock_parts import hands
        context.config["seen"] = [clock_settings.VALUE, hands.VALUE, context.version]
    """
    for version in ("1.0.0", "2.0.0"):
        content = f"VALUE = {version!r}\n".encode()
        more = {"clock_settings.py": content, "clock_parts/hands.py": content}
        await shelf.publish(hooked(methods, version=version, more_files=more))
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.install(ben, "Clock", "2.0.0")
    for _ in range(2):
        for user, version in ((ann, "1.0.0"), (ben, "2.0.0")):
            await shelf.disable(user, "Clock")
            await shelf.enable(user, "Clock")
            seen = (await shelf.installation(user)).config["seen"]
            assert seen == [version, version, version]


async def test_the_hook_code_names_what_a_manager_has_to_know(shelf: Shelf) -> None:
    native = (await shelf.publish(hooked("", "Clock"))).release
    old = (await shelf.publish(existing())).release
    plain = (await shelf.publish(bundles.bundle("Map"))).release
    found = [shelf.resources.hook_code(release) for release in (native, old, plain)]
    assert [(code.slug, code.hooks, code.contract) for code in found] == [
        ("Clock", "hooks.py", "pluginhub"),
        ("Notes", "lifecycle_manager.py", "braindrive"),
        ("Map", None, None),
    ]
    assert found[0].path == shelf.storage.release_path("Clock", "1.0.0")
    assert {code.version for code in found} == {"1.0.0"}
