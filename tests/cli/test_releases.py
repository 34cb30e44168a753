import pytest

from tests import bundles
from tests.cli.conftest import Served, misused

pytestmark = pytest.mark.timeout(60)  # several processes start


def test_a_release_is_withdrawn_and_brought_back(served: Served) -> None:
    served.publish(bundles.bundle("Sundial"), bundles.bundle("Sundial", "1.1.0"))
    user = served.user(Sundial="1.1.0")
    said = served.say("yank", "sundial@1.1.0", "--reason", "it is dark")
    assert said == "Sundial 1.1.0 is withdrawn\n"
    assert "it is dark" in served.say("show", "Sundial")
    listed = served.say("list", "--user", user)
    assert "Sundial 1.1.0 was withdrawn: it is dark" in listed
    undone = served.json("yank", "Sundial@1.1.0", "--undo")
    assert (undone["version"], undone["yanked"]) == ("1.1.0", False)


def test_a_dry_run_says_who_keeps_what_would_be_withdrawn(served: Served) -> None:
    served.publish(bundles.bundle("Gnomon"))
    user = served.user(Gnomon=None)
    said = served.say("yank", "gnomon@1.0.0", "--reason", "it is dark", "--dry-run")
    assert said == ("1 user has Gnomon@1.0.0, and will keep it\nnobody new gets Gnomon@1.0.0\n")
    assert served.installed(user)["Gnomon"]["notice"] is None
    served.say("yank", "Gnomon@1.0.0")
    plan = served.json("yank", "Gnomon@1.0.0", "--undo", "--dry-run")["plan"]
    assert (plan["verb"], [note["code"] for note in plan["notes"]]) == (
        "unyank",
        ["kept", "offered"],
    )
    assert served.installed(user)["Gnomon"]["notice"] is not None


def test_what_is_withdrawn_is_named_with_its_version(served: Served) -> None:
    assert "name the release as SLUG@VERSION" in misused("yank", "Sundial")
    assert served.refused("yank", "Nope@1.0.0") == "pluginhub: there is no plugin 'Nope'"


def test_a_release_is_kept_and_let_go_again(served: Served) -> None:
    served.publish(bundles.bundle("Keeper"))
    said = served.say("keep", "Keeper@1.0.0")
    assert said == "Keeper 1.0.0 stays, whether somebody has it or not\n"
    assert served.json("keep", "Keeper@1.0.0", "--undo")["keep"] is False
    assert "name the release as SLUG@VERSION" in misused("keep", "Keeper")


def test_a_release_is_approved(served: Served) -> None:
    served.publish(bundles.bundle("Approved"))
    said = served.say("approve", "Approved@1.0.0")
    assert said == "the hooks of Approved 1.0.0 run from now on\n"
