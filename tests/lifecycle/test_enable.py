import pytest

from pluginhub.errors import NotFoundError
from pluginhub.lifecycle.enable import disable, enable
from tests import bundles
from tests.lifecycle.conftest import Shelf, id_of


async def test_a_plugin_is_switched_for_one_user_only(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    for actor in (ann, ben):
        await shelf.install(actor, "Clock")
    shelf.clock.time += 60
    off = await disable(shelf.database, id_of(ann), "clock", actor=ann)
    assert (off.enabled, off.updated_at) == (False, shelf.clock.time)
    assert await shelf.installed() == [("ann", "Clock", "1.0.0", 0), ("ben", "Clock", "1.0.0", 1)]
    on = await enable(shelf.database, id_of(ann), "CLOCK", actor=ann)
    assert (on.enabled, on.id) == (True, off.id)


async def test_a_switch_that_is_set_already_changes_nothing(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    installation = await shelf.install(ann, "Clock")
    audit = await shelf.audit()
    shelf.clock.time += 60
    assert await enable(shelf.database, id_of(ann), "Clock", actor=ann) == installation
    assert await shelf.audit() == audit


async def test_the_audit_tells_who_switched_what(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    for verb in (disable, disable, enable):
        await verb(shelf.database, id_of(ann), "clock", actor=ann)
    assert (await shelf.audit())[-2:] == [("ann", "disable", "Clock"), ("ann", "enable", "Clock")]


async def test_what_is_not_installed_cannot_be_switched(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await shelf.install(ben, "Clock")
    for verb in (enable, disable):
        with pytest.raises(NotFoundError):
            await verb(shelf.database, id_of(ann), "Clock", actor=ann)
    assert await shelf.installed() == [("ben", "Clock", "1.0.0", 1)]
