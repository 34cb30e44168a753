import asyncio
from collections.abc import Awaitable, Callable

import pytest

from pluginhub.errors import (
    BusyError,
    ConfigRefusedError,
    ConflictError,
    ForbiddenError,
    HookError,
    HooksSuspendedError,
    HubError,
    InvalidError,
    NotFoundError,
    PlanChangedError,
    YankedError,
)
from pluginhub.lifecycle.enable import switch
from pluginhub.lifecycle.perform import perform
from pluginhub.lifecycle.plan import Plan
from pluginhub.lifecycle.resources import Order
from pluginhub.lifecycle.update import update
from pluginhub.lifecycle.yank import withdraw, yank
from pluginhub.models import Actor, Release
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
    ("change", "error", "recorded"),
    [
        (remove_user, NotFoundError, "done"),
        (yank_release, YankedError, "yanked"),
        (withdraw_release, PlanChangedError, "plan-changed"),
    ],
    ids=["the user", "a yanked release", "a withdrawn release"],
)
async def test_what_goes_away_while_a_hook_runs_stops_the_operation(
    shelf: Shelf, change: Change, error: type[HubError], recorded: str
) -> None:
    release = (await shelf.publish(hooked(WAITING))).release
    ann = await shelf.user()
    task = asyncio.create_task(shelf.install(ann, "Clock"))
    places = await waiting(shelf, 1)
    await change(shelf, id_of(ann), release)
    let_go(places)
    with pytest.raises(error):
        await task
    assert await shelf.state() == [[], [], [], [], []]
    assert (await shelf.last_entry()).result == recorded


UPDATING = WAITING.replace("on_install(self, context)", "on_update(self, context, from_version)")


async def test_the_release_that_is_left_may_be_withdrawn_while_a_hook_runs(shelf: Shelf) -> None:
    left = (await shelf.publish(bundles.bundle(version="1.0.0"))).release
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    await shelf.publish(hooked(UPDATING, version="2.0.0"))
    task = asyncio.create_task(shelf.update(ann))
    places = await waiting(shelf, 1)
    await yank_release(shelf, id_of(ann), left)
    let_go(places)
    await task
    assert await shelf.installed() == [("ann", "Clock", "2.0.0", 1)]


async def test_a_release_that_its_user_stays_on_may_be_withdrawn_while_a_hook_runs(
    shelf: Shelf,
) -> None:
    methods = WAITING.replace("on_install", "on_disable")
    release = (await shelf.publish(hooked(methods))).release
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    task = asyncio.create_task(shelf.disable(ann, "Clock"))
    places = await waiting(shelf, 1)
    await yank_release(shelf, id_of(ann), release)
    let_go(places)
    await task
    assert await shelf.installed() == [("ann", "Clock", "1.0.0", 0)]


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("UPDATE releases SET yanked_at = 5 WHERE version = '2.0.0'", YankedError),
        ("DELETE FROM installations", PlanChangedError),
        ("UPDATE installations SET release_id = 3", PlanChangedError),
        ("UPDATE installations SET config = '{\"zone\": 1}'", PlanChangedError),
        ("UPDATE installations SET enabled = 0", PlanChangedError),
        ("UPDATE installations SET updated_at = 1", PlanChangedError),
    ],
    ids=["the release to reach", "all", "the release", "the configuration", "a switch", "the time"],
)
async def test_anything_else_that_changes_while_a_hook_runs_stops_an_update(
    shelf: Shelf, sql: str, error: type[HubError]
) -> None:
    await shelf.publish(bundles.bundle(version="1.0.0"))
    await shelf.publish(hooked(UPDATING, version="2.0.0"))
    await shelf.publish(bundles.bundle(version="0.9.0"))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    task = asyncio.create_task(shelf.update(ann))
    places = await waiting(shelf, 1)
    async with shelf.database.transaction() as tx:
        await tx.execute(sql)
    state = await shelf.state()
    let_go(places)
    with pytest.raises(error):
        await task
    assert await shelf.state() == state
    assert (await shelf.last_entry()).result == error.code


async def test_a_plugin_that_came_by_another_way_while_a_hook_runs_is_not_overwritten(
    shelf: Shelf,
) -> None:
    release = (await shelf.publish(hooked(WAITING))).release
    ann = await shelf.user()
    task = asyncio.create_task(shelf.install(ann, "Clock"))
    places = await waiting(shelf, 1)
    async with shelf.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO installations"
            " (id, user_id, slug, release_id, enabled, config, installed_at, updated_at)"
            f" VALUES ('{'c' * 32}', '{id_of(ann)}', 'Clock', {release.id}, 1, '{{}}', 1, 1)"
        )
    let_go(places)
    with pytest.raises(PlanChangedError, match="Clock was changed meanwhile"):
        await task
    assert (await shelf.installation(ann)).id == "c" * 32


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
    with pytest.raises(ConflictError):
        await perform(shelf.resources, Order(id_of(ann), root), "update", "Clock", _refused)
    entry = await shelf.last_entry()
    assert (entry.at, entry.actor_id, entry.address) == (
        shelf.clock.time,
        root.user_id,
        "192.0.2.1",
    )
    assert (entry.user_id, entry.slug, entry.result) == (ann.user_id, "Clock", "conflict")
    assert (entry.action, entry.details) == ("update", {})


