from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pluginhub.errors import (
    ConfigRefusedError,
    ConflictError,
    InvalidError,
    NotFoundError,
    PlanChangedError,
)
from pluginhub.lifecycle import configuration
from pluginhub.lifecycle.configure import configure, pin, set_channel, unpin
from pluginhub.lifecycle.plan import Plan
from pluginhub.lifecycle.resources import Order
from pluginhub.models import Actor
from tests import bundles
from tests.lifecycle.conftest import Shelf, id_of

SCHEMA = {
    "type": "object",
    "properties": {
        "zone": {"type": "string", "default": "UTC"},
        "size": {"type": "integer", "minimum": 1},
        "bell": {"type": "object", "properties": {"loud": {"type": "boolean", "default": True}}},
    },
    "required": ["zone"],
}


async def ann_with(shelf: Shelf, **manifest: Any) -> Actor:
    """Make a user with a plugin."""
    await shelf.publish(bundles.bundle(**manifest))
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    return ann


async def test_a_configuration_is_kept_as_it_was_set_and_completed_by_defaults(
    shelf: Shelf,
) -> None:
    ann = await ann_with(shelf, config_schema=SCHEMA)
    ben = await shelf.user("ben")
    other = await shelf.install(ben, "Clock")
    shelf.clock.time += 60
    [step] = (await shelf.configure(ann, "clock", size=2)).steps
    installation = await shelf.installation(ann)
    assert step.after == installation
    assert (installation.config, installation.updated_at) == ({"size": 2}, shelf.clock.time)
    assert configuration.effective(installation) == {
        "zone": "UTC",
        "size": 2,
        "bell": {"loud": True},
    }
    assert await shelf.installation(ben) == other
    await shelf.configure(ann, "Clock")
    assert (await shelf.installation(ann)).config == {}


async def test_what_the_schema_refuses_is_named_by_its_path_and_nothing_is_changed(
    shelf: Shelf,
) -> None:
    ann = await ann_with(shelf, config_schema=SCHEMA)
    await shelf.configure(ann, "Clock", size=1)
    before = await shelf.installation(ann)
    wrong: dict[str, Any] = {"bell": {"loud": 1, "tone": "c"}, "colour": "red"}
    shown = await configure(shelf.resources, shelf.order(ann, dry_run=True), "Clock", wrong)
    with pytest.raises(ConfigRefusedError) as caught:
        await shelf.configure(ann, "Clock", **wrong)
    paths = ["bell.loud", "bell.tone", "colour"]
    assert [problem["path"] for problem in shown.steps[0].config_problems] == paths
    assert [problem["path"] for problem in caught.value.fields["problems"]] == paths
    assert [(note.code, note.slug) for note in shown.blocked] == [("config-refused", "Clock")]
    assert shown.blocked[0].text == caught.value.message
    assert "bell.tone: unknown key" in caught.value.message
    assert caught.value.fields["slug"] == "Clock"
    assert await shelf.installation(ann) == before


async def test_a_key_that_is_missing_is_named_and_what_is_wrong_as_a_whole_has_no_path(
    shelf: Shelf,
) -> None:
    ann = await ann_with(shelf, config_schema={"required": ["zone"], "maxProperties": 2})
    with pytest.raises(ConfigRefusedError, match="the configuration: zone: required"):
        await shelf.configure(ann, "Clock", size=1)
    with pytest.raises(ConfigRefusedError, match=r"the configuration: {.*} has too many"):
        await shelf.configure(ann, "Clock", zone="UTC", size=1, more=2)
    assert (await shelf.installation(ann)).config == {}


async def test_a_patch_changes_its_own_keys_and_null_removes_one(shelf: Shelf) -> None:
    ann = await ann_with(shelf)
    await shelf.configure(ann, "Clock", a={"b": 1, "c": {"d": 2}}, e=[1, 2], f=3, g=4)
    await shelf.configure(
        ann, "Clock", merge=True, a={"b": None, "c": {"x": 5}}, e=[9], f={"y": None, "z": 1}, h=None
    )
    config = (await shelf.installation(ann)).config
    assert config == {"a": {"c": {"d": 2, "x": 5}}, "e": [9], "f": {"z": 1}, "g": 4}


async def test_only_the_keys_of_a_patch_are_judged_together_with_the_rest(shelf: Shelf) -> None:
    ann = await ann_with(shelf, config_schema=SCHEMA)
    await shelf.configure(ann, "Clock", zone="CET", size=2)
    await shelf.configure(ann, "Clock", merge=True, size=None)
    assert (await shelf.installation(ann)).config == {"zone": "CET"}
    with pytest.raises(ConfigRefusedError):
        await shelf.configure(ann, "Clock", merge=True, size=0)


async def test_a_configuration_that_is_too_large_is_refused_before_anything_reads_it(
    shelf: Shelf,
) -> None:
    ann = await ann_with(shelf)
    with pytest.raises(InvalidError, match="65536"):
        await shelf.configure(ann, "Clock", text="x" * 65536)
    await shelf.configure(ann, "Clock", text="x" * 65000)
    assert (await shelf.last_entry()).action == "configure"


