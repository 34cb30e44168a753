import asyncio
from typing import Any

import pytest

from pluginhub.errors import (
    AlreadyInstalledError,
    ConflictError,
    InvalidError,
    NotFoundError,
    UnsatisfiableError,
    YankedError,
)
from pluginhub.lifecycle.install import install
from pluginhub.lifecycle.resources import Order
from pluginhub.lifecycle.yank import yank
from tests import bundles
from tests.conftest import OPERATOR
from tests.lifecycle.conftest import Shelf, id_of


@pytest.mark.parametrize(
    ("published", "wanted", "expected"),
    [
        (["1.0.0"], None, "1.0.0"),
        (["1.9.0", "1.10.0", "1.2.0"], None, "1.10.0"),
        (["1.0.0", "2.0.0-rc.1"], None, "1.0.0"),
        (["1.0.0", "1.2.0", "2.0.0"], "^1", "1.2.0"),
        (["1.0.0", "1.2.0", "2.0.0"], "1.0 - 1.1 || >2", "1.0.0"),
        (["1.0.0", "2.0.0"], "1.0.0", "1.0.0"),
        (["1.0.0", "2.0.0"], " v1.0.0 ", "1.0.0"),
        (["1.0", "1.0.1"], "1.0", "1.0"),
        (["1.0.0", "2.0.0-rc.1"], "2.0.0-rc.1", "2.0.0-rc.1"),
        (["1.0.0", "2.0.0-RC.1"], "2.0.0-rc.1", "2.0.0-RC.1"),
    ],
)
async def test_the_highest_release_of_what_is_asked_for_is_installed(
    shelf: Shelf, published: list[str], wanted: str | None, expected: str
) -> None:
    for version in published:
        await shelf.publish(bundles.bundle(version=version))
    installation = await shelf.install(await shelf.user(), "Clock", wanted)
    assert installation.release.version == expected


async def test_a_prerelease_comes_only_to_those_who_take_prereleases(shelf: Shelf) -> None:
    for version in ("2.0.0-rc.1", "2.0.0-rc.2"):
        await shelf.publish(bundles.bundle(version=version))
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    with pytest.raises(UnsatisfiableError):
        await shelf.install(ann, "Clock")
    installation = await shelf.install(ben, "Clock", channel="prerelease")
    assert (installation.release.version, installation.channel) == ("2.0.0-rc.2", "prerelease")


