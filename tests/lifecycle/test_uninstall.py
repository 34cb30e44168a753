import sys

import pytest

from pluginhub.database import states
from pluginhub.errors import HookError, NotFoundError, PlanChangedError, StillNeededError
from pluginhub.lifecycle.resources import Order
from pluginhub.lifecycle.uninstall import _reach, uninstall
from tests import bundles
from tests.lifecycle.conftest import Shelf, id_of
from tests.lifecycle.plugins import existing, hooked


async def test_a_user_gives_up_a_plugin_and_the_others_keep_it(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    mine = await shelf.install(ann, "Clock")
    await shelf.install(ben, "Clock")
    plan = await shelf.uninstall(ann, "cLOCK")
    [step] = plan.steps
    assert (step.action, step.before, step.after) == ("uninstall", mine, None)
    assert plan.notes == ()
    assert await shelf.installed() == [("ben", "Clock", "1.0.0", 1)]
    assert (shelf.storage.release_path("Clock", "1.0.0") / bundles.ENTRY).is_file()


async def test_everything_that_belongs_to_the_installation_goes_with_it(shelf: Shelf) -> None:
    ann = await shelf.user()
    for version in ("1.0.0", "2.0.0"):
        await shelf.publish(bundles.bundle(version=version))
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.update(ann)
    await shelf.disable(ann, "Clock", "Face")
    await shelf.configure(ann, "Clock", zone="UTC")
    await shelf.uninstall(ann, "Clock")
    assert await shelf.state() == [[], [], [], [], []]
    again = await shelf.install(ann, "Clock")
    assert (again.modules, again.config, again.previous_release_id) == ({}, {}, None)


async def test_what_the_plugin_stored_goes_with_it_under_all_of_its_names(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    names = ("Clock", f"{ann.user_id}_Clock", "Clock-Radio")
    for user in (ann, ben):
        await shelf.install(user, "Clock")
        rows = [
            {"id": f"{user.name}{name}", "plugin_id": name, "state_key": name, "state_data": "{}"}
            for name in names
        ]
        async with shelf.database.transaction() as tx:
            await states.change(tx, id_of(user), removed=(), written=rows, now=1)
    await shelf.uninstall(ann, "clock")
    assert [row["plugin_id"] for row in await shelf.states(ann, *names)] == ["Clock-Radio"]
    assert len(await shelf.states(ben, *names)) == 3


async def test_a_plugin_without_users_stays_published(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    first = await shelf.install(ann, "Clock")
    await shelf.uninstall(ann, "Clock")
    again = await shelf.install(ann, "Clock")
    assert again.id != first.id
    assert shelf.releases() == ["Clock/v1.0.0"]


async def test_what_is_not_installed_is_not_found(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await shelf.install(ben, "Clock")
    for slug in ("Clock", "Ghost", "", "%"):
        with pytest.raises(NotFoundError):
            await shelf.uninstall(ann, slug)
    assert await shelf.installed() == [("ben", "Clock", "1.0.0", 1)]


async def test_the_audit_tells_who_gave_up_what(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, root = await shelf.user("ann"), await shelf.user("root", admin=True)
    await shelf.install(ann, "Clock")
    await uninstall(shelf.resources, Order(id_of(ann), root), "clock")
    entry = await shelf.last_entry()
    assert (entry.actor_name, entry.action, entry.target) == ("root", "uninstall", "Clock@1.0.0")
    assert (entry.user_id, entry.details) == (ann.user_id, {"reason": "asked-for"})


async def test_what_another_plugin_needs_stays_and_that_one_is_named(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Charts"))
    await shelf.publish(bundles.bundle("Board", dependencies={"charts": "^1"}))
    await shelf.publish(bundles.bundle("Report", dependencies={"CHARTS": "*", "Board": "*"}))
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await shelf.install(ann, "Report")
    await shelf.install(ben, "Charts")
    with pytest.raises(StillNeededError, match=r"needed by Board@1\.0\.0, Report@1\.0\.0"):
        await shelf.uninstall(ann, "charts")
    [note] = (await uninstall(shelf.resources, shelf.order(ann, dry_run=True), "Charts")).blocked
    assert note.code == "still-needed"
    await shelf.uninstall(ben, "Charts")
    await shelf.uninstall(ann, "Report")
    await shelf.uninstall(ann, "Board")
    await shelf.uninstall(ann, "Charts")
    assert await shelf.installed() == []


def test_ways_may_be_longer_than_python_recurses_and_lead_back() -> None:
    length = 2 * sys.getrecursionlimit()
    circle = {str(number): {str((number + 1) % length)} for number in range(length)}
    assert _reach("7", circle) == [str((7 + step) % length) for step in range(length)]


@pytest.mark.parametrize("names", ["AB", "ABC"])
async def test_plugins_that_need_each_other_go_together(shelf: Shelf, names: str) -> None:
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    for slug, needed in zip(names, names[1:] + names[:1], strict=True):
        await shelf.publish(bundles.bundle(slug, dependencies={needed.lower(): "*"}))
    await shelf.publish(bundles.bundle("Other"))
    for user in (ann, ben):
        await shelf.install(user, "A")
        await shelf.install(user, "Other")
    before = {slug: await shelf.installation(ann, slug) for slug in names}
    dry = shelf.order(ann, dry_run=True)
    shown = await uninstall(shelf.resources, dry, "b")
    plan = await shelf.uninstall(ann, "b", plan_id=shown.id)
    order = {"AB": "BA", "ABC": "BCA"}[names]
    assert [(step.action, step.before, step.after) for step in plan.steps] == [
        ("uninstall", before[slug], None) for slug in order
    ]
    assert [(step.reason.code, step.reason.slug) for step in plan.steps] == [
        ("asked-for", "B"),
        *(("dependency", slug) for slug in order[1:]),
    ]
    assert plan.steps[1].reason.text == f"{order[1]} and B need each other"
    assert plan.notes == ()
    left = [(user, slug) for user, slug, _, _ in await shelf.installed()]
    assert left == [("ann", "Other"), *(("ben", slug) for slug in [*names, "Other"])]
    targets = [row[2] for row in await shelf.audit() if row[1] == "uninstall"]
    assert targets == [f"{slug}@1.0.0" for slug in order]


@pytest.mark.parametrize("needed", ["A", "B"])
async def test_what_needs_one_of_a_circle_keeps_all_of_it(shelf: Shelf, needed: str) -> None:
    await shelf.publish(bundles.bundle("A", dependencies={"B": "*"}))
    await shelf.publish(bundles.bundle("B", dependencies={"A": "*"}))
    await shelf.publish(bundles.bundle("Board", dependencies={needed: "*"}))
    ann = await shelf.user()
    await shelf.install(ann, "Board")
    before = await shelf.state()
    with pytest.raises(StillNeededError) as caught:
        await shelf.uninstall(ann, "A")
    assert caught.value.message.startswith(f"{needed} is needed by Board@1.0.0; ")
    assert caught.value.fields == {"slug": needed, "needed_by": ["Board@1.0.0"]}
    assert await shelf.state() == before
    await shelf.uninstall(ann, "Board")
    await shelf.uninstall(ann, "A")
    assert await shelf.installed() == []


async def test_what_a_circle_needs_stays_and_is_named_whoever_of_it_needed_it(
    shelf: Shelf,
) -> None:
    await shelf.publish(bundles.bundle("A", dependencies={"B": "*"}))
    await shelf.publish(bundles.bundle("B", dependencies={"A": "*", "Charts": "*"}))
    await shelf.publish(bundles.bundle("Charts"))
    ann = await shelf.user()
    await shelf.install(ann, "A")
    plan = await shelf.uninstall(ann, "A")
    assert [step.slug for step in plan.steps] == ["A", "B"]
    assert [(note.code, note.slug) for note in plan.notes] == [("no-longer-needed", "Charts")]
    assert await shelf.installed() == [("ann", "Charts", "1.0.0", 1)]


async def test_of_a_circle_all_go_or_none(shelf: Shelf) -> None:
    broken = "def on_uninstall(self, context):\n    raise ValueError('stays')"
    await shelf.publish(bundles.bundle("A", dependencies={"B": "*"}))
    await shelf.publish(hooked(broken, "B", dependencies={"A": "*"}))
    ann = await shelf.user()
    await shelf.install(ann, "A")
    before = await shelf.state()
    with pytest.raises(HookError, match="stays"):
        await shelf.uninstall(ann, "A")
    assert await shelf.state() == before


async def test_a_plugin_that_needs_another_release_of_it_does_not_hold_it(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Charts", "2.0.0-rc.1"))
    await shelf.publish(bundles.bundle("Board", dependencies={"Charts": "*"}))
    ann = await shelf.user()
    await shelf.install(ann, "Charts", "2.0.0-rc.1")
    await shelf.install(ann, "Board")
    with pytest.raises(StillNeededError):
        await shelf.uninstall(ann, "Charts")
    for text in ("^3", "no range"):
        async with shelf.database.transaction() as tx:
            await tx.execute(f"UPDATE requirements SET range = '{text}' WHERE slug = 'Charts'")
        dry = shelf.order(ann, dry_run=True)
        assert not (await uninstall(shelf.resources, dry, "Charts")).blocked


async def test_what_came_along_and_is_needed_no_longer_is_named_and_stays(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Board", dependencies={"Charts": "*", "Data": "*"}))
    await shelf.publish(bundles.bundle("Report", dependencies={"Data": "*"}))
    await shelf.publish(bundles.bundle("Charts", dependencies={"Charts": "*"}))
    for slug in ("Data", "Other", "Asked"):
        await shelf.publish(bundles.bundle(slug))
    await shelf.publish(bundles.bundle("Needs_Other", dependencies={"Other": "*"}))
    ann = await shelf.user()
    for slug in ("Board", "Report", "Needs_Other", "Asked"):
        await shelf.install(ann, slug)
    plan = await shelf.uninstall(ann, "Board")
    assert [(note.code, note.slug) for note in plan.notes] == [("no-longer-needed", "Charts")]
    assert len(await shelf.installed()) == 6
    assert [note.slug for note in (await shelf.uninstall(ann, "Report")).notes] == ["Data"]


async def test_a_plugin_that_was_asked_for_is_no_leftover_of_another(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Charts"))
    await shelf.publish(bundles.bundle("Board", dependencies={"Charts": "*"}))
    ann = await shelf.user()
    for slug in ("Charts", "Board"):
        await shelf.install(ann, slug)
    assert (await shelf.uninstall(ann, "Board")).notes == ()


async def test_a_dry_run_of_a_removal_changes_nothing_and_holds_until_something_changes(
    shelf: Shelf,
) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    before = await shelf.everything()
    dry = shelf.order(ann, dry_run=True)
    shown = await uninstall(shelf.resources, dry, "Clock")
    assert [(step.action, step.after) for step in shown.steps] == [("uninstall", None)]
    assert await shelf.everything() == before
    await shelf.disable(ann, "Clock")
    with pytest.raises(PlanChangedError):
        await shelf.uninstall(ann, "Clock", plan_id=shown.id)
    shown = await uninstall(shelf.resources, dry, "Clock")
    await shelf.uninstall(ann, "Clock", plan_id=shown.id)
    assert await shelf.installed() == []


async def test_a_broken_hook_keeps_a_plugin_unless_hooks_are_skipped(shelf: Shelf) -> None:
    broken = """
    def on_uninstall(self, context):
        raise ValueError("stays for ever")

    def on_install(self, context):
        context.config["installed"] = True
    """
    await shelf.publish(hooked(broken))
    await shelf.publish(existing(deletions='raise ValueError("stays for ever")'))
    ann = await shelf.user()
    for slug in ("Clock", "Notes"):
        await shelf.install(ann, slug)
        before = await shelf.state()
        with pytest.raises(HookError, match="stays for ever"):
            await shelf.uninstall(ann, slug)
        assert await shelf.state() == before
        assert (await shelf.last_entry()).result == "hook-failed"
        await shelf.uninstall(ann, slug, skip_hooks=True)
        entry = await shelf.last_entry()
        assert (entry.action, entry.details["hooks"]) == ("uninstall", "skipped")
    assert await shelf.installed() == []


async def test_hooks_clean_up_as_they_like_before_a_plugin_goes(shelf: Shelf) -> None:
    schema = {"properties": {"zone": {"type": "string"}}, "required": ["zone"]}
    cleaning = """
    def on_uninstall(self, context):
        context.config.clear()
    """
    await shelf.publish(hooked(cleaning, config_schema=schema))
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    await shelf.configure(ann, "Clock", zone="UTC")
    await shelf.uninstall(ann, "Clock")
    assert await shelf.installed() == []
