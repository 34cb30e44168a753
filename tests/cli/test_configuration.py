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


def test_a_channel_is_chosen(served: Served) -> None:
    served.publish(bundles.bundle("Early"))
    user = served.user(Early=None)
    said = served.say("channel", "early", "prerelease", "--user", user)
    assert said == f"Early of {user} is on the channel prerelease\n"
    assert served.json("channel", "Early", "stable", "--user", user)["channel"] == "stable"
    assert "'beta'" in misused("channel", "Early", "beta", "--user", user)
