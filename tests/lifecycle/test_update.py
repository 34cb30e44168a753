from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pluginhub.database import installations
from pluginhub.errors import (
    ConfigRefusedError,
    HookAnswerError,
    HookError,
    NotFoundError,
    PlanChangedError,
    UnsatisfiableError,
)
from pluginhub.lifecycle.configure import set_channel, unpin
from pluginhub.lifecycle.resources import Order
from pluginhub.lifecycle.update import update, update_all
from pluginhub.lifecycle.yank import yank
from pluginhub.models import Actor, Installation, ModuleSettings
from tests import bundles
from tests.conftest import OPERATOR
from tests.lifecycle.conftest import Shelf, id_of
from tests.lifecycle.plugins import existing, hooked


async def ann_on(shelf: Shelf, version: str, *others: str) -> Actor:
    """Publish versions, and install the first for a new user."""
    for published in (version, *others):
        await shelf.publish(bundles.bundle(version=published))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", version)
    return ann


async def move(
    shelf: Shelf, actor: Actor, version: str | None = None
) -> tuple[Installation, Installation]:
    """Update an installation a minute later, and return it as it was and as it is."""
    before = await shelf.installation(actor)
    shelf.clock.time += 60
    plan = await shelf.update(actor, "clock", version)
    after = await shelf.installation(actor)
    for step in plan.steps:
        assert (step.before, step.after) == (before, after)
    return before, after


@pytest.mark.parametrize(
    ("current", "others", "wanted", "expected"),
    [
        ("1.0.0", ["1.9.0", "1.10.0"], None, "1.10.0"),
        ("1.0.0", ["1.9.0", "1.10.0"], "1.9.0", "1.9.0"),
        ("1.0.0", ["1.9.0", "2.0.0"], "^1", "1.9.0"),
        ("1.10.0", ["1.0.0"], "1.0.0", "1.0.0"),
        ("1.10.0", ["1.0.0", "1.9.0"], "<1.10", "1.9.0"),
        ("1.0.0", ["2.0.0-rc.1"], "2.0.0-rc.1", "2.0.0-rc.1"),
        ("2.0.0-rc.1", ["1.0.0", "2.0.0"], None, "2.0.0"),
    ],
    ids=["to the highest", "up", "in a range", "down", "down in a range", "to a pre", "from a pre"],
)
async def test_an_installation_moves_to_another_release(
    shelf: Shelf, current: str, others: list[str], wanted: str | None, expected: str
) -> None:
    ann = await ann_on(shelf, current, *others)
    before, after = await move(shelf, ann, wanted)
    assert (before.release.version, after.release.version) == (current, expected)
    assert await shelf.installed() == [("ann", "Clock", expected, 1)]
    assert after.updated_at == shelf.clock.time
    assert after.previous_release_id == before.release.id


@pytest.mark.parametrize(
    ("current", "others", "wanted", "notes"),
    [
        ("1.0.0", [], None, ["up-to-date"]),
        ("1.0.0", [], "1.0.0", []),
        ("1.0.0", ["0.9.0"], None, ["up-to-date"]),
        ("1.0.0", ["2.0.0-rc.1"], None, ["prerelease"]),
        ("2.0.0-rc.1", ["1.0.0"], None, ["up-to-date"]),
        ("1.0.0", ["1.0"], None, ["up-to-date"]),
    ],
    ids=[
        "only one",
        "the same",
        "the highest",
        "a prerelease follows",
        "a prerelease is higher",
        "another spelling",
    ],
)
async def test_an_update_that_leads_nowhere_changes_nothing_and_says_why(
    shelf: Shelf, current: str, others: list[str], wanted: str | None, notes: list[str]
) -> None:
    ann = await ann_on(shelf, current, *others)
    before = await shelf.everything()
    plan = await shelf.update(ann, "Clock", wanted)
    assert (plan.steps, [note.code for note in plan.notes]) == ((), notes)
    assert await shelf.everything() == before


async def test_an_update_that_reaches_the_highest_release_has_no_note(shelf: Shelf) -> None:
    ann = await ann_on(shelf, "1.0.0", "2.0.0")
    assert (await shelf.update(ann)).notes == ()