async def _refused() -> Plan:
    raise ConflictError("something stands against it")


@pytest.mark.parametrize(
    ("error", "is_recorded"),
    [
        (NotFoundError, False),
        (InvalidError, False),
        (ConflictError, True),
        (PlanChangedError, True),
        (ForbiddenError, True),
        (HookError, True),
    ],
)
async def test_only_what_there_was_to_act_on_is_refused_in_the_audit(
    shelf: Shelf, error: type[HubError], is_recorded: bool
) -> None:
    ann = await shelf.user()
    before = await shelf.rows("SELECT result FROM audit ORDER BY id")

    async def plan() -> Plan:
        raise error("no")

    with pytest.raises(error):
        await perform(shelf.resources, shelf.order(ann), "update", "Clock", plan)
    after = await shelf.rows("SELECT result FROM audit ORDER BY id")
    assert after == [*before, *([(error.code,)] if is_recorded else [])]


async def test_a_plan_says_what_was_named_and_whether_hooks_are_left_out(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    plans = []
    for skip_hooks in (False, True):
        order = shelf.order(ann, dry_run=True, skip_hooks=skip_hooks)
        plans.append(await switch(shelf.resources, order, "clock", enabled=False))
    assert [(plan.slug, plan.skip_hooks) for plan in plans] == [("clock", False), ("clock", True)]
    order = shelf.order(ann, plan_id=plans[0].id, skip_hooks=True)
    with pytest.raises(PlanChangedError):
        await switch(shelf.resources, order, "Clock", enabled=False)
    order = shelf.order(ann, plan_id=plans[0].id)
    done = await switch(shelf.resources, order, "Clock", enabled=False)
    assert (done.slug, done.skip_hooks) == ("Clock", False)


async def test_plans_that_do_nothing_differ_by_the_plugin_that_was_named(shelf: Shelf) -> None:
    ann = await shelf.user()
    plans = []
    for slug in ("Clock", "Map"):
        await shelf.publish(bundles.bundle(slug))
        await shelf.install(ann, slug)
        order = shelf.order(ann, dry_run=True)
        plans.append(await switch(shelf.resources, order, slug, enabled=True))
    assert [plan.steps for plan in plans] == [(), ()]
    assert plans[0].id != plans[1].id


async def test_a_refused_plan_that_was_shown_is_refused_for_the_same_reason(shelf: Shelf) -> None:
    schema = {"properties": {"zone": {"type": "integer"}}}
    await shelf.publish(bundles.bundle(version="1.0.0"))
    await shelf.publish(bundles.bundle(version="2.0.0", config_schema=schema))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.configure(ann, "Clock", zone="UTC")
    shown = await update(shelf.resources, shelf.order(ann, dry_run=True), "Clock")
    assert [(note.code, note.slug) for note in shown.blocked] == [("config-refused", "Clock")]
    with pytest.raises(ConfigRefusedError) as caught:
        await update(shelf.resources, shelf.order(ann, plan_id=shown.id), "Clock")
    assert shown.blocked[0].text == caught.value.message


async def test_what_hooks_make_of_several_plugins_is_written_with_one_time(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Board", dependencies={"Charts": "*"}))
    await shelf.publish(bundles.bundle("Charts"))
    ann = await shelf.user()
    await shelf.install(ann, "Board")
    found = await shelf.rows("SELECT DISTINCT installed_at, updated_at FROM installations")
    assert found == [(shelf.clock.time, shelf.clock.time)]


async def test_who_calls_hooks_again_that_rest_only_holds_up_themselves(shelf: Shelf) -> None:
    await shelf.publish(hooked("def on_install(self, context):\n    raise RuntimeError"))
    await shelf.publish(bundles.bundle("Notes"))
    ann, ben = await shelf.user(), await shelf.user("ben")
    for _ in range(3):
        with pytest.raises(HookError):
            await shelf.install(ann, "Clock")
    ended: list[str] = []

    async def again() -> None:
        with pytest.raises(HooksSuspendedError):
            await shelf.install(ann, "Clock")
        ended.append("ann, refused")

    async def another(actor: Actor) -> None:
        await shelf.install(actor, "Notes")
        ended.append(actor.name)

    refused = asyncio.create_task(again())
    await asyncio.sleep(0)
    await asyncio.gather(another(ann), another(ben), refused)
    assert ended == ["ben", "ann, refused", "ann"]
