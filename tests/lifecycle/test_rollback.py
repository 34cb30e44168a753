import pytest

from pluginhub.database import releases
from pluginhub.errors import (
    ConfigRefusedError,
    ConflictError,
    NotFoundError,
    PlanChangedError,
    UnsatisfiableError,
)
from pluginhub.lifecycle.rollback import roll_back
from pluginhub.lifecycle.yank import withdraw, yank
from pluginhub.models import Actor
from tests import bundles
from tests.conftest import OPERATOR
from tests.lifecycle.conftest import Shelf
from tests.lifecycle.plugins import hooked


async def ann_on_two(shelf: Shelf) -> Actor:
    """Make a user who came from 1.0.0 to 2.0.0."""
    for version in ("1.0.0", "2.0.0"):
        await shelf.publish(bundles.bundle(version=version))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.update(ann)
    return ann


async def test_a_user_goes_back_to_the_release_before(shelf: Shelf) -> None:
    ann = await ann_on_two(shelf)
    await shelf.publish(bundles.bundle(version="1.5.0"))
    two = await shelf.installation(ann)
    shelf.clock.time += 60
    [step] = (await shelf.roll_back(ann)).steps
    one = await shelf.installation(ann)
    assert (step.action, step.before, step.after) == ("rollback", two, one)
    assert (one.id, one.release.version, one.updated_at) == (two.id, "1.0.0", shelf.clock.time)
    entry = await shelf.last_entry()
    assert (entry.action, entry.target) == ("rollback", "Clock@1.0.0")
    assert entry.details == {"reason": "asked-for", "previous": "2.0.0"}


async def test_who_went_back_does_not_go_back_once_more_before_another_update(
    shelf: Shelf,
) -> None:
    ann = await ann_on_two(shelf)
    await shelf.roll_back(ann)
    back = await shelf.installation(ann)
    assert (back.previous_release_id, back.previous_config) == (None, None)
    with pytest.raises(ConflictError, match="Clock has not been updated, so there is no release"):
        await shelf.roll_back(ann)
    assert await shelf.installation(ann) == back
    await shelf.update(ann)
    await shelf.roll_back(ann)
    assert (await shelf.installation(ann)).release.version == "1.0.0"