async def test_the_release_that_was_left_is_remembered_until_the_user_is_back(
    shelf: Shelf,
) -> None:
    ann = await ann_on(shelf, "1.0.0", "2.0.0")
    await move(shelf, ann)
    left = await shelf.rows("SELECT release_id, left_at FROM former_releases")
    assert left == [(1, shelf.clock.time)]
    await move(shelf, ann, "1.0.0")
    left = await shelf.rows("SELECT release_id, left_at FROM former_releases")
    assert left == [(2, shelf.clock.time)]


async def test_an_update_keeps_what_is_the_users(shelf: Shelf) -> None:
    ann = await ann_on(shelf, "1.0.0", "2.0.0")
    await shelf.disable(ann, "Clock", "Face")
    await shelf.disable(ann, "Clock")
    await shelf.configure(ann, "Clock", zone="UTC")
    await shelf.pin(ann, "Clock", ">=1")
    await set_channel(shelf.resources, shelf.order(ann), "Clock", "prerelease")
    current = await shelf.installation(ann)
    settings = ModuleSettings(enabled=False, attributes={"layout": {"minWidth": 3}})
    changed = {"attributes": {"status": "seen"}, "modules": {"Face": settings}}
    async with shelf.database.transaction() as tx:
        await installations.change(tx, current, _with(current, **changed))
    before, after = await move(shelf, ann)
    assert after == _with(
        before,
        release=after.release,
        updated_at=shelf.clock.time,
        previous_release_id=before.release.id,
        previous_config={"zone": "UTC"},
    )
    assert (after.release.version, after.enabled) == ("2.0.0", False)
    assert after.modules == {"Face": settings}
    assert (after.config, after.pin, after.channel) == ({"zone": "UTC"}, ">=1", "prerelease")


def _with(installation: Installation, **changes: Any) -> Installation:
    fields = {name: getattr(installation, name) for name in Installation.__dataclass_fields__}
    return Installation(**{**fields, **changes})


async def test_an_update_of_one_user_moves_no_other(shelf: Shelf) -> None:
    ann = await ann_on(shelf, "1.0.0")
    await shelf.install(await shelf.user("ben"), "Clock")
    await shelf.publish(bundles.bundle(version="2.0.0"))
    await move(shelf, ann)
    assert await shelf.installed() == [("ann", "Clock", "2.0.0", 1), ("ben", "Clock", "1.0.0", 1)]
    assert shelf.releases() == ["Clock/v1.0.0", "Clock/v2.0.0"]


async def test_what_is_not_there_is_not_found(shelf: Shelf) -> None:
    ann = await ann_on(shelf, "1.0.0")
    await shelf.publish(bundles.bundle("Map"))
    for slug, version in [("Map", None), ("Ghost", None), ("Clock", "9.9.9")]:
        with pytest.raises(NotFoundError):
            await shelf.update(ann, slug, version)
    assert await shelf.installed() == [("ann", "Clock", "1.0.0", 1)]


async def test_the_audit_tells_from_where_to_where(shelf: Shelf) -> None:
    ann = await ann_on(shelf, "1.0.0", "2.0.0")
    await move(shelf, ann)
    entry = await shelf.last_entry()
    assert (entry.action, entry.target, entry.result) == ("update", "Clock@2.0.0", "done")
    assert entry.details == {"reason": "asked-for", "previous": "1.0.0"}


async def test_a_pin_holds_an_update_back_and_the_plan_says_so(shelf: Shelf) -> None:
    ann = await ann_on(shelf, "1.0.0", "1.1.0", "2.0.0")
    await shelf.pin(ann, "Clock", "^1")
    plan = await shelf.update(ann)
    assert (await shelf.installation(ann)).release.version == "1.1.0"
    [note] = plan.notes
    assert (note.code, note.slug) == ("pinned", "Clock")
    assert "^1" in note.text
    assert "2.0.0" in note.text
    with pytest.raises(UnsatisfiableError, match=r"pinned to \^1"):
        await shelf.update(ann, "Clock", "2.0.0")
    await unpin(shelf.resources, shelf.order(ann), "Clock")
    await shelf.update(ann)
    assert (await shelf.installation(ann)).release.version == "2.0.0"