async def test_the_audit_has_digests_and_never_values(shelf: Shelf) -> None:
    ann = await ann_with(shelf)
    for value in ("hunter2", "swordfish", "hunter2"):
        await shelf.configure(ann, "Clock", password=value)
    rows = await shelf.rows("SELECT * FROM audit")
    assert not any("hunter2" in str(row) or "swordfish" in str(row) for row in rows)
    found = await shelf.rows(
        "SELECT json_extract(details, '$.config.from'), json_extract(details, '$.config.to')"
        " FROM audit WHERE action = 'configure' ORDER BY id"
    )
    assert len(found) == 3
    assert found[0][1] == found[1][0] == found[2][1] != found[1][1] == found[2][0] != found[0][0]


async def test_what_is_so_already_changes_nothing(shelf: Shelf) -> None:
    ann = await ann_with(shelf)
    await shelf.configure(ann, "Clock", zone="UTC")
    await shelf.pin(ann, "Clock")
    before = await shelf.everything()
    shelf.clock.time += 60
    order = shelf.order(ann)
    plans = [
        await shelf.configure(ann, "Clock", zone="UTC"),
        await shelf.configure(ann, "Clock", merge=True, other=None),
        await shelf.pin(ann, "Clock", "=1.0.0"),
        await set_channel(shelf.resources, order, "Clock", "stable"),
    ]
    assert [[note.code for note in plan.notes] for plan in plans] == [["nothing-to-do"]] * 4
    assert await shelf.everything() == before


async def test_a_pin_is_a_range_that_the_plugin_is_within(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle(version="2.0.0-rc.1"))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "2.0.0-rc.1")
    await shelf.pin(ann, "Clock")
    assert (await shelf.installation(ann)).pin == "=2.0.0-rc.1"
    await shelf.pin(ann, "Clock", "^2")
    assert (await shelf.installation(ann)).pin == "^2"
    with pytest.raises(ConflictError, match="outside of <2; update it first"):
        await shelf.pin(ann, "Clock", "<2")
    with pytest.raises(InvalidError, match="no range"):
        await shelf.pin(ann, "Clock", "newest")
    assert (await shelf.installation(ann)).pin == "^2"
    await unpin(shelf.resources, shelf.order(ann), "Clock")
    assert (await shelf.installation(ann)).pin is None


async def test_the_audit_tells_of_pins_and_channels(shelf: Shelf) -> None:
    ann = await ann_with(shelf)
    order = shelf.order(ann)
    await shelf.pin(ann, "Clock", "^1")
    await unpin(shelf.resources, order, "Clock")
    await set_channel(shelf.resources, order, "Clock", "prerelease")
    found = await shelf.rows(
        "SELECT action, json_remove(details, '$.reason') FROM audit WHERE at > 0"
        " AND action NOT IN ('add-user', 'publish', 'install') ORDER BY id"
    )
    assert found == [
        ("pin", '{"pin":"^1"}'),
        ("unpin", '{"pin":null}'),
        ("channel", '{"channel":"prerelease"}'),
    ]


Verb = Callable[[Shelf, Order, str], Awaitable[Plan]]
VERBS: dict[str, Verb] = {
    "configure": lambda shelf, order, slug: configure(shelf.resources, order, slug, {"a": 1}),
    "pin": lambda shelf, order, slug: pin(shelf.resources, order, slug, "^1"),
    "unpin": lambda shelf, order, slug: unpin(shelf.resources, order, slug),
    "channel": lambda shelf, order, slug: set_channel(shelf.resources, order, slug, "prerelease"),
}


@pytest.mark.parametrize("name", VERBS)
async def test_a_plan_is_shown_first_and_carried_out_unless_something_changed(
    shelf: Shelf, name: str
) -> None:
    verb, ann = VERBS[name], await ann_with(shelf)
    await shelf.pin(ann, "Clock", "<=1")
    before = await shelf.everything()
    shown = await verb(shelf, shelf.order(ann, dry_run=True), "clock")
    assert [step.action for step in shown.steps] == [name]
    assert await shelf.everything() == before
    by_plan = shelf.order(ann, plan_id=shown.id)
    await shelf.disable(ann, "Clock")
    with pytest.raises(PlanChangedError):
        await verb(shelf, by_plan, "Clock")
    shown = await verb(shelf, shelf.order(ann, dry_run=True), "Clock")
    [done] = (await verb(shelf, shelf.order(ann, plan_id=shown.id), "Clock")).steps
    assert done.after == await shelf.installation(ann)
    assert id_of(ann) == shown.user_id


@pytest.mark.parametrize("name", VERBS)
async def test_what_is_not_installed_cannot_be_set(shelf: Shelf, name: str) -> None:
    await ann_with(shelf)
    ben = await shelf.user("ben")
    before = await shelf.everything()
    for slug in ("Clock", "Ghost"):
        with pytest.raises(NotFoundError):
            await VERBS[name](shelf, shelf.order(ben), slug)
    assert await shelf.everything() == before
