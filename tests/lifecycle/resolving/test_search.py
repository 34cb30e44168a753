import pytest

from pluginhub.lifecycle.resolving.releases import Candidate, Installed, Releases
from pluginhub.lifecycle.resolving.search import ImpossibleError, OutOfBudgetError, Search


def release(name: str, needs: dict[str, str] | None = None) -> Candidate:
    slug, version = name.split()
    return Candidate(slug, version, needs or {}, {}, None)


APP = release("App 1.0.0", {"Charts": "^1"})
CHARTS = [release("Charts 1.0.0"), release("Charts 1.1.0"), release("Charts 2.0.0")]


def search(*releases: Candidate, budget: float = 5, **installed: Installed) -> Search:
    index: dict[str, list[Candidate]] = {}
    for each in releases:
        index.setdefault(each.slug.lower(), []).append(each)
    known = Releases(index, installed, [], None)
    return Search(known, installed, {"app": known.eligible("app")}, budget)


def test_what_had_to_be_decided_is_found() -> None:
    found = search(APP, *CHARTS)
    assert [str(each) for each in found.run().values()] == ["App 1.0.0", "Charts 1.1.0"]
    assert found.mover("charts").by is APP


def test_what_fits_is_not_decided() -> None:
    found = search(APP, *CHARTS, charts=Installed(CHARTS[0], None))
    assert [str(each) for each in found.run().values()] == ["App 1.0.0"]


def test_a_failure_tells_what_stood_against_the_highest_release() -> None:
    newer = release("App 2.0.0", {"Charts": "^9"})
    older = release("App 1.0.0", {"Charts": "^8"})
    with pytest.raises(ImpossibleError) as caught:
        search(newer, older, *CHARTS).run()
    assert [(str(link.by), link.range) for link in caught.value.clash.links] == [
        ("App 2.0.0", "^9")
    ]


def test_what_is_pinned_is_decided_within_its_pin() -> None:
    found = search(APP, *CHARTS, charts=Installed(CHARTS[2], "<1.1")).run()
    assert [str(each) for each in found.values()] == ["App 1.0.0", "Charts 1.0.0"]
    with pytest.raises(ImpossibleError) as caught:
        search(APP, *CHARTS, charts=Installed(CHARTS[2], "^2")).run()
    assert [(str(link.by), link.range) for link in caught.value.clash.links] == [
        ("App 1.0.0", "^1")
    ]


def test_without_time_there_is_no_answer() -> None:
    with pytest.raises(OutOfBudgetError):
        search(APP, *CHARTS, budget=-1).run()


def test_what_has_nothing_to_do_with_a_failure_is_not_tried_again() -> None:
    app = release("App 1.0.0", {"Base": "*", "End": "*"} | {f"Other{n}": "*" for n in range(12)})
    others = [release(f"Other{n} {major}.0.0") for n in range(12) for major in range(1, 9)]
    base = [release(f"Base {major}.0.0", {f"Seen{major}": "*"}) for major in (1, 2)]
    seen = [release("Seen1 1.0.0"), release("Seen2 1.0.0")]
    end = [release(f"End {major}.0.0", {"Late": "*"}) for major in range(1, 9)]
    late = [release(f"Late {major}.0.0", {"Base": "<2"}) for major in range(1, 9)]
    found = search(app, *others, *base, *seen, *end, *late, budget=2).run()
    assert str(found["base"]) == "Base 1.0.0"


def test_what_is_in_the_way_for_good_is_found_without_trying_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others = [release(f"Other{n} {major}.0.0") for n in range(10) for major in range(1, 25)]
    app = release("App 1.0.0", {"Charts": ">=2"} | {other.slug: "*" for other in others})
    charts = [release(f"Charts {major}.0.0") for major in range(1, 20)]
    reports = Installed(release("Reports 1.0.0", {"Charts": "<2"}), None)
    monkeypatch.setattr("pluginhub.lifecycle.resolving.search._MAX_STEPS", 30)
    with pytest.raises(ImpossibleError):
        search(app, *others, *charts, charts=Installed(charts[0], None), reports=reports).run()


def test_the_steps_of_a_search_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pluginhub.lifecycle.resolving.search._MAX_STEPS", 2)
    with pytest.raises(OutOfBudgetError):
        search(APP, *CHARTS).run()