async def test_the_channel_decides_on_prereleases(shelf: Shelf) -> None:
    ann = await ann_on(shelf, "1.0.0", "2.0.0-rc.1")
    assert (await shelf.update(ann)).steps == ()
    await set_channel(shelf.resources, shelf.order(ann), "Clock", "prerelease")
    assert (await shelf.update(ann)).notes == ()
    assert (await shelf.installation(ann)).release.version == "2.0.0-rc.1"


async def test_another_plugin_holds_an_update_back_and_is_named(shelf: Shelf) -> None:
    ann = await ann_on(shelf, "1.0.0", "1.1.0", "2.0.0")
    await shelf.publish(bundles.bundle("Board", dependencies={"Clock": "^1"}))
    await shelf.install(ann, "Board")
    plan = await shelf.update(ann)
    assert (await shelf.installation(ann)).release.version == "1.1.0"
    [note] = plan.notes
    assert note.code == "held"
    assert "Board 1.0.0, which you have, needs Clock ^1" in note.text


async def test_a_release_that_only_a_higher_one_hides_is_held_by_nobody(shelf: Shelf) -> None:
    ann = await ann_on(shelf, "1.0.0", "2.0.0", "3.0.0")
    await yank(shelf.database, "Clock", "3.0.0", actor=OPERATOR)
    plan = await shelf.update(ann)
    assert (await shelf.installation(ann)).release.version == "2.0.0"
    assert plan.notes == ()


async def test_an_update_brings_what_the_new_release_needs(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle(version="1.0.0"))
    await shelf.publish(bundles.bundle(version="2.0.0", dependencies={"Springs": "*"}))
    await shelf.publish(bundles.bundle("Springs"))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    plan = await shelf.update(ann)
    assert [(step.action, step.slug) for step in plan.steps] == [
        ("install", "Springs"),
        ("update", "Clock"),
    ]
    assert await shelf.installed() == [("ann", "Clock", "2.0.0", 1), ("ann", "Springs", "1.0.0", 1)]
    assert (await shelf.installation(ann, "Springs")).as_dependency


async def test_the_plan_tells_the_news_and_the_new_permissions(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle(version="1.0.0", permissions=["a", "b"]))
    news = b"# Changes\n\n## 2.0.0\n\nHands.\n\n## 1.1.0\n\nBells.\n\n## 1.0.0\n\nA face.\n"
    files = bundles.files(version="2.0.0", permissions=["b", "c", "d"])
    await shelf.publish(bundles.tar_gz({**files, "CHANGELOG.md": news}))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    [step] = (await update(shelf.resources, shelf.order(ann, dry_run=True), "Clock")).steps
    assert step.changelog == "## 2.0.0\n\nHands.\n\n## 1.1.0\n\nBells."
    assert step.new_permissions == ("c", "d")
    await shelf.update(ann)
    [step] = (await shelf.update(ann, "Clock", "1.0.0")).steps
    assert (step.changelog, step.new_permissions) == (None, ("a",))


async def test_a_plan_is_carried_out_only_while_it_is_what_was_shown(shelf: Shelf) -> None:
    ann = await ann_on(shelf, "1.0.0", "1.1.0")

    async def shown() -> str:
        return (await update(shelf.resources, shelf.order(ann, dry_run=True), "Clock")).id

    async def carry_out(plan_id: str) -> None:
        await update(shelf.resources, shelf.order(ann, plan_id=plan_id), "Clock")

    changes: list[Callable[[], Awaitable[object]]] = [
        lambda: shelf.configure(ann, "Clock", zone="UTC"),
        lambda: shelf.pin(ann, "Clock", "<3"),
        lambda: shelf.disable(ann, "Clock", "Face"),
        lambda: shelf.disable(ann, "Clock"),
        lambda: set_channel(shelf.resources, shelf.order(ann), "Clock", "prerelease"),
        lambda: shelf.publish(bundles.bundle(version="2.0.0")),
        lambda: yank(shelf.database, "Clock", "2.0.0", actor=OPERATOR),
        lambda: yank(shelf.database, "Clock", "1.0.0", actor=OPERATOR),
    ]
    for change in changes:
        plan_id = await shown()
        assert await shown() == plan_id
        await change()
        before = await shelf.state()
        with pytest.raises(PlanChangedError):
            await carry_out(plan_id)
        assert (await shelf.last_entry()).result == "plan-changed"
        assert await shelf.state() == before
    await carry_out(await shown())
    assert (await shelf.installation(ann)).release.version == "1.1.0"


