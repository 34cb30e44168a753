from dataclasses import replace

import pytest

from pluginhub.config_schema import MISSING
from pluginhub.errors import HookTimeoutError, InvalidError
from pluginhub.lifecycle import configuration
from pluginhub.lifecycle.configure import configure
from tests import bundles
from tests.lifecycle.conftest import Shelf

SCHEMA = {"properties": {"zone": {"type": "string", "default": "UTC"}, "size": {"minimum": 1}}}


async def test_what_is_in_force_is_what_was_set_and_the_defaults(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Plain"))
    await shelf.publish(bundles.bundle("Clock", config_schema=SCHEMA))
    ann = await shelf.user()
    plain, clock = await shelf.install(ann, "Plain"), await shelf.install(ann, "Clock")
    assert configuration.effective(replace(plain, config={"a": 1})) == {"a": 1}
    clock = replace(clock, config={"size": 5})
    assert configuration.effective(clock) == {"zone": "UTC", "size": 5}
    assert clock.config == {"size": 5}


def test_a_configuration_is_at_most_64_kib_of_json() -> None:
    configuration.check_size({"a": "x" * (64 * 1024 - 9)})
    for text in ("x" * (64 * 1024 - 8), "ä" * 11_000):
        with pytest.raises(InvalidError) as caught:
            configuration.check_size({"a": text})
        assert caught.value.fields["size"] > 64 * 1024


async def test_a_release_without_a_schema_refuses_nothing_and_needs_no_process(
    shelf: Shelf,
) -> None:
    await shelf.publish(bundles.bundle())
    installation = await shelf.install(await shelf.user(), "Clock")
    assert await configuration.problems(shelf.resources, installation, {"any": [None]}) == []
    assert (await shelf.resources.registry.statistics()).loads == 0


async def test_defaults_are_filled_in_before_the_schema_is_asked(shelf: Shelf) -> None:
    schema = {**SCHEMA, "required": ["zone", "size"]}
    await shelf.publish(bundles.bundle(config_schema=schema))
    installation = await shelf.install(await shelf.user(), "Clock")
    [problem] = await configuration.problems(shelf.resources, installation, {})
    assert problem == {"path": "size", "problem": MISSING}
    assert await configuration.problems(shelf.resources, installation, {"size": 3}) == []


async def test_a_schema_that_takes_for_ever_is_ended_and_holds_up_nobody(shelf: Shelf) -> None:
    schema = {"properties": {"zone": {"pattern": "^(a+)+$"}}}
    await shelf.publish(bundles.bundle(config_schema=schema))
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    object.__setattr__(shelf.resources.registry._limits, "timeout", 0.5)
    with pytest.raises(HookTimeoutError):
        await configure(shelf.resources, shelf.order(ann), "Clock", {"zone": "a" * 60 + "!"})
    assert (await shelf.installation(ann)).config == {}
    assert (await shelf.last_entry()).result == "hook-timeout"


def test_top_level_keys_with_something_refused_are_left_out() -> None:
    config = {"a": {"b": 1}, "c": [1, 2], "d": 3, "e": 4}
    refused = [
        {"path": "a.b", "problem": "wrong"},
        {"path": "c[1]", "problem": "wrong"},
        {"path": "d", "problem": "unknown key"},
    ]
    assert configuration.without(config, refused) == {"e": 4}
    assert config == {"a": {"b": 1}, "c": [1, 2], "d": 3, "e": 4}
    whole = [*refused, {"path": "", "problem": "has too many keys"}]
    assert configuration.without(config, whole) == {}


def test_a_key_that_is_yet_to_be_set_does_not_stand_against_a_release() -> None:
    wrong = {"path": "a", "problem": "5 is not of type 'string'"}
    unset = [{"path": "b", "problem": MISSING}, {"path": "c[1].d", "problem": MISSING}]
    assert configuration.unsuitable([unset[0], wrong, unset[1]]) == [wrong]
    assert configuration.unsuitable(unset) == []


async def test_a_refusal_names_the_release_and_every_path(shelf: Shelf) -> None:
    release = (await shelf.publish(bundles.bundle())).release
    refused = [{"path": "a.b", "problem": "wrong"}, {"path": "", "problem": "too much"}]
    error = configuration.refusal(release, refused)
    assert error.message == "Clock@1.0.0 refuses the configuration: a.b: wrong; too much"
    assert error.fields == {"slug": "Clock", "problems": refused}


def test_problems_are_told_with_the_path_if_there_is_one() -> None:
    refused = [{"path": "a.b", "problem": "wrong"}, {"path": "", "problem": "'c' is missing"}]
    assert configuration.told(refused) == "a.b: wrong; 'c' is missing"
