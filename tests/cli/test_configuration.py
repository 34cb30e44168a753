import json
from typing import Any

import pytest

from tests import bundles
from tests.cli.conftest import Served, misused

pytestmark = pytest.mark.timeout(60)  # several processes start

SCHEMA: dict[str, Any] = {
    "properties": {
        "zone": {"properties": {"name": {"type": "string"}, "dst": {"type": "boolean"}}},
        "hours": {"enum": [12, 24], "default": 24},
        "colours": {"type": "array"},
        "label": {"type": "string"},
    },
}


@pytest.fixture(name="user")
def _user(served: Served) -> str:
    """A user who has a plugin with a schema."""
    served.publish(bundles.bundle("Configured", config_schema=SCHEMA))
    return served.user(Configured=None)


def given(served: Served, user: str) -> Any:
    """Return what a user set."""
    return served.ask("GET", f"plugins/Configured/config?user={user}")["set"]


def test_values_are_json_or_text_and_keys_may_be_paths(served: Served, user: str) -> None:
    values = ["hours=12", "zone.name=UTC", "zone.dst=true", 'colours=["red"]', "label=a=b c"]
    said = served.say("configure", "configured", *values, "--user", user)
    expected = {
        "hours": 12,
        "zone": {"name": "UTC", "dst": True},
        "colours": ["red"],
        "label": "a=b c",
    }
    assert json.loads(said) == given(served, user) == expected
    said = served.say("configure", "Configured", "label=x", "--unset", "zone.dst", "--user", user)
    assert json.loads(said) == {**expected, "zone": {"name": "UTC"}, "label": "x"}
    served.say("configure", "Configured", "--unset", "hours", "--unset", "zone", "--user", user)
    assert given(served, user) == {"colours": ["red"], "label": "x"}
    assert json.loads(served.say("configure", "Configured", "--user", user))["hours"] == 24


def test_a_file_replaces_everything(served: Served, user: str) -> None:
    served.ask("PUT", f"plugins/Configured/config?user={user}", {"config": {"label": "old"}})
    (served.folder / "clock.json").write_text('{"hours": 12}')
    found = served.json("configure", "Configured", "--file", "clock.json", "--user", user)
    assert (found["config"], found["slug"]) == ({"hours": 12}, "Configured")
    done = served.run(
        "configure", "Configured", "--file", "-", "--user", user, stdin='{"label": "piped"}'
    )
    assert (done.returncode, given(served, user)) == (0, {"label": "piped"})
    found = served.json("configure", "Configured", "--user", user)
    assert (found["set"], found["schema"]) == ({"label": "piped"}, SCHEMA)


def test_what_the_schema_refuses_is_said_in_one_line(served: Served, user: str) -> None:
    line = served.refused("configure", "Configured", "hours=13", "--user", user)
    assert line.startswith("pluginhub: Configured@1.0.0 refuses the configuration: hours: ")
    assert given(served, user) == {}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("hours",), "'hours' is not KEY=VALUE"),
        (("=12",), "'=12' is not KEY=VALUE"),
        (("zone=1", "zone.name=UTC"), "zone.name: zone is given a value of its own as well"),
        (("zone.name=UTC", "zone=1"), "zone is given twice"),
        (("hours=12", "--unset", "hours"), "hours is given twice"),
        (("hours=12", "--file", "-"), "--file replaces everything"),
        (("--file", "-"), "is not JSON"),
    ],
)
def test_what_cannot_be_read_is_wrong_usage(arguments: tuple[str, ...], words: str) -> None:
    said = misused("configure", "Configured", *arguments, "--user", "ben", stdin="nonsense")
    assert words in said