async def test_all_are_updated_and_what_cannot_be_holds_up_nothing(shelf: Shelf) -> None:
    ann = await shelf.user()
    schema = {"properties": {"zone": {"type": "integer"}}}
    for version, more in (("1.0.0", {}), ("2.0.0", {"config_schema": schema})):
        await shelf.publish(bundles.bundle("Alarm", version))
        await shelf.publish(bundles.bundle("Clock", version, **more))
        await shelf.publish(bundles.bundle("Map", version))
        for slug in ("Alarm", "Clock", "Map") if version == "1.0.0" else ():
            await shelf.install(ann, slug)
    await shelf.configure(ann, "Clock", zone="UTC")
    await shelf.pin(ann, "Map")
    before = await shelf.everything()
    shown = await update_all(shelf.resources, shelf.order(ann, dry_run=True))
    assert await shelf.everything() == before
    done = await update_all(shelf.resources, shelf.order(ann))
    assert [[step.slug for step in plan.steps] for plan in shown] == [["Alarm"], ["Clock"], []]
    assert shown[1].steps[0].config_problems
    assert [[step.slug for step in plan.steps] for plan in done] == [["Alarm"], [], []]
    assert [(note.code, note.slug) for note in done[1].blocked] == [("config-refused", "Clock")]
    assert [note.code for note in done[2].notes] == ["pinned"]
    assert await shelf.installed() == [
        ("ann", "Alarm", "2.0.0", 1),
        ("ann", "Clock", "1.0.0", 1),
        ("ann", "Map", "1.0.0", 1),
    ]
    await update_all(shelf.resources, shelf.order(ann), reset_config=True)
    after = await shelf.installation(ann)
    assert (after.release.version, after.config) == ("2.0.0", {})
    with pytest.raises(NotFoundError):
        await update_all(shelf.resources, Order("0" * 32, OPERATOR))


async def test_a_configuration_that_the_release_refuses_holds_the_update_until_it_is_reset(
    shelf: Shelf,
) -> None:
    schema = {"properties": {"zones": {"items": {"type": "string"}}, "kept": {}}}
    await shelf.publish(bundles.bundle(version="1.0.0"))
    await shelf.publish(bundles.bundle(version="2.0.0", config_schema=schema))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.configure(ann, "Clock", zones=["UTC", 5], kept=1, gone=True)
    before = await shelf.installation(ann)
    dry = shelf.order(ann, dry_run=True)
    [step] = (await update(shelf.resources, dry, "Clock")).steps
    with pytest.raises(ConfigRefusedError) as caught:
        await shelf.update(ann)
    assert list(step.config_problems) == caught.value.fields["problems"]
    paths = [problem["path"] for problem in step.config_problems]
    assert paths == ["gone", "zones[1]"]
    assert all(path in caught.value.message for path in paths)
    assert await shelf.installation(ann) == before
    assert (await shelf.last_entry()).result == "config-refused"
    reset = await update(shelf.resources, dry, "Clock", reset_config=True)
    [step] = (await shelf.update(ann, reset_config=True)).steps
    assert reset.steps[0].config_problems == step.config_problems == ()
    after = await shelf.installation(ann)
    assert (after.config, after.previous_config) == ({"kept": 1}, before.config)


HANDING_OVER = """
def export_user_data(self, context):
    if context.config.get("fail") == "export":
        raise ValueError("broken export")
    context.config["exported"] = True
    return {"from": context.version, "zone": context.config.get("zone")}

def on_update(self, context, from_version):
    context.config["came_from"] = from_version
    if context.config.get("fail") == "update":
        raise ValueError("broken update")

def import_user_data(self, context, data):
    context.config["imported"] = data
    if context.config.get("fail") == "import":
        raise HookRefusedError("broken import")
    if context.config.get("fail") == "answer":
        context.config["zone"] = 5

def on_uninstall(self, context):
    raise ValueError("never called")
"""


