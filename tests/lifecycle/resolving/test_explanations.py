from pluginhub.lifecycle.resolving.explanations import Explanations
from pluginhub.lifecycle.resolving.releases import Candidate, Installed, Link, Releases, Wish
from pluginhub.lifecycle.resolving.search import Clash

CHARTS = [Candidate("Charts", version, {}, {}, None) for version in ("1.0.0", "2.0.0")]
APP = Candidate("App", "1.0.0", {}, {}, None)


def explanations(*wishes: Wish, pin: str | None = None) -> Explanations:
    installed = {"charts": Installed(CHARTS[0], pin)}
    releases = Releases({"charts": CHARTS, "app": [APP]}, installed, wishes, None)
    return Explanations(releases, installed, wishes)


def link(name: str, range_: str, by: Candidate = APP, *, needs: bool = True) -> Link:
    return Link(by, needs, name, range_)


def message(*links: Link, wishes: tuple[Wish, ...] = (Wish("app"),)) -> str:
    return explanations(*wishes).unsatisfiable(Clash(frozenset(), links)).message


def test_slugs_are_spelled_as_the_plugin_spells_them() -> None:
    assert explanations().name("charts") == "Charts"
    assert explanations().name("ghost") == "ghost"
    assert explanations().reason(link("charts", "^1")) == "App 1.0.0 needs Charts ^1"
    assert explanations().reason(link("Ghost", "*", needs=False)) == (
        "App 1.0.0 conflicts with Ghost *"
    )


def test_every_side_is_said_once() -> None:
    twice = (link("charts", "^2"), link("charts", "<2", CHARTS[0]), link("charts", "^2"))
    assert message(*twice) == (
        "App 1.0.0 needs Charts ^2; Charts 1.0.0, which you have, needs Charts <2"
    )


def test_a_need_that_leaves_everything_is_said_only_if_nothing_else_asks() -> None:
    assert message(link("charts", "^2"), link("charts", "*")) == "App 1.0.0 needs Charts ^2"
    assert message(link("charts", "*")) == "App 1.0.0 needs Charts *"


def test_a_message_stays_readable() -> None:
    many = [link("charts", f"^{number}") for number in range(30)]
    error = explanations(Wish("app")).unsatisfiable(Clash(frozenset(), tuple(many)))
    assert len(error.fields["causes"]) == error.message.count("; ") + 1 == 10


def test_what_was_asked_for_is_said_of_what_others_need() -> None:
    wishes = (Wish("app"), Wish("charts", "=1.0.0"))
    assert message(link("charts", "^2"), wishes=wishes) == (
        "App 1.0.0 needs Charts ^2; Charts =1.0.0 is asked for"
    )


def test_a_pin_is_said_where_it_matters() -> None:
    pinned = explanations(Wish("charts"), pin="^1")
    clash = Clash(frozenset(), (link("charts", "^2"),))
    assert "Charts is pinned to ^1" in pinned.unsatisfiable(clash).message
    clash_of_any = Clash(frozenset(), (link("charts", "*"),))
    assert "Charts is pinned to ^1" in pinned.unsatisfiable(clash_of_any).message
    kept = explanations(Wish("app"), pin="^1")
    assert kept.unsatisfiable(clash).message == "App 1.0.0 needs Charts ^2; Charts is pinned to ^1"
    for range_ in ("^1", "*", "^9"):  # it stays, it stays, it could go nowhere
        clash = Clash(frozenset(), (link("charts", range_),))
        assert "pinned" not in kept.unsatisfiable(clash).message
    clash = Clash(frozenset(), (link("charts", "^2"),))
    roomy = explanations(Wish("app"), pin=">=1").unsatisfiable(clash)
    assert "pinned" not in roomy.message
    clash = Clash(frozenset(), (link("charts", "^2"), link("charts", "*", needs=False)))
    assert "pinned" not in kept.unsatisfiable(clash).message
    clash = Clash(frozenset(), (link("charts", "^2"), link("app", "^9")))
    assert "Charts is pinned to ^1" in kept.unsatisfiable(clash).message