async def test_a_new_installation_is_enabled_with_everything_as_published(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    shelf.clock.time += 5
    plan = await install(shelf.resources, shelf.order(ann), "Clock")
    [step] = plan.steps
    installation = await shelf.installation(ann)
    assert step.after == installation
    assert (installation.user_id, installation.config) == (ann.user_id, {})
    assert (installation.enabled, installation.channel, installation.pin) == (True, "stable", None)
    assert not installation.as_dependency
    assert installation.disabled_modules == frozenset()
    assert installation.installed_at == installation.updated_at == shelf.clock.time


async def test_the_case_of_a_slug_does_not_matter(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Weather_Panel"))
    installation = await shelf.install(await shelf.user(), "weather_PANEL")
    assert installation.release.slug == "Weather_Panel"


async def test_what_is_not_published_is_not_found(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    choices = [("Map", None), ("Map", "1.0.0"), ("", None), ("%", None), ("Cloc_", None)]
    for slug, version in [*choices, ("Clock", "9.9.9"), ("Clock", "v9.9.9"), ("Clock", "=9.9")]:
        with pytest.raises(NotFoundError):
            await shelf.install(ann, slug, version)
    with pytest.raises(UnsatisfiableError, match=r"1\.0\.0"):
        await shelf.install(ann, "Clock", "^9")
    with pytest.raises(InvalidError, match="no range"):
        await shelf.install(ann, "Clock", "the newest")
    assert await shelf.installed() == []


async def test_a_user_who_was_removed_meanwhile_is_not_found(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    with pytest.raises(NotFoundError):
        await install(shelf.resources, Order("0" * 32, OPERATOR), "Clock")


@pytest.mark.parametrize("version", [None, "1.0.0", "2.0.0"])
async def test_a_plugin_is_installed_once_in_whatever_version(
    shelf: Shelf, version: str | None
) -> None:
    for published in ("1.0.0", "2.0.0"):
        await shelf.publish(bundles.bundle(version=published))
    ann = await shelf.user()
    first = await shelf.install(ann, "Clock", "1.0.0")
    with pytest.raises(AlreadyInstalledError) as caught:
        await shelf.install(ann, "clock", version)
    assert caught.value.fields == {"slug": "Clock", "version": "1.0.0"}
    assert await shelf.rows("SELECT id FROM installations") == [(first.id,)]


async def test_of_many_installations_at_once_one_succeeds(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    tries = [shelf.install(ann, "Clock") for _ in range(10)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, AlreadyInstalledError) for result in results) == 9
    assert await shelf.installed() == [("ann", "Clock", "1.0.0", 1)]


async def test_many_users_share_one_release(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    users = [await shelf.user(name) for name in ("ann", "ben", "cleo")]
    made = [await shelf.install(user, "Clock") for user in users]
    assert len({installation.id for installation in made}) == 3
    assert {installation.release.id for installation in made} == {1}
    assert shelf.releases() == ["Clock/v1.0.0"]


async def test_the_audit_tells_who_installed_what_for_whom(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, root = await shelf.user("ann"), await shelf.user("root", admin=True)
    await install(shelf.resources, Order(id_of(ann), root), "clock")
    entry = await shelf.last_entry()
    assert (entry.actor_name, entry.actor_id, entry.address) == ("root", root.user_id, "192.0.2.1")
    assert (entry.action, entry.target, entry.result) == ("install", "Clock@1.0.0", "done")
    assert (entry.user_id, entry.slug, entry.at) == (ann.user_id, "Clock", shelf.clock.time)
    assert entry.details == {"reason": "asked-for"}


async def test_what_is_missing_comes_along_and_goes_first(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Board", dependencies={"charts": "^1", "Alarm": "*"}))
    await shelf.publish(bundles.bundle("Charts", "1.2.0", dependencies={"Data": ">=2"}))
    await shelf.publish(bundles.bundle("Charts", "2.0.0"))
    for content in (bundles.bundle("Data", "2.0.0"), bundles.bundle("Alarm")):
        await shelf.publish(content)
    ann = await shelf.user()
    plan = await install(shelf.resources, shelf.order(ann), "board", channel="prerelease")
    assert [str(step.either.release) for step in plan.steps] == [
        "Alarm@1.0.0",
        "Data@2.0.0",
        "Charts@1.2.0",
        "Board@1.0.0",
    ]
    codes = {step.slug: step.reason.code for step in plan.steps}
    assert codes.pop("Board") == "asked-for"
    assert set(codes.values()) == {"dependency"}
    reason = next(step.reason.text for step in plan.steps if step.slug == "Data")
    assert reason == "Charts 1.2.0 needs Data >=2"
    have = await shelf.rows(
        "SELECT slug, as_dependency, channel FROM installations ORDER BY installed_at, slug"
    )
    assert have == [
        ("Alarm", 1, "stable"),
        ("Board", 0, "prerelease"),
        ("Charts", 1, "stable"),
        ("Data", 1, "stable"),
    ]


async def test_a_dependency_that_is_there_already_stays_as_it_is(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Charts", "1.0.0"))
    ann = await shelf.user()
    before = await shelf.install(ann, "Charts")
    await shelf.publish(bundles.bundle("Charts", "1.1.0"))
    await shelf.publish(bundles.bundle("Board", dependencies={"Charts": "^1"}))
    shelf.clock.time += 60
    await shelf.install(ann, "Board")
    assert await shelf.installation(ann, "Charts") == before


async def test_a_dependency_that_is_too_old_is_updated_along_with_it(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Charts", "1.0.0"))
    ann = await shelf.user()
    before = await shelf.install(ann, "Charts")
    await shelf.publish(bundles.bundle("Charts", "1.1.0"))
    await shelf.publish(bundles.bundle("Board", dependencies={"Charts": "^1.1"}))
    await shelf.install(ann, "Board")
    after = await shelf.installation(ann, "Charts")
    assert (after.id, after.release.version) == (before.id, "1.1.0")
    assert not after.as_dependency


async def test_a_cycle_of_dependencies_is_installed_whole(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Hen", dependencies={"Egg": "*"}))
    await shelf.publish(bundles.bundle("Egg", dependencies={"Hen": "*"}))
    plan = await install(shelf.resources, shelf.order(await shelf.user()), "Egg")
    assert [step.slug for step in plan.steps] == ["Hen", "Egg"]


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ({"conflicts": {"Map": "*"}}, {}, "Clock 1.0.0"),
        ({}, {"conflicts": {"clock": "<2"}}, "conflicts with Clock"),
        ({}, {"dependencies": {"Clock": "^2"}}, "needs Clock"),
        ({}, {"dependencies": {"Ghost": "*"}}, "(?i)no plugin ghost"),
        ({}, {"requires": {"host": ">=2"}}, "1.4.0"),
    ],
    ids=["whose conflict is there", "with a conflict", "higher", "missing", "for another host"],
)
async def test_what_cannot_be_is_refused_and_explained(
    shelf: Shelf, first: dict[str, Any], second: dict[str, Any], words: str
) -> None:
    await shelf.publish(bundles.bundle("Clock", **first))
    await shelf.publish(bundles.bundle("Map", **second))
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    with pytest.raises(UnsatisfiableError, match=words) as caught:
        await shelf.install(ann, "Map")
    assert "Map" in caught.value.message
    assert await shelf.installed() == [("ann", "Clock", "1.0.0", 1)]
    entry = await shelf.last_entry()
    assert (entry.action, entry.target, entry.result) == ("install", "Map", "unsatisfiable")
    assert (entry.user_id, entry.slug, entry.actor_name) == (ann.user_id, "Map", "ann")


async def test_the_host_decides_which_release_is_the_highest(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle(version="1.0.0", requires={"host": "^1.4"}))
    await shelf.publish(bundles.bundle(version="2.0.0", requires={"host": "^1.5"}))
    assert (await shelf.install(await shelf.user(), "Clock")).release.version == "1.0.0"


async def test_what_is_yanked_is_passed_over_and_not_given_even_if_asked_for(shelf: Shelf) -> None:
    for version in ("1.0.0", "2.0.0"):
        await shelf.publish(bundles.bundle(version=version))
    await yank(shelf.database, "Clock", "2.0.0", actor=OPERATOR)
    ann = await shelf.user()
    with pytest.raises(YankedError):
        await shelf.install(ann, "Clock", "2.0.0")
    assert (await shelf.last_entry()).result == "yanked"
    assert (await shelf.install(ann, "Clock")).release.version == "1.0.0"


async def test_a_dry_run_says_what_would_be_and_what_stands_against_it(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Board", dependencies={"Charts": "*"}, permissions=["net"]))
    await shelf.publish(bundles.bundle("Charts"))
    ann = await shelf.user()
    before = await shelf.everything()
    dry = shelf.order(ann, dry_run=True)
    shown = await install(shelf.resources, dry, "Board")
    assert [step.slug for step in shown.steps] == ["Charts", "Board"]
    assert [step.new_permissions for step in shown.steps] == [(), ("net",)]
    blocked = await install(shelf.resources, dry, "Board", "^9")
    assert [(note.code, note.slug) for note in blocked.blocked] == [("unsatisfiable", "Board")]
    assert blocked.steps == ()
    with pytest.raises(NotFoundError):
        await install(shelf.resources, dry, "Ghost")
    assert await shelf.everything() == before
    done = await install(shelf.resources, shelf.order(ann, plan_id=shown.id), "Board")
    assert [step.slug for step in done.steps] == ["Charts", "Board"]
    [note] = (await install(shelf.resources, dry, "Board")).blocked
    assert note.code == "already-installed"


async def test_a_plan_of_something_else_is_not_carried_out(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    with pytest.raises(ConflictError) as caught:
        await install(shelf.resources, shelf.order(ann, plan_id="0" * 64), "Clock")
    assert caught.value.code == "plan-changed"
    assert await shelf.installed() == []
