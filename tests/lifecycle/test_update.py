import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pluginhub.config_schema import MISSING
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
from tests.lifecycle.plugins import WAITING, existing, hooked, let_go, waiting


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


async def test_a_key_that_only_the_new_release_asks_for_does_not_hold_an_update(
    shelf: Shelf,
) -> None:
    schema = {
        "properties": {"zone": {"type": "string"}, "bell": {"required": ["tone"]}, "size": {}},
        "required": ["zone"],
    }
    await shelf.publish(bundles.bundle(version="1.0.0"))
    await shelf.publish(bundles.bundle(version="2.0.0", config_schema=schema))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.configure(ann, "Clock", size=1, bell={})
    shown = await update(shelf.resources, shelf.order(ann, dry_run=True), "Clock")
    assert (shown.steps[0].config_problems, shown.blocked) == ((), ())
    await shelf.update(ann)
    after = await shelf.installation(ann)
    assert (after.release.version, after.config) == ("2.0.0", {"size": 1, "bell": {}})
    with pytest.raises(ConfigRefusedError) as caught:
        await shelf.configure(ann, "Clock", size=2, bell={})
    assert caught.value.fields["problems"] == [
        {"path": "bell.tone", "problem": MISSING},
        {"path": "zone", "problem": MISSING},
    ]


MIGRATING = """
def on_update(self, context, from_version):
    context.config["city"] = context.config.pop("place")
"""
CITY = {"properties": {"city": {"type": "string"}, "kept": {}}}


async def ann_with_a_place(shelf: Shelf, **config: Any) -> Actor:
    """Make a user of 1.0.0 with a place, which 2.0.0 calls a city and moves by a hook."""
    await shelf.publish(bundles.bundle(version="1.0.0"))
    await shelf.publish(hooked(MIGRATING, version="2.0.0", config_schema=CITY))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.configure(ann, "Clock", place="Oslo", kept=1, **config)
    return ann


@pytest.mark.parametrize("reset", [False, True])
async def test_a_hook_migrates_what_the_new_schema_would_refuse(shelf: Shelf, reset: bool) -> None:
    ann = await ann_with_a_place(shelf)
    before = await shelf.installation(ann)
    order = shelf.order(ann, dry_run=True)
    shown = await update(shelf.resources, order, "Clock", reset_config=reset)
    assert [problem["path"] for problem in shown.steps[0].config_problems] == ["place"]
    assert shown.blocked == ()
    by_plan = shelf.order(ann, plan_id=shown.id)
    await update(shelf.resources, by_plan, "Clock", reset_config=reset)
    after = await shelf.installation(ann)
    assert (after.release.version, after.config) == ("2.0.0", {"city": "Oslo", "kept": 1})
    assert after.previous_config == before.config
    await shelf.roll_back(ann)
    assert (await shelf.installation(ann)).config == {"city": "Oslo", **before.config}


async def test_what_a_hook_leaves_and_the_release_refuses_goes_only_on_request(
    shelf: Shelf,
) -> None:
    ann = await ann_with_a_place(shelf, gone=1, lost=[2])
    before, state = await shelf.installation(ann), await shelf.state()
    with pytest.raises(ConfigRefusedError) as caught:
        await shelf.update(ann)
    assert [problem["path"] for problem in caught.value.fields["problems"]] == ["gone", "lost"]
    assert "gone: unknown key; lost: unknown key" in caught.value.message
    assert (await shelf.installation(ann), await shelf.state()) == (before, state)
    assert (await shelf.last_entry()).result == "config-refused"
    await shelf.update(ann, reset_config=True)
    after = await shelf.installation(ann)
    assert (after.config, after.previous_config) == ({"city": "Oslo", "kept": 1}, before.config)


async def test_a_hook_that_leaves_alone_what_the_release_refuses_does_not_mend_it(
    shelf: Shelf,
) -> None:
    idle = "def on_update(self, context, from_version): pass"
    await shelf.publish(bundles.bundle(version="1.0.0"))
    await shelf.publish(hooked(idle, version="2.0.0", config_schema=CITY))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.configure(ann, "Clock", city=5, kept=1)
    with pytest.raises(ConfigRefusedError, match="city: 5 is not"):
        await shelf.update(ann)
    assert (await shelf.installation(ann)).release.version == "1.0.0"
    await shelf.update(ann, reset_config=True)
    assert (await shelf.installation(ann)).config == {"kept": 1}


async def test_without_its_hooks_a_release_refuses_a_configuration_at_once(shelf: Shelf) -> None:
    ann = await ann_with_a_place(shelf)
    before = await shelf.installation(ann)
    dry = shelf.order(ann, dry_run=True, skip_hooks=True)
    shown = await update(shelf.resources, dry, "Clock")
    assert [note.code for note in shown.blocked] == ["config-refused"]
    order = shelf.order(ann, skip_hooks=True)
    with pytest.raises(ConfigRefusedError, match="place: unknown key"):
        await update(shelf.resources, order, "Clock")
    assert await shelf.installation(ann) == before
    await update(shelf.resources, order, "Clock", reset_config=True)
    assert (await shelf.installation(ann)).config == {"kept": 1}