def test_a_plugin_is_pinned_and_set_free(served: Served) -> None:
    served.publish(bundles.bundle("Pinned"), bundles.bundle("Pinned", "2.0.0"))
    user = served.user(Pinned="1.0.0")
    said = served.say("pin", "pinned", "--user", user)
    assert said == f"Pinned of {user} is pinned to =1.0.0\n"
    assert served.json("pin", "Pinned@^1", "--user", user)["pin"] == "^1"
    held = served.say("update", "Pinned", "--user", user)
    assert held == (
        f"Pinned of {user} is on 1.0.0 already\n"
        "Pinned is pinned to ^1, and 2.0.0 is outside of it\n"
    )
    assert served.say("unpin", "Pinned", "--user", user) == f"Pinned of {user} is not pinned\n"
    assert served.refused("pin", "Pinned@^9", "--user", user) == (
        "pluginhub: Pinned is on 1.0.0, which is outside of ^9; update it first"
    )


def test_a_pin_without_a_range_after_its_sign_is_refused(served: Served) -> None:
    served.publish(bundles.bundle("Loose"))
    user = served.user(Loose=None)
    assert served.refused("pin", "Loose@", "--user", user).startswith("pluginhub: range: ")
    assert served.installed(user)["Loose"]["pin"] is None


CHANGES = [
    ("configure", "Planned", "label=x"),
    ("configure", "Planned", "--file", "planned.json"),
    ("pin", "Planned"),
    ("unpin", "Planned"),
    ("channel", "Planned", "prerelease"),
]


def test_a_change_is_shown_and_carried_out_as_it_was_shown(served: Served) -> None:
    served.publish(bundles.bundle("Planned", config_schema=SCHEMA))
    (served.folder / "planned.json").write_text('{"label": "filed"}')
    user = served.user(Planned=None)
    for verb, *arguments in CHANGES:
        before = served.installed(user)
        lines = served.say(verb, *arguments, "--dry-run", "--user", user).splitlines()
        assert lines[0] == f"{verb} Planned 1.0.0: it was asked for"
        assert served.json(verb, *arguments, "--dry-run", "--user", user)["plan"]["verb"] == verb
        assert served.installed(user) == before
        plan_id = lines[-1].removeprefix("plan ")
        refused = served.refused(verb, *arguments, "--plan", plan_id[:-1], "--user", user)
        assert "the plan is no longer what was shown" in refused
        assert served.installed(user) == before
        served.say(verb, *arguments, "--plan", plan_id, "--user", user)
        assert served.installed(user) != before


def test_where_there_is_nothing_to_do_that_is_said(served: Served) -> None:
    served.publish(bundles.bundle("Settled", config_schema=SCHEMA))
    user = served.user(Settled=None)
    served.say("configure", "Settled", "label=x", "--user", user)
    served.say("pin", "Settled", "--user", user)
    for arguments in [("configure", "Settled", "label=x"), ("pin", "Settled")]:
        assert served.say(*arguments, "--user", user) == "Settled: it is so already\n"
    served.say("unpin", "Settled", "--user", user)
    for arguments in [("unpin", "Settled"), ("channel", "Settled", "stable")]:
        assert served.say(*arguments, "--user", user) == "Settled: it is so already\n"
    assert served.json("unpin", "Settled", "--user", user)["pin"] is None


@pytest.mark.parametrize("option", [("--dry-run",), ("--plan", "x"), ("--plan", "")])
def test_only_a_change_can_be_planned(option: tuple[str, ...]) -> None:
    said = misused("configure", "Configured", *option, "--user", "ben")
    assert "there is nothing to plan" in said


@pytest.mark.parametrize("verb", ["configure", "pin", "unpin", "channel"])
def test_what_runs_no_hooks_has_none_to_skip(verb: str) -> None:
    assert "--skip-hooks" in misused(verb, "Configured", "--skip-hooks", "--user", "ben")


def test_a_channel_is_chosen(served: Served) -> None:
    served.publish(bundles.bundle("Early"))
    user = served.user(Early=None)
    said = served.say("channel", "early", "prerelease", "--user", user)
    assert said == f"Early of {user} is on the channel prerelease\n"
    assert served.json("channel", "Early", "stable", "--user", user)["channel"] == "stable"
    assert "'beta'" in misused("channel", "Early", "beta", "--user", user)
