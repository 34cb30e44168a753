import pytest

from pluginhub.errors import HookError, NotFoundError
from pluginhub.lifecycle.enable import switch
from pluginhub.models import ModuleSettings
from tests import bundles
from tests.lifecycle.conftest import Shelf
from tests.lifecycle.plugins import hooked

MODULES = [{"name": "Face"}, {"name": "Hands"}, {"name": "Bell"}]


async def test_a_plugin_is_switched_for_one_user_only(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    for actor in (ann, ben):
        await shelf.install(actor, "Clock")
    shelf.clock.time += 60
    [step] = (await shelf.disable(ann, "clock")).steps
    off = await shelf.installation(ann)
    assert step.after == off
    assert (off.enabled, off.updated_at) == (False, shelf.clock.time)
    assert await shelf.installed() == [("ann", "Clock", "1.0.0", 0), ("ben", "Clock", "1.0.0", 1)]
    await shelf.enable(ann, "CLOCK")
    on = await shelf.installation(ann)
    assert (on.enabled, on.id) == (True, off.id)


async def test_modules_are_switched_by_name_and_the_plugin_stays_on(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle(modules=MODULES))
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    for actor in (ann, ben):
        await shelf.install(actor, "Clock")
    await shelf.disable(ann, "Clock", "Face", "Bell")
    await shelf.enable(ann, "Clock", "Bell")
    mine, other = await shelf.installation(ann), await shelf.installation(ben)
    assert mine.enabled
    assert mine.modules == {"Face": ModuleSettings(enabled=False)}
    assert other.modules == {}
    entry = await shelf.last_entry()
    assert (entry.action, entry.details) == (
        "enable-modules",
        {"reason": "asked-for", "modules": ["Bell"]},
    )


async def test_a_module_that_there_is_not_is_refused_with_the_names_of_those_there_are(
    shelf: Shelf,
) -> None:
    await shelf.publish(bundles.bundle(modules=MODULES))
    ann = await shelf.user()
    before = await shelf.install(ann, "Clock")
    with pytest.raises(NotFoundError, match="Bell, Face, Hands"):
        await shelf.disable(ann, "Clock", "Face", "face")
    assert await shelf.installation(ann) == before


async def test_a_switch_that_is_set_already_changes_nothing(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    before = await shelf.everything()
    shelf.clock.time += 60
    for modules in ((), ("Face",)):
        plan = await shelf.enable(ann, "Clock", *modules)
        assert (plan.steps, [note.code for note in plan.notes]) == ((), ["nothing-to-do"])
    assert await shelf.everything() == before


async def test_the_audit_tells_who_switched_what(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    await shelf.disable(ann, "clock")
    await shelf.disable(ann, "clock")
    await shelf.enable(ann, "clock")
    assert (await shelf.audit())[-2:] == [
        ("ann", "disable", "Clock@1.0.0"),
        ("ann", "enable", "Clock@1.0.0"),
    ]


async def test_what_is_not_installed_cannot_be_switched(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await shelf.install(ben, "Clock")
    for verb in (shelf.enable, shelf.disable):
        with pytest.raises(NotFoundError):
            await verb(ann, "Clock")
    assert await shelf.installed() == [("ben", "Clock", "1.0.0", 1)]


async def test_a_dry_run_of_a_switch_changes_nothing_and_holds_until_something_changes(
    shelf: Shelf,
) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    before = await shelf.everything()
    dry = shelf.order(ann, dry_run=True)
    shown = await switch(shelf.resources, dry, "Clock", enabled=False)
    [step] = shown.steps
    assert step.after
    assert not step.after.enabled
    assert await shelf.everything() == before
    by_plan = shelf.order(ann, plan_id=shown.id)
    await switch(shelf.resources, by_plan, "Clock", enabled=False)
    assert not (await shelf.installation(ann)).enabled


async def test_hooks_follow_the_switch_of_the_plugin_and_can_refuse_it(shelf: Shelf) -> None:
    await shelf.publish(
        hooked(
            """
            def on_disable(self, context):
                context.config["heard"] = "off"

            def on_enable(self, context):
                raise HookRefusedError("not today")
            """,
            modules=MODULES,
        )
    )
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    await shelf.disable(ann, "Clock", "Face")
    assert (await shelf.installation(ann)).config == {}
    await shelf.disable(ann, "Clock")
    before = await shelf.installation(ann)
    assert (before.enabled, before.config) == (False, {"heard": "off"})
    with pytest.raises(HookError, match="not today"):
        await shelf.enable(ann, "Clock")
    assert await shelf.installation(ann) == before
    entry = await shelf.last_entry()
    assert (entry.action, entry.target, entry.result) == ("enable", "Clock", "hook-failed")
