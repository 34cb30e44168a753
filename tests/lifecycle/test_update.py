import json

import pytest

from pluginhub.errors import NotFoundError
from pluginhub.lifecycle.enable import disable
from pluginhub.lifecycle.update import update
from pluginhub.models import Actor, Installation
from tests import bundles
from tests.lifecycle.conftest import Shelf, id_of


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
    shelf.clock.time += 60
    return await update(shelf.database, id_of(actor), "clock", version, actor=actor)


@pytest.mark.parametrize(
    ("current", "others", "wanted", "expected"),
    [
        ("1.0.0", ["1.9.0", "1.10.0"], None, "1.10.0"),
        ("1.0.0", ["1.9.0", "1.10.0"], "1.9.0", "1.9.0"),
        ("1.10.0", ["1.0.0"], "1.0.0", "1.0.0"),
        ("1.0.0", ["2.0.0-rc.1"], "2.0.0-rc.1", "2.0.0-rc.1"),
        ("2.0.0-rc.1", ["1.0.0", "2.0.0"], None, "2.0.0"),
    ],
    ids=["up to the highest", "up", "down", "to a prerelease", "from a prerelease"],
)
async def test_an_installation_moves_to_another_release(
    shelf: Shelf, current: str, others: list[str], wanted: str | None, expected: str
) -> None:
    ann = await ann_on(shelf, current, *others)
    before, after = await move(shelf, ann, wanted)
    assert (before.release.version, after.release.version) == (current, expected)
    assert await shelf.installed() == [("ann", "Clock", expected, 1)]
    assert after.updated_at == shelf.clock.time


@pytest.mark.parametrize(
    ("current", "others", "wanted"),
    [
        ("1.0.0", [], None),
        ("1.0.0", [], "1.0.0"),
        ("1.0.0", ["0.9.0"], None),
        ("1.0.0", ["2.0.0-rc.1"], None),
        ("2.0.0-rc.1", ["1.0.0"], None),
        ("1.0.0", ["1.0"], None),
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
async def test_an_update_that_leads_nowhere_changes_nothing(
    shelf: Shelf, current: str, others: list[str], wanted: str | None
) -> None:
    ann = await ann_on(shelf, current, *others)
    audit = await shelf.audit()
    before, after = await move(shelf, ann, wanted)
    assert before == after
    assert (after.release.version, after.updated_at) == (current, shelf.clock.time - 60)
    assert await shelf.audit() == audit
    assert await shelf.rows("SELECT * FROM former_releases") == []


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


async def test_an_update_keeps_the_identity_and_the_switches(shelf: Shelf) -> None:
    ann = await ann_on(shelf, "1.0.0", "2.0.0")
    await disable(shelf.database, id_of(ann), "Clock", actor=ann)
    async with shelf.database.transaction() as tx:
        await tx.execute('UPDATE installations SET config = \'{"zone": "UTC"}\'')
        await tx.execute(
            "INSERT INTO installation_modules (installation_id, name, enabled)"
            " SELECT id, 'Face', 0 FROM installations"
        )
    before, after = await move(shelf, ann)
    assert (after.id, after.installed_at) == (before.id, before.installed_at)
    assert not after.enabled
    assert after.config == {"zone": "UTC"}
    assert after.disabled_modules == frozenset({"Face"})


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
            await update(shelf.database, id_of(ann), slug, version, actor=ann)
    assert await shelf.installed() == [("ann", "Clock", "1.0.0", 1)]


async def test_the_audit_tells_from_where_to_where(shelf: Shelf) -> None:
    ann = await ann_on(shelf, "1.0.0", "2.0.0")
    await move(shelf, ann)
    assert (await shelf.audit())[-1] == ("ann", "update", "Clock@2.0.0")
    [(details,)] = await shelf.rows("SELECT details FROM audit WHERE action = 'update'")
    assert json.loads(details) == {"user_id": ann.user_id, "previous": "1.0.0"}