async def test_a_release_without_hooks_refuses_a_configuration_before_any_other_hook_runs(
    shelf: Shelf,
) -> None:
    failing = "def on_install(self, context):\n    raise ValueError('it ran')"
    more: dict[str, Any] = {"config_schema": CITY, "dependencies": {"Springs": "*"}}
    await shelf.publish(bundles.bundle(version="1.0.0"))
    await shelf.publish(bundles.bundle(version="2.0.0", **more))
    await shelf.publish(hooked(failing, "Springs"))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.configure(ann, "Clock", place="Oslo")
    shown = await update(shelf.resources, shelf.order(ann, dry_run=True), "Clock")
    assert [(note.code, note.slug) for note in shown.blocked] == [("config-refused", "Clock")]
    with pytest.raises(ConfigRefusedError) as caught:
        await shelf.update(ann)
    assert shown.blocked[0].text == caught.value.message


async def test_a_configuration_that_a_hook_makes_too_large_is_not_kept(shelf: Shelf) -> None:
    growing = """
    def on_update(self, context, from_version):
        context.config["kept"] = "x" * 70_000
    """
    await shelf.publish(bundles.bundle(version="1.0.0"))
    await shelf.publish(hooked(growing, version="2.0.0"))
    ann = await shelf.user()
    before = await shelf.install(ann, "Clock", "1.0.0")
    for reset in (False, True):
        with pytest.raises(HookAnswerError, match="cannot be kept: the configuration has"):
            await shelf.update(ann, reset_config=reset)
    assert await shelf.installation(ann) == before


async def test_a_hook_may_leave_out_a_key_that_is_yet_to_be_set(shelf: Shelf) -> None:
    schema = {**CITY, "required": ["city", "kept"]}
    methods = f"{MIGRATING}\ndef on_disable(self, context):\n    context.config['kept'] = 3\n"
    await shelf.publish(bundles.bundle(version="1.0.0"))
    await shelf.publish(hooked(methods, version="2.0.0", config_schema=schema))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.configure(ann, "Clock", place="Oslo")
    await shelf.update(ann)
    assert (await shelf.installation(ann)).config == {"city": "Oslo"}
    async with shelf.database.transaction() as tx:
        await tx.execute("UPDATE installations SET config = '{}'")
    await shelf.disable(ann, "Clock")
    assert (await shelf.installation(ann)).config == {"kept": 3}


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
        with pytest.raises(ConfigRefusedError if part == "answer" else HookError) as caught:
            await shelf.update(ann)
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
    assert (broken.slug, done.slug, done.user_id) == ("Alarm", "Clock", id_of(ann))


async def test_what_is_uninstalled_during_an_update_of_all_is_left_out(shelf: Shelf) -> None:
    slow = WAITING.replace("on_install(self, context)", "on_update(self, context, from_version)")
    ann = await shelf.user()
    for version in ("1.0.0", "2.0.0"):
        await shelf.publish(hooked(slow, "Alarm", version))
        for slug in ("Clock", "Map"):
            await shelf.publish(bundles.bundle(slug, version))
    for slug in ("Alarm", "Clock", "Map"):
        await shelf.install(ann, slug, "1.0.0")
    updating = asyncio.create_task(update_all(shelf.resources, shelf.order(ann)))
    places = await waiting(shelf, 1)
    uninstalling = asyncio.create_task(shelf.uninstall(ann, "Clock"))
    await asyncio.sleep(0)
    let_go(places)
    plans = await updating
    await uninstalling
    assert [plan.slug for plan in plans] == ["Alarm", "Map"]
    assert await shelf.installed() == [("ann", "Alarm", "2.0.0", 1), ("ann", "Map", "2.0.0", 1)]


async def test_a_plugin_that_waits_for_another_follows_it_in_an_update_of_all(
    shelf: Shelf,
) -> None:
    ann = await shelf.user()
    await shelf.publish(bundles.bundle("Aa", "1.0.0"))
    await shelf.publish(bundles.bundle("Bb", "1.0.0"))
    await shelf.publish(bundles.bundle("Cc"))
    for slug in ("Aa", "Bb", "Cc"):
        await shelf.install(ann, slug)
    await shelf.publish(bundles.bundle("Aa", "2.0.0", conflicts={"Bb": "<2"}))
    await shelf.publish(bundles.bundle("Bb", "2.0.0"))
    before = await shelf.everything()
    shown = await update_all(shelf.resources, shelf.order(ann, dry_run=True))
    assert [[note.code for note in plan.notes] for plan in shown] == [["held"], [], ["up-to-date"]]
    assert await shelf.everything() == before
    plans = await update_all(shelf.resources, shelf.order(ann))
    assert [[step.slug for step in plan.steps] for plan in plans] == [["Aa"], ["Bb"], []]
    assert [(slug, version) for _, slug, version, _ in await shelf.installed()] == [
        ("Aa", "2.0.0"),
        ("Bb", "2.0.0"),
        ("Cc", "1.0.0"),
    ]


async def test_what_stays_held_ends_an_update_of_all(shelf: Shelf) -> None:
    ann = await shelf.user()
    await shelf.publish(bundles.bundle("Aa", "1.0.0"))
    await shelf.publish(bundles.bundle("Bb", "1.0.0"))
    await shelf.publish(bundles.bundle("Board", dependencies={"Aa": "^1"}))
    for slug in ("Aa", "Bb", "Board"):
        await shelf.install(ann, slug)
    for slug in ("Aa", "Bb"):
        await shelf.publish(bundles.bundle(slug, "2.0.0"))
    plans = await update_all(shelf.resources, shelf.order(ann))
    assert [[step.slug for step in plan.steps] for plan in plans] == [[], ["Bb"], []]
    assert [note.code for note in plans[0].notes] == ["held"]
