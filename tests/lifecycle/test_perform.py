import asyncio
from collections.abc import Awaitable, Callable

import pytest

from pluginhub.errors import (
    BusyError,
    HubError,
    NotFoundError,
    PlanChangedError,
    YankedError,
)
from pluginhub.lifecycle.enable import switch
from pluginhub.lifecycle.perform import perform
from pluginhub.lifecycle.plan import Plan
from pluginhub.lifecycle.resources import Order
from pluginhub.lifecycle.yank import withdraw, yank
from pluginhub.models import Release
from tests import bundles
from tests.conftest import OPERATOR
from tests.lifecycle.conftest import Shelf, id_of
from tests.lifecycle.plugins import WAITING, hooked, let_go, waiting


async def remove_user(shelf: Shelf, user_id: str, _: Release) -> None:
    async with shelf.database.transaction() as tx:
        await tx.execute("DELETE FROM users WHERE id = ?", (user_id,))


async def yank_release(shelf: Shelf, _: str, release: Release) -> None:
    await yank(shelf.database, release.slug, release.version, actor=OPERATOR)


async def withdraw_release(shelf: Shelf, _: str, release: Release) -> None:
    assert await withdraw(shelf.resources, release, actor=OPERATOR)


Change = Callable[[Shelf, str, Release], Awaitable[None]]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (remove_user, NotFoundError),
        (yank_release, YankedError),
        (withdraw_release, PlanChangedError),
    ],
    ids=["the user", "a yanked release", "a withdrawn release"],
)
async def test_what_goes_away_while_a_hook_runs_stops_the_operation(
    shelf: Shelf, change: Change, error: type[HubError]
) -> None:
    release = (await shelf.publish(hooked(WAITING))).release
    ann = await shelf.user()
    task = asyncio.create_task(shelf.install(ann, "Clock"))
    places = await waiting(shelf, 1)
    await change(shelf, id_of(ann), release)
    let_go(places)
    with pytest.raises(error) as caught:
        await task
    assert await shelf.state() == [[], [], [], [], []]
    assert (await shelf.last_entry()).result == caught.value.code


async def test_an_installation_that_is_changed_while_a_hook_runs_stops_the_operation(
    shelf: Shelf,
) -> None:
    await shelf.publish(hooked(WAITING.replace("on_install", "on_disable")))
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    task = asyncio.create_task(shelf.disable(ann, "Clock"))
    places = await waiting(shelf, 1)
    async with shelf.database.transaction() as tx:
        await tx.execute("UPDATE installations SET pin = '*'")
    let_go(places)
    with pytest.raises(PlanChangedError, match="Clock was changed meanwhile"):
        await task
    assert (await shelf.installation(ann)).enabled


async def test_of_a_plan_with_several_steps_all_are_carried_out_or_none(shelf: Shelf) -> None:
    failing = "def on_install(self, context):\n    raise ValueError('broken')"
    await shelf.publish(hooked(failing, "Board", dependencies={"Charts": "*"}))
    writing = "def on_install(self, context):\n    context.config['written'] = 1"
    await shelf.publish(hooked(writing, "Charts"))
    ann = await shelf.user()
    with pytest.raises(HubError, match="broken"):
        await shelf.install(ann, "Board")
    assert await shelf.state() == [[], [], [], [], []]
    assert [row[1:] for row in (await shelf.audit())[-1:]] == [("install", "Board")]
    assert (await shelf.last_entry()).result == "hook-failed"
    await shelf.install(ann, "Charts")
    assert (await shelf.installation(ann, "Charts")).config == {"written": 1}


async def test_hooks_are_skipped_on_request_only_and_the_audit_says_so(shelf: Shelf) -> None:
    writing = "def on_disable(self, context):\n    context.config['written'] = 1"
    await shelf.publish(hooked(writing))
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    assert "hooks" not in (await shelf.last_entry()).details
    order = shelf.order(ann, skip_hooks=True)
    await switch(shelf.resources, order, "Clock", enabled=False)
    assert (await shelf.installation(ann)).config == {}
    assert (await shelf.last_entry()).details == {"reason": "asked-for", "hooks": "skipped"}


async def test_a_failure_that_is_nobodys_refusal_is_not_in_the_audit(shelf: Shelf) -> None:
    ann = await shelf.user()
    before = await shelf.everything()

    async def busy() -> Plan:
        raise BusyError("come again")

    async def broken() -> Plan:
        raise ZeroDivisionError

    with pytest.raises(BusyError):
        await perform(shelf.resources, shelf.order(ann), "install", "Clock", busy)
    with pytest.raises(ZeroDivisionError):
        await perform(shelf.resources, shelf.order(ann), "install", "Clock", broken)
    assert await shelf.everything() == before


async def test_a_dry_run_that_is_refused_is_not_in_the_audit(shelf: Shelf) -> None:
    ann = await shelf.user()
    before = await shelf.everything()
    with pytest.raises(NotFoundError):
        await shelf.uninstall(ann, "Clock", dry_run=True)
    assert await shelf.everything() == before


async def test_a_refusal_names_the_one_who_asked_and_the_one_whose_plugin_it_is(
    shelf: Shelf,
) -> None:
    await shelf.publish(bundles.bundle())
    ann, root = await shelf.user("ann"), await shelf.user("root", admin=True)
    shelf.clock.time += 5
    with pytest.raises(NotFoundError):
        await perform(shelf.resources, Order(id_of(ann), root), "update", "Clock", _not_found)
    entry = await shelf.last_entry()
    assert (entry.at, entry.actor_id, entry.address) == (
        shelf.clock.time,
        root.user_id,
        "192.0.2.1",
    )
    assert (entry.user_id, entry.slug, entry.result) == (ann.user_id, "Clock", "not-found")
    assert (entry.action, entry.details) == ("update", {})


async def _not_found() -> Plan:
    raise NotFoundError("Clock is not installed")


async def test_what_hooks_make_of_several_plugins_is_written_with_one_time(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Board", dependencies={"Charts": "*"}))
    await shelf.publish(bundles.bundle("Charts"))
    ann = await shelf.user()
    await shelf.install(ann, "Board")
    found = await shelf.rows("SELECT DISTINCT installed_at, updated_at FROM installations")
    assert found == [(shelf.clock.time, shelf.clock.time)]
