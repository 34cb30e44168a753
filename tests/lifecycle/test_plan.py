from dataclasses import replace
from typing import Any

import pytest

from pluginhub.lifecycle.plan import Note, Plan, Step, digest_of, new_permissions
from pluginhub.manifest import Manifest
from pluginhub.models import Installation, ModuleSettings, Release
from tests import bundles

ASKED = Note("asked-for", "Clock", "it was asked for")


def release(version: str = "1.0.0", **more: Any) -> Release:
    manifest = Manifest.model_validate(bundles.manifest(version=version, **more))
    number = int(version[0])
    return Release(
        number, "Clock", version, version, 1, manifest, "local-file", "local://Clock", 0, None
    )


BEFORE = Installation("i", "u", release(), True, {"zone": "UTC"}, 1, 2)
AFTER = replace(BEFORE, release=release("2.0.0"))
PLAN = Plan("update", "u", (Step("update", BEFORE, AFTER, ASKED),))


def test_a_step_names_its_plugin_and_whether_it_moves() -> None:
    assert (PLAN.steps[0].slug, PLAN.steps[0].moves, PLAN.steps[0].either) == ("Clock", True, AFTER)
    gone = Step("uninstall", BEFORE, None, ASKED)
    assert (gone.moves, gone.either) == (False, BEFORE)
    new = Step("install", None, AFTER, ASKED)
    assert (new.moves, new.either) == (False, AFTER)
    assert not Step("pin", BEFORE, replace(BEFORE, pin="*"), ASKED).moves
    with pytest.raises(AssertionError):
        _ = Step("nothing", None, None, ASKED).slug


@pytest.mark.parametrize(
    "change",
    [
        {"id": "other"},
        {"release": release("3.0.0")},
        {"release": replace(BEFORE.release, digest="other")},
        {"release": replace(BEFORE.release, yanked_at=5)},
        {"enabled": False},
        {"config": {"zone": "CET"}},
        {"modules": {"Face": ModuleSettings(enabled=False)}},
        {"modules": {"Face": ModuleSettings(attributes={"layout": {}})}},
        {"pin": "^1"},
        {"channel": "prerelease"},
        {"attributes": {"status": "seen"}},
        {"previous_release_id": 9},
        {"updated_at": 3},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_plan_with_other_inputs_has_another_id(change: dict[str, Any]) -> None:
    [step] = PLAN.steps
    for other in (
        replace(step, before=replace(BEFORE, **change)),
        replace(step, after=replace(AFTER, **change)),
    ):
        assert replace(PLAN, steps=(other,)).id != PLAN.id


def test_all_that_was_asked_and_comes_of_it_makes_the_id_of_a_plan_and_words_do_not() -> None:
    [step] = PLAN.steps
    others = [
        replace(PLAN, verb="rollback"),
        replace(PLAN, user_id="v"),
        replace(PLAN, steps=()),
        replace(PLAN, steps=(step, step)),
        replace(PLAN, steps=(replace(step, action="rollback"),)),
        replace(PLAN, steps=(replace(step, before=None),)),
        replace(PLAN, steps=(replace(step, after=None),)),
        replace(PLAN, blocked=(Note("yanked", "Clock", "withdrawn"),)),
        replace(PLAN, notes=(Note("held", "Clock", "by another"),)),
        replace(PLAN, notes=(Note("held", "Map", "by another"),)),
        replace(PLAN, slug="Map"),
        replace(PLAN, slug="Clock"),
        replace(PLAN, skip_hooks=True),
    ]
    assert len({plan.id for plan in [PLAN, *others]}) == len(others) + 1
    same = replace(step, reason=replace(ASKED, text="differently said"))
    assert replace(PLAN, steps=(same,)).id == PLAN.id
    reworded = replace(ASKED, text="differently said")
    assert replace(PLAN, notes=(reworded,)).id == replace(PLAN, notes=(ASKED,)).id
    assert replace(PLAN, slug="CLOCK").id == replace(PLAN, slug="Clock").id


def test_a_digest_tells_configurations_apart_and_nothing_of_them() -> None:
    def digest(config: dict[str, Any], name: str = "i") -> str:
        return digest_of(replace(BEFORE, id=name, config=config))

    one = digest({"a": 1, "b": [2]})
    assert one == digest({"b": [2], "a": 1})
    assert len(one) == 16
    assert one != digest({"a": 1, "b": [3]})
    assert one != digest({"a": 1, "b": [2]}, "another installation")


def test_only_permissions_that_were_not_there_before_are_new() -> None:
    before = replace(BEFORE, release=release(permissions=["a", "b"]))
    after = replace(AFTER, release=release("2.0.0", permissions=["c", "b", "d"]))
    assert new_permissions(before, after) == ("c", "d")
    assert new_permissions(None, after) == ("c", "b", "d")
