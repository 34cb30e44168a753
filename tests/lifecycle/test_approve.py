"""Hooks of what users publish do not run before an admin has approved them."""

import pytest

from pluginhub.errors import ForbiddenError, NotFoundError
from pluginhub.lifecycle.approve import approve
from pluginhub.lifecycle.install import install
from pluginhub.lifecycle.status import status
from pluginhub.models import Actor
from tests import bundles
from tests.conftest import OPERATOR
from tests.lifecycle.conftest import Shelf, id_of
from tests.lifecycle.plugins import hooked, of_family

SETS = """
def on_install(self, context):
    context.config["came"] = "from a hook"

def on_disable(self, context):
    context.config["left"] = "by a hook"
"""


async def test_a_release_of_a_user_runs_no_hooks_until_it_is_approved(shelf: Shelf) -> None:
    ann, root = await shelf.user(), await shelf.user("root", admin=True)
    release = (await shelf.publish(hooked(SETS), ann)).release
    assert (release.contract, release.running_hooks) == ("pluginhub", None)
    assert (await shelf.install(ann, "Clock")).config == {}
    assert (await status(shelf.resources, id_of(ann), "Clock")).status == "healthy"
    approved = await approve(shelf.database, "clock", "1.0.0", actor=root)
    assert approved.running_hooks == "pluginhub"
    await shelf.disable(ann, "Clock")
    assert (await shelf.installation(ann)).config == {"left": "by a hook"}
    assert (await shelf.audit())[-2:] == [
        ("root", "approve", "Clock@1.0.0"),
        ("ann", "disable", "Clock@1.0.0"),
    ]


async def test_a_plan_says_whose_hooks_wait(shelf: Shelf) -> None:
    ann = await shelf.user()
    await shelf.publish(hooked(SETS), ann)
    order = shelf.order(ann, dry_run=True)
    plan = await install(shelf.resources, order, "Clock")
    assert [(note.code, note.slug) for note in plan.notes] == [("hooks-not-approved", "Clock")]


async def test_a_package_of_the_older_system_waits_as_well(shelf: Shelf) -> None:
    ann = await shelf.user()
    await shelf.publish(of_family("template"), ann)
    await shelf.install(ann, "Notes")
    assert not any((await shelf.kept(ann, "Notes")).values())


async def test_what_admins_publish_and_what_has_no_hooks_needs_no_approval(shelf: Shelf) -> None:
    ann = await shelf.user()
    assert (await shelf.publish(hooked(SETS))).release.approved_at is not None
    assert (await shelf.publish(bundles.bundle("Map"), ann)).release.approved_at is not None


async def test_an_admin_who_publishes_the_same_bytes_approves_them(shelf: Shelf) -> None:
    ann = await shelf.user()
    assert (await shelf.publish(hooked(SETS), ann)).release.approved_at is None
    assert (await shelf.publish(hooked(SETS))).release.approved_at is not None


async def test_approving_again_changes_nothing(shelf: Shelf) -> None:
    ann, root = await shelf.user(), await shelf.user("root", admin=True)
    await shelf.publish(hooked(SETS), ann)
    first = await approve(shelf.database, "Clock", "1.0.0", actor=root)
    shelf.clock.time += 60
    assert await approve(shelf.database, "Clock", "1.0.0", actor=OPERATOR) == first


async def test_only_admins_approve_what_there_is(shelf: Shelf) -> None:
    ann: Actor = await shelf.user()
    await shelf.publish(hooked(SETS), ann)
    with pytest.raises(ForbiddenError):
        await approve(shelf.database, "Clock", "1.0.0", actor=ann)
    with pytest.raises(NotFoundError):
        await approve(shelf.database, "Clock", "9.9.9", actor=OPERATOR)
