import shutil
from dataclasses import replace
from typing import Any

import pytest

from pluginhub.lifecycle.choose import Choice
from pluginhub.lifecycle.plan import Note
from pluginhub.lifecycle.steps import added, moved, of_choices
from pluginhub.models import Installation, Release
from tests import bundles
from tests.lifecycle.conftest import Shelf, id_of
from tests.lifecycle.plugins import hooked

ASKED = Note("asked-for", "Clock", "it was asked for")
NEEDED = Note("dependency", "Clock", "another plugin needs it")


async def moving(
    shelf: Shelf, files: dict[str, bytes], version: str = "2.0.0"
) -> tuple[Installation, Release]:
    """Return an installation of 1.0.0, and a release to go to."""
    await shelf.publish(bundles.bundle(version="1.0.0"))
    ann = await shelf.user()
    before = await shelf.install(ann, "Clock")
    content = bundles.tar_gz({**bundles.files(version=version), **files})
    return before, (await shelf.publish(content)).release


async def test_a_new_installation_takes_the_channel_only_where_it_was_asked_for(
    shelf: Shelf,
) -> None:
    release = (await shelf.publish(bundles.bundle(permissions=["net"]))).release
    user_id = id_of(await shelf.user())
    steps = await of_choices(
        shelf.resources,
        user_id,
        [Choice(None, release, NEEDED), Choice(None, release, ASKED)],
        channel="prerelease",
    )
    found = [(step.after.channel, step.after.as_dependency) for step in steps if step.after]
    assert found == [("stable", True), ("prerelease", False)]
    step = added(user_id, Choice(None, release, ASKED))
    assert (step.action, step.before, step.new_permissions) == ("install", None, ("net",))
    assert step.either.channel == "stable"


async def test_a_step_remembers_where_it_came_from(shelf: Shelf) -> None:
    before, release = await moving(shelf, {})
    before = replace(before, config={"zone": "UTC"})
    step = await moved(shelf.resources, before, Choice(before, release, ASKED))
    assert step.after == replace(
        before,
        release=release,
        previous_release_id=before.release.id,
        previous_config={"zone": "UTC"},
    )
    assert (step.changelog, step.config_problems) == (None, ())


async def test_what_a_hook_will_see_is_left_to_it(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle(version="1.0.0"))
    before = await shelf.install(await shelf.user(), "Clock")
    before = replace(before, config={"old": 1, "zone": "UTC"})
    schema: dict[str, Any] = {"properties": {"zone": {}}}
    methods = "def on_update(self, context, from_version): pass"
    content = hooked(methods, version="2.0.0", config_schema=schema)
    choice = Choice(before, (await shelf.publish(content)).release, ASKED)
    for skip_hooks, expected in ((False, before.config), (True, {"zone": "UTC"})):
        step = await moved(
            shelf.resources, before, choice, reset_config=True, skip_hooks=skip_hooks
        )
        assert (step.either.config, step.reset_config) == (expected, True)
        assert bool(step.config_problems) is not skip_hooks
    step = await moved(shelf.resources, before, choice, skip_hooks=True)
    assert (step.either.config, step.reset_config) == (before.config, False)


@pytest.mark.parametrize("name", ["CHANGELOG.md", "CHANGES.md", "changelog.md"])
async def test_the_changelog_is_found_by_its_usual_names(shelf: Shelf, name: str) -> None:
    before, release = await moving(shelf, {name: b"# 2.0.0\n\nH\xe4nds.\n", "NEWS.md": b"# 2.0.0"})
    step = await moved(shelf.resources, before, Choice(before, release, ASKED))
    assert step.changelog == "# 2.0.0\n\nH�nds."


async def test_a_changelog_that_is_too_large_or_lost_is_none(shelf: Shelf) -> None:
    text = b"# 2.0.0\n\nHands.\n"
    before, release = await moving(shelf, {"CHANGELOG.md": text.ljust(256 * 1024)})
    choice = Choice(before, release, ASKED)
    assert (await moved(shelf.resources, before, choice)).changelog == text.decode().strip()
    large = {**bundles.files(version="3.0.0"), "CHANGELOG.md": text.ljust(256 * 1024 + 1)}
    third = (await shelf.publish(bundles.tar_gz(large))).release
    step = await moved(shelf.resources, before, Choice(before, third, ASKED))
    assert step.changelog is None
    shutil.rmtree(shelf.storage.release_path("Clock", "2.0.0"))
    assert (await moved(shelf.resources, before, choice)).changelog is None


async def test_a_configuration_is_judged_only_where_something_is_set(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle(version="1.0.0"))
    before = await shelf.install(await shelf.user(), "Clock")
    schema = {"required": ["zone"], "properties": {"zone": {"type": "string"}}}
    release = (await shelf.publish(bundles.bundle(version="2.0.0", config_schema=schema))).release
    choice = Choice(before, release, ASKED)
    assert (await moved(shelf.resources, before, choice)).config_problems == ()
    filled = replace(before, config={"zone": 5, "other": 1})
    step = await moved(shelf.resources, filled, choice)
    assert [problem["path"] for problem in step.config_problems] == ["other", "zone"]
    step = await moved(shelf.resources, filled, choice, reset_config=True)
    assert (step.either.config, step.config_problems) == ({}, ())
    partly = replace(before, config={"zone": "UTC", "other": 1})
    step = await moved(shelf.resources, partly, choice, reset_config=True)
    assert (step.either.config, step.either.previous_config) == ({"zone": "UTC"}, partly.config)
    back = replace(filled, previous_config={"zone": "CET"})
    step = await moved(shelf.resources, back, choice, action="rollback")
    assert (step.action, step.either.config) == ("rollback", {"zone": "CET"})
    assert (step.either.previous_release_id, step.either.previous_config) == (None, None)
    step = await moved(shelf.resources, back, choice)
    assert step.config_problems
