import re

import pytest

from pluginhub.cli.context import Context
from tests import bundles
from tests.cli.conftest import Served
from tests.conftest import hooked

pytestmark = pytest.mark.timeout(60)  # several processes start

HOOKS = """
def status(self, context):
    return Status("unhealthy", f"{context.user_name} has no spring", {"springs": 0})
"""


@pytest.fixture(name="user")
def _user(served: Served) -> str:
    """A user with a short past."""
    served.publish(hooked(HOOKS, "Recorded"), bundles.bundle("Recorded", "1.1.0"))
    user = served.user(Recorded="1.0.0")
    served.ask("PUT", f"plugins/Recorded/pin?user={user}", {"range": "~1.0"})
    return user


def rows(table: str) -> list[list[str]]:
    """Return the cells of a table that was printed, without its head."""
    body = re.split(r"─ *\n", table)[1]
    return [re.split(r"  +", line.strip()) for line in body.splitlines() if line.strip()]


def test_a_plugin_says_how_it_is(served: Served, user: str) -> None:
    said = served.say("status", "recorded", "--user", user)
    assert said == f"Recorded 1.0.0 is unhealthy: {user} has no spring\n"
    assert served.json("status", "Recorded", "--user", user)["details"] == {"springs": 0}


ODD = "[/foo] :smile: [bold]x \x1b[2J\u202e\x9b\nnext \\ é"
SHOWN = r"[/foo] :smile: [bold]x \x1b[2J\u202e\x9b\nnext \ é"


def test_nothing_that_is_printed_moves_the_cursor_or_is_read_as_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    context = Context(None, {}, as_json=False, quiet=False)
    context.say(ODD, "ours")
    assert capsys.readouterr().out == f"{SHOWN}\nours\n"
    context.show({}, ODD, "ours")
    assert capsys.readouterr().out == f"{SHOWN}\nours\n"
    context.show_table({}, ("text",), [(ODD,), ("[1]",)])
    assert rows(capsys.readouterr().out) == [[SHOWN], ["[1]"]]


def test_what_a_plugin_says_stays_on_its_line(served: Served) -> None:
    hook = f"def status(self, context): return Status('unhealthy', {ODD!r})"
    failing = f"def on_disable(self, context): raise ValueError({ODD!r})"
    served.publish(hooked(f"{hook}\n{failing}", "Loud"))
    user = served.user(Loud=None)
    said = served.say("status", "Loud", "--user", user)
    assert said == f"Loud 1.0.0 is unhealthy: {SHOWN}\n"
    line = served.refused("disable", "Loud", "--user", user)
    assert line.endswith(f"ValueError: {SHOWN}")
    line = served.refused("status", "\x1b[2J", "--user", user)
    assert line == r"pluginhub: \x1b[2J is not installed"


def test_it_is_explained_why_a_plugin_is_as_it_is(served: Served, user: str) -> None:
    lines = served.say("explain", "recorded", "--user", user).splitlines()
    assert lines[:-1] == [
        f"Recorded 1.0.0 of {user} is on",
        "- Recorded is pinned to ~1.0",
        "- Recorded is pinned to ~1.0, and 1.1.0 is outside of it",
    ]
    assert re.fullmatch(r"- last change: pin by operator at 20\S+Z", lines[-1])
    found = served.json("explain", "Recorded", "--user", user)
    assert [reason["code"] for reason in found["reasons"]] == ["pin", "pinned"]


def test_the_history_is_a_table_the_newest_first(served: Served, user: str) -> None:
    pinned, installed = rows(served.say("history", "Recorded", "--user", user))
    assert pinned[1:] == ["pin", "Recorded@1.0.0", "operator", "reason asked-for, pin ~1.0"]
    assert installed[1:] == ["install", "Recorded@1.0.0", "operator", "reason asked-for"]
    found = served.json("history", "--limit", "1", "--user", user)
    assert [item["action"] for item in found["history"]] == ["pin"]


def test_the_audit_is_searched(served: Served, user: str) -> None:
    served.run("install", "Recorded", "--user", user)
    found = served.json("audit", "--user", user, "--plugin", "Recorded", "--action", "install")
    assert [item["result"] for item in found["audit"]] == ["already-installed", "done"]
    [row] = rows(served.say("audit", "--result", "already-installed", "--limit", "1"))
    assert row[1:] == [
        "operator",
        "127.0.0.1",
        "install",
        "Recorded",
        user,
        "already-installed",
    ]
    assert served.json("audit", "--user", "ghost")["audit"] == []


@pytest.mark.usefixtures("user")
def test_managers_are_listed(served: Served) -> None:
    [row] = [row for row in rows(served.say("managers")) if row[0] == "Recorded"]
    assert (row[1], int(row[2]) >= 1, int(row[5]) > 1) == ("1.0.0", True, True)
    [found] = [item for item in served.json("managers")["managers"] if item["slug"] == "Recorded"]
    assert found["pid"] == int(row[5])