async def test_an_update_exports_with_the_old_release_and_imports_with_the_new(
    shelf: Shelf,
) -> None:
    for version in ("1.0.0", "2.0.0"):
        await shelf.publish(hooked(HANDING_OVER, version=version))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.configure(ann, "Clock", zone="UTC")
    await shelf.update(ann)
    after = await shelf.installation(ann)
    assert after.config == {
        "zone": "UTC",
        "came_from": "1.0.0",
        "imported": {"from": "1.0.0", "zone": "UTC"},
    }
    await shelf.update(ann, "Clock", "1.0.0")
    after = await shelf.installation(ann)
    assert (after.config["came_from"], after.config["imported"]["from"]) == ("2.0.0", "2.0.0")


async def test_a_hook_that_fails_leaves_the_user_on_the_old_release(shelf: Shelf) -> None:
    schema = {"properties": {"zone": {"type": "string"}}, "additionalProperties": True}
    await shelf.publish(bundles.bundle("Springs"))
    await shelf.publish(hooked(HANDING_OVER, version="1.0.0"))
    more: dict[str, Any] = {"config_schema": schema, "dependencies": {"Springs": "*"}}
    await shelf.publish(hooked(HANDING_OVER, version="2.0.0", **more))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.disable(ann, "Clock", "Face")
    for part in ("export", "update", "import", "answer"):
        await shelf.configure(ann, "Clock", fail=part)
        before, state = await shelf.installation(ann), await shelf.state()
        with pytest.raises(HookError) as caught:
            await shelf.update(ann)
        assert (part == "answer") is isinstance(caught.value, HookAnswerError)
        assert (await shelf.installation(ann), await shelf.state()) == (before, state)
        entry = await shelf.last_entry()
        assert (entry.action, entry.target) == ("update", "Clock")
        assert (entry.result, entry.details) == (caught.value.code, {})


async def test_an_existing_plugin_that_commits_and_then_fails_changes_nothing(
    shelf: Shelf,
) -> None:
    records = """
await db.execute(
    text(
        "INSERT INTO settings_instances (id, definition_id, name, value, user_id)"
        " VALUES ('@SLUG@_1', 'd', 'Default', '{}', :user_id)"
    ),
    {"user_id": user_id},
)
"""
    broken = {
        "2.0.0": 'return {"success": False, "error": "broken on purpose"}',
        "3.0.0": 'raise RuntimeError("broken on purpose")',
        "4.0.0": "os._exit(3)",
    }
    await shelf.publish(existing("1.0.0", records=records))
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await shelf.install(ann, "Notes", "1.0.0")
    await shelf.disable(ann, "Notes", "Small")
    before, state = await shelf.installation(ann, "Notes"), await shelf.state()
    assert len((await shelf.kept(ann, "Notes"))["settings_instances"]) == 1
    for version, end in broken.items():
        await shelf.publish(existing(version, records=records, end=end))
        with pytest.raises(HookError):
            await shelf.update(ann, "Notes", version)
        with pytest.raises(HookError):
            await shelf.install(ben, "Notes", version)
        assert (await shelf.installation(ann, "Notes"), await shelf.state()) == (before, state)


async def test_an_update_of_all_goes_on_past_a_hook_that_fails(shelf: Shelf) -> None:
    ann = await shelf.user()
    for version in ("1.0.0", "2.0.0"):
        await shelf.publish(hooked(HANDING_OVER, "Alarm", version))
        await shelf.publish(bundles.bundle(version=version))
    for slug in ("Alarm", "Clock"):
        await shelf.install(ann, slug, "1.0.0")
    await shelf.configure(ann, "Alarm", fail="update")
    broken, done = await update_all(shelf.resources, shelf.order(ann))
    assert [note.code for note in broken.blocked] == ["hook-failed"]
    assert "broken update" in broken.blocked[0].text
    assert [step.slug for step in done.steps] == ["Clock"]
    assert id_of(ann) == done.user_id