async def test_without_an_update_there_is_nothing_to_go_back_to(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    with pytest.raises(NotFoundError):
        await shelf.roll_back(ann)
    await shelf.install(ann, "Clock")
    with pytest.raises(ConflictError, match="no release to return to") as caught:
        await shelf.roll_back(ann)
    assert caught.value.code == "conflict"
    [note] = (await roll_back(shelf.resources, shelf.order(ann, dry_run=True), "Clock")).blocked
    assert note.text == caught.value.message


async def test_a_withdrawn_release_takes_those_back_who_came_from_it(shelf: Shelf) -> None:
    ann = await ann_on_two(shelf)
    await yank(shelf.database, "Clock", "1.0.0", actor=OPERATOR)
    assert not await withdraw(
        shelf.resources, (await shelf.roll_back(ann)).steps[0].either.release, actor=OPERATOR
    )
    assert await shelf.installed() == [("ann", "Clock", "1.0.0", 1)]


async def test_a_pin_or_another_plugin_stands_against_a_way_back(shelf: Shelf) -> None:
    ann = await ann_on_two(shelf)
    await shelf.pin(ann, "Clock", "^2")
    with pytest.raises(UnsatisfiableError, match="pinned"):
        await shelf.roll_back(ann)
    await shelf.pin(ann, "Clock", "*")
    await shelf.publish(bundles.bundle("Board", dependencies={"Clock": "^2"}))
    await shelf.install(ann, "Board")
    with pytest.raises(UnsatisfiableError, match=r"Board 1\.0\.0"):
        await shelf.roll_back(ann)
    assert (await shelf.installation(ann)).release.version == "2.0.0"


async def test_a_way_back_brings_what_the_release_needs_again(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Springs"))
    await shelf.publish(bundles.bundle(version="1.0.0", dependencies={"Springs": "*"}))
    await shelf.publish(bundles.bundle(version="2.0.0"))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.update(ann)
    await shelf.uninstall(ann, "Springs")
    steps = (await shelf.roll_back(ann)).steps
    assert [(step.action, step.slug) for step in steps] == [
        ("install", "Springs"),
        ("rollback", "Clock"),
    ]


async def test_a_dry_run_of_a_way_back_changes_nothing_and_holds_until_something_changes(
    shelf: Shelf,
) -> None:
    ann = await ann_on_two(shelf)
    before = await shelf.everything()
    shown = await roll_back(shelf.resources, shelf.order(ann, dry_run=True), "Clock")
    assert [step.action for step in shown.steps] == ["rollback"]
    assert await shelf.everything() == before
    await shelf.configure(ann, "Clock", zone="UTC")
    by_plan = shelf.order(ann, plan_id=shown.id)
    with pytest.raises(PlanChangedError):
        await roll_back(shelf.resources, by_plan, "Clock")
    shown = await roll_back(shelf.resources, shelf.order(ann, dry_run=True), "Clock")
    await roll_back(shelf.resources, shelf.order(ann, plan_id=shown.id), "Clock")
    assert (await shelf.installation(ann)).release.version == "1.0.0"


SIZE = {"size": {"type": "integer"}}
FIRST = {"properties": {"zone": {"type": "string"}, **SIZE}}
SECOND = {"properties": {"zone": {"type": "integer"}, **SIZE}}


async def ann_with_a_zone(shelf: Shelf, slug: str = "Clock", size: int = 1) -> Actor:
    """Make a user of 1.0.0, where a zone is a text; in 2.0.0 it is a number."""
    for version, schema in (("1.0.0", FIRST), ("2.0.0", SECOND)):
        await shelf.publish(bundles.bundle(slug, version, config_schema=schema))
    ann = await shelf.user()
    await shelf.install(ann, slug, "1.0.0")
    await shelf.configure(ann, slug, zone="UTC", size=size)
    return ann


async def test_the_configuration_stays_and_what_the_update_dropped_is_back(shelf: Shelf) -> None:
    ann = await ann_with_a_zone(shelf)
    await shelf.update(ann, reset_config=True)
    assert (await shelf.installation(ann)).config == {"size": 1}
    await shelf.configure(ann, "Clock", size=2)
    await shelf.roll_back(ann)
    assert (await shelf.installation(ann)).config == {"zone": "UTC", "size": 2}


async def test_what_was_dropped_stays_away_where_the_release_refuses_both_together(
    shelf: Shelf,
) -> None:
    schema = {"maxProperties": 2}
    await shelf.publish(bundles.bundle(version="1.0.0", config_schema=schema))
    await shelf.publish(bundles.bundle(version="2.0.0"))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.configure(ann, "Clock", zone="UTC", size=1)
    await shelf.update(ann)
    await shelf.configure(ann, "Clock", size=2, bell=True)
    await shelf.roll_back(ann)
    assert (await shelf.installation(ann)).config == {"size": 2, "bell": True}


async def test_the_configuration_from_then_returns_where_the_present_one_is_refused(
    shelf: Shelf,
) -> None:
    ann = await ann_with_a_zone(shelf, size=3)
    await shelf.update(ann, reset_config=True)
    await shelf.configure(ann, "Clock", zone=5, size=4)
    shown = await roll_back(shelf.resources, shelf.order(ann, dry_run=True), "Clock")
    assert (shown.steps[0].config_problems, shown.blocked) == ((), ())
    await shelf.roll_back(ann, reset_config=True)
    assert (await shelf.installation(ann)).config == {"zone": "UTC", "size": 3}


async def test_nobody_loses_a_configuration_unasked_where_the_one_from_then_is_not_known(
    shelf: Shelf,
) -> None:
    ann = await ann_with_a_zone(shelf)
    await shelf.update(ann, reset_config=True)
    await shelf.configure(ann, "Clock", zone=5, size=4)
    async with shelf.database.transaction() as tx:
        await tx.execute("UPDATE installations SET previous_config = NULL")
    before = await shelf.installation(ann)
    dry = shelf.order(ann, dry_run=True)
    shown = await roll_back(shelf.resources, dry, "Clock")
    assert [note.code for note in shown.blocked] == ["config-refused"]
    with pytest.raises(ConfigRefusedError, match="zone: "):
        await shelf.roll_back(ann)
    assert await shelf.installation(ann) == before
    assert not (await roll_back(shelf.resources, dry, "Clock", reset_config=True)).blocked
    await shelf.roll_back(ann, reset_config=True)
    back = await shelf.installation(ann)
    assert (back.release.version, back.config) == ("1.0.0", {"size": 4})


@pytest.mark.parametrize("yanked", [False, True])
async def test_what_moved_along_with_the_update_goes_back_as_well(
    shelf: Shelf, yanked: bool
) -> None:
    ann = await ann_with_a_zone(shelf, "Springs")
    for version in ("1.0.0", "2.0.0"):
        needed = {"Springs": f"^{version}"}
        await shelf.publish(bundles.bundle(version=version, dependencies=needed))
    await shelf.install(ann, "Clock", "1.0.0")
    moved = await shelf.update(ann, reset_config=True)
    assert [(step.action, step.slug) for step in moved.steps] == [
        ("update", "Springs"),
        ("update", "Clock"),
    ]
    await shelf.configure(ann, "Springs", zone=5, size=2)
    if yanked:
        await yank(shelf.database, "Springs", "1.0.0", actor=OPERATOR)
    steps = (await shelf.roll_back(ann)).steps
    assert [(step.action, step.slug) for step in steps] == [
        ("rollback", "Springs"),
        ("rollback", "Clock"),
    ]
    springs = await shelf.installation(ann, "Springs")
    assert (springs.release.version, springs.config) == ("1.0.0", {"zone": "UTC", "size": 1})
    assert springs.previous_release_id is None
    with pytest.raises(ConflictError, match="Springs has not been updated"):
        await shelf.roll_back(ann, "Springs")


async def test_what_goes_where_it_never_was_is_updated_and_can_go_back_itself(
    shelf: Shelf,
) -> None:
    for version, needed in (("1.0.0", "=1.0.0"), ("2.0.0", "^2")):
        await shelf.publish(bundles.bundle("Springs", version))
        await shelf.publish(bundles.bundle(version=version, dependencies={"Springs": needed}))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.update(ann)
    await shelf.publish(bundles.bundle("Springs", "2.1.0"))
    await shelf.update(ann, "Springs")
    assert [step.action for step in (await shelf.roll_back(ann)).steps] == ["update", "rollback"]
    springs = await shelf.installation(ann, "Springs")
    assert springs.release.version == "1.0.0"
    async with shelf.database.snapshot() as connection:
        left = await releases.get(connection, "Springs", "2.1.0")
    assert springs.previous_release_id == left.id


async def test_a_way_back_hands_the_data_over_as_an_update_does(shelf: Shelf) -> None:
    methods = """
    def export_user_data(self, context):
        return context.version

    def on_update(self, context, from_version):
        context.config["way"] = [from_version, context.version]

    def import_user_data(self, context, data):
        context.config["imported"] = data
    """
    for version in ("1.0.0", "2.0.0"):
        await shelf.publish(hooked(methods, version=version))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    await shelf.update(ann)
    await shelf.roll_back(ann)
    config = (await shelf.installation(ann)).config
    assert config == {"way": ["2.0.0", "1.0.0"], "imported": "2.0.0"}
