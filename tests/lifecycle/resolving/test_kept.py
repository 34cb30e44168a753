from pluginhub.lifecycle.resolving.kept import Kept
from pluginhub.lifecycle.resolving.releases import Candidate, Installed, Releases, Wish


def release(name: str, needs: dict[str, str] | None = None, **conflicts: str) -> Candidate:
    slug, version = name.split()
    return Candidate(slug, version, needs or {}, conflicts, None)


CHARTS = [release("Charts 2.0.0"), release("Charts 3.0.0", reports="<2")]
REPORTS = [release("Reports 1.0.0", {"Charts": "<3", "Ghost": "*"}), release("Reports 2.0.0")]
SUITE = release("Suite 1.0.0", {"Reports": "^2"})


def kept(*wished: str, pin: str | None = None) -> Kept:
    index = {"charts": CHARTS, "reports": REPORTS, "suite": [SUITE]}
    installed = {"charts": Installed(CHARTS[0], None), "reports": Installed(REPORTS[0], pin)}
    wishes = [Wish(slug) for slug in wished]
    return Kept(Releases(index, installed, wishes, None), installed, wished)


def test_what_is_installed_and_not_wished_for_is_kept() -> None:
    found = kept("charts")
    assert [slug for slug in ("charts", "reports", "suite") if slug in found] == ["reports"]


def test_an_installed_release_asks_only_for_what_it_has() -> None:
    installed, newer = 1, 0
    assert [link.name for link in kept().links("reports", installed)] == ["Charts"]
    assert [link.name for link in kept().links("charts", newer)] == ["reports"]


def test_needs_and_conflicts_stand_against_a_new_release_and_not_against_an_old_one() -> None:
    assert [(link.by.slug, slug) for link, slug in kept("charts").against("charts", 0)] == [
        ("Reports", "reports"),
        ("Charts", "reports"),
    ]
    assert list(kept("charts").against("charts", 1)) == []


def test_only_what_a_wish_leads_to_may_move() -> None:
    assert kept("suite").may_move("reports")
    assert not kept("charts").may_move("reports")
    assert kept("suite", pin="*").may_move("reports")
    assert not kept("suite", pin="^1").may_move("reports")


def test_a_pin_leaves_room_within_it() -> None:
    assert kept("suite").room("reports") == 0b11
    assert kept("suite", pin="^2").room("reports") == 0b01
    assert kept("suite", pin="no range").room("reports") == 0
    assert kept("suite", pin="^2").room("suite") == 0b1


def test_a_mover_is_a_choice_with_another_way_to_the_plugin() -> None:
    index = {
        "a": [release("A 2.0.0"), release("A 1.0.0", {"Reports": "^2"})],
        "b": [release("B 2.0.0"), release("B 1.0.0", {"Reports": "^1"})],
        "c": [release("C 2.0.0"), release("C 1.0.0", {"A": "*"})],
        "reports": REPORTS,
    }
    installed = {"reports": Installed(REPORTS[0], None)}
    found = Kept(Releases(index, installed, [], None), installed, ["a", "b", "c"])
    assert found.movers("reports", {"a": 0, "b": 0, "c": 0}) == {"a"}
    assert found.movers("reports", {"b": 0, "c": 0}) == {"c"}
