import random
import time
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluginhub import versions
from pluginhub.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    TooComplexError,
    UnsatisfiableError,
    YankedError,
)
from pluginhub.lifecycle.resolver import Candidate, Installed, Resolution, Wish, resolve
from tests.lifecycle.resolving.brute_force import BruteForce

Index = dict[str, list[Candidate]]


def release(name: str, needs: dict[str, str] | None = None, **more: Any) -> Candidate:
    slug, version = name.split()
    conflicts = more.pop("conflicts", {})
    return Candidate(slug, version, needs or {}, conflicts, more.pop("host", None), **more)


def index_of(*releases: Candidate) -> Index:
    index: Index = {}
    for each in releases:
        index.setdefault(each.slug.lower(), []).append(each)
    return index


def having(*releases: Candidate, **pins: str) -> dict[str, Installed]:
    return {each.slug.lower(): Installed(each, pins.get(each.slug.lower())) for each in releases}


def resolved(
    index: Mapping[str, Sequence[Candidate]],
    *wishes: Wish | str,
    installed: Mapping[str, Installed] | None = None,
    host: str | None = None,
) -> Resolution:
    asked = [Wish(wish) if isinstance(wish, str) else wish for wish in wishes]
    return resolve(index, installed or {}, asked, host_version=host)


def chosen(resolution: Resolution) -> set[str]:
    return {str(each) for each in resolution.releases.values()}


def refusal(*arguments: Any, **more: Any) -> UnsatisfiableError:
    with pytest.raises(UnsatisfiableError) as caught:
        resolved(*arguments, **more)
    assert not isinstance(caught.value, TooComplexError)
    return caught.value


CHARTS = [release(f"Charts {version}") for version in ("1.0.0", "2.0.0", "3.0.0", "3.1.0")]
DASHBOARDS = [
    release("Dashboard 1.0.0", {"Charts": "<3"}),
    release("Dashboard 2.1.0", {"Charts": "^3"}),
]
REPORTS = release("Reports 1.4.0", {"Charts": "<3"})
PLUGINS = index_of(*CHARTS, *DASHBOARDS, REPORTS)


def test_a_wish_brings_the_highest_release_and_what_it_needs() -> None:
    found = resolved(PLUGINS, "dashBOARD")
    assert chosen(found) == {"Dashboard 2.1.0", "Charts 3.1.0"}
    assert found.reasons == {"charts": "Dashboard 2.1.0 needs Charts ^3"}


def test_nothing_changes_without_a_wish() -> None:
    found = resolved(PLUGINS, installed=having(REPORTS, CHARTS[0]))
    assert chosen(found) == {"Reports 1.4.0", "Charts 1.0.0"}
    assert found.reasons == {}


def test_needs_are_followed_all_the_way_and_in_circles() -> None:
    index = index_of(
        release("A 1.0.0", {"b": "*"}),
        release("B 1.0.0", {"C": "*"}),
        release("C 1.0.0", {"A": "^1", "D": "*"}),
        release("D 1.0.0"),
        release("E 1.0.0"),
    )
    found = resolved(index, "A")
    assert chosen(found) == {"A 1.0.0", "B 1.0.0", "C 1.0.0", "D 1.0.0"}
    assert found.reasons["d"] == "C 1.0.0 needs D *"


def test_a_long_chain_is_no_problem() -> None:
    chain = [release(f"P{each} 1.0.0", {f"P{each + 1}": "^1"}) for each in range(1500)]
    found = resolved(index_of(*chain, release("P1500 1.0.0")), "P0")
    assert len(found.releases) == 1501


def test_a_lower_release_is_taken_where_the_highest_does_not_fit() -> None:
    found = resolved(PLUGINS, "Dashboard", installed=having(REPORTS, CHARTS[1]))
    assert chosen(found) == {"Dashboard 1.0.0", "Charts 2.0.0", "Reports 1.4.0"}
    assert found.reasons == {}


def test_what_stands_in_the_way_is_said_with_both_sides() -> None:
    error = refusal(PLUGINS, Wish("Dashboard", "^2"), installed=having(REPORTS, CHARTS[1]))
    assert error.message == (
        "Dashboard 2.1.0 needs Charts ^3; Reports 1.4.0, which you have, needs Charts <3"
    )
    assert error.fields == {
        "slug": "Dashboard",
        "causes": [
            {"by": "Dashboard 2.1.0", "needs": "Charts", "range": "^3"},
            {"by": "Reports 1.4.0", "needs": "Charts", "range": "<3"},
        ],
    }


def test_a_dependency_stays_on_its_release_if_that_fits() -> None:
    found = resolved(PLUGINS, "Dashboard", installed=having(CHARTS[2]))
    assert chosen(found) == {"Dashboard 2.1.0", "Charts 3.0.0"}
    assert found.reasons == {}


def test_a_dependency_moves_if_its_release_does_not_fit() -> None:
    found = resolved(PLUGINS, "Dashboard", installed=having(CHARTS[0]))
    assert chosen(found) == {"Dashboard 2.1.0", "Charts 3.1.0"}
    assert found.reasons == {"charts": "Dashboard 2.1.0 needs Charts ^3"}


def test_what_is_pinned_does_not_move() -> None:
    installed = having(CHARTS[1], charts="=2.0.0")
    assert chosen(resolved(PLUGINS, "Dashboard", installed=installed)) == {
        "Dashboard 1.0.0",
        "Charts 2.0.0",
    }
    error = refusal(PLUGINS, Wish("Dashboard", ">=2"), installed=installed)
    assert error.message == "Dashboard 2.1.0 needs Charts ^3; Charts is pinned to =2.0.0"


def test_what_is_pinned_to_a_range_moves_within_it() -> None:
    index = index_of(
        *(
            release(f"B {version}")
            for version in ("1.0.0", "1.1.0", "1.2.0-rc.1", "1.3.0", "2.0.0")
        ),
        release("A 1.0.0", {"B": ">=1.1"}),
        release("A 2.0.0", {"B": ">=2"}),
        release("C 1.0.0", {"B": "<1.3"}),
    )
    old = index["b"][0]
    found = resolved(index, "A", installed=having(old, b="^1"))
    assert chosen(found) == {"A 1.0.0", "B 1.3.0"}
    assert found.reasons == {"b": "A 1.0.0 needs B >=1.1"}
    installed = having(old, index["c"][0], b="^1")
    assert chosen(resolved(index, "A", installed=installed)) == {"A 1.0.0", "B 1.1.0", "C 1.0.0"}
    error = refusal(index, Wish("A", "^2"), installed=having(old, b="^1"))
    assert error.message == "A 2.0.0 needs B >=2; B is pinned to ^1"
    assert chosen(resolved(index, "A", installed=having(index["b"][3], b="^1"))) == {
        "A 1.0.0",
        "B 1.3.0",
    }


def test_what_is_pinned_to_a_range_moves_only_if_its_releases_there_work() -> None:
    index = index_of(
        release("B 1.0.0"),
        release("B 1.1.0", {"Map": "*"}),
        release("B 2.0.0"),
        release("A 1.0.0", {"B": ">=1.1"}),
    )
    error = refusal(index, "A", installed=having(index["b"][0], b="^1"))
    assert error.message == (
        "A 1.0.0 needs B >=1.1; B 1.1.0 needs Map *, and there is no plugin Map; B is pinned to ^1"
    )


def test_what_is_merely_installed_does_not_move_to_make_room() -> None:
    newer = release("Reports 2.0.0", {"Charts": "^3"})
    index = index_of(*CHARTS, *DASHBOARDS, REPORTS, newer)
    installed = having(REPORTS, CHARTS[1])
    error = refusal(index, Wish("Dashboard", "^2"), installed=installed)
    assert "Reports 1.4.0, which you have, needs Charts <3" in error.message
    found = resolved(index, Wish("Dashboard", "^2"), "Reports", installed=installed)
    assert chosen(found) == {"Dashboard 2.1.0", "Charts 3.1.0", "Reports 2.0.0"}


def test_what_has_to_move_takes_its_own_needs_along() -> None:
    newer = release("Reports 2.0.0", {"Charts": "^3"})
    suite = release("Suite 1.0.0", {"Charts": "^3", "Extra": "*"})
    index = index_of(*CHARTS, REPORTS, newer, suite, release("Extra 1.0.0", {"Reports": "^2"}))
    found = resolved(index, "Suite", installed=having(REPORTS, CHARTS[1]))
    assert chosen(found) == {"Suite 1.0.0", "Extra 1.0.0", "Reports 2.0.0", "Charts 3.1.0"}
    assert found.reasons["reports"] == "Extra 1.0.0 needs Reports ^2"


def test_a_lower_release_is_taken_if_only_that_moves_what_is_in_the_way() -> None:
    index = index_of(
        *CHARTS,
        REPORTS,
        release("Reports 2.0.0"),
        release("Suite 1.0.0", {"Charts": "^3", "Help": "*"}),
        release("Help 2.0.0"),
        release("Help 1.0.0", {"Reports": "^2"}),
    )
    found = resolved(index, "Suite", installed=having(REPORTS, CHARTS[1]))
    assert chosen(found) == {"Suite 1.0.0", "Help 1.0.0", "Reports 2.0.0", "Charts 3.1.0"}


def test_what_was_broken_before_blocks_nothing() -> None:
    lonely = release("Lonely 1.0.0", {"Ghost": "*", "Charts": "^9"}, conflicts={"Odd": "*"})
    odd = release("Odd 1.0.0")
    index = index_of(*CHARTS, *DASHBOARDS, lonely, odd)
    installed = having(lonely, odd, CHARTS[0])
    assert "Dashboard 2.1.0" in chosen(resolved(index, "Dashboard", installed=installed))
    assert "Odd 1.0.0" in chosen(resolved(index, "Lonely", "Odd", installed=installed))


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish("Charts"), "3.1.0"),
        (Wish("Charts", "<3"), "2.0.0"),
        (Wish("Charts", "=1.0.0"), "1.0.0"),
        (Wish("Charts", "^3 <3.1"), "3.0.0"),
    ],
)
def test_a_wish_moves_what_is_installed_down_only_by_its_range(wish: Wish, expected: str) -> None:
    found = resolved(PLUGINS, wish, installed=having(CHARTS[2]))
    assert chosen(found) == {f"Charts {expected}"}


def test_without_a_range_nothing_goes_below_what_is_installed() -> None:
    gone = release("Charts 9.0.0")
    assert chosen(resolved(PLUGINS, "Charts", installed=having(gone))) == {"Charts 9.0.0"}
    wishes = (Wish("Reports"), Wish("Charts", " * "))
    error = refusal(PLUGINS, *wishes, installed=having(CHARTS[2]))
    assert error.message == (
        "Reports 1.4.0 needs Charts <3; "
        "Charts 3.0.0, which you have, goes down only if that is asked for"
    )


def test_a_pin_holds_a_wish() -> None:
    installed = having(CHARTS[2], charts="^3 <3.1")
    assert chosen(resolved(PLUGINS, "Charts", installed=installed)) == {"Charts 3.0.0"}
    error = refusal(PLUGINS, Wish("Charts", "<3"), installed=installed)
    assert error.message == "Charts is pinned to ^3 <3.1, and <3 is asked for"
    assert error.fields["causes"] == [{"by": None, "needs": "Charts", "range": "<3"}]


def test_an_earlier_wish_goes_before_a_later_one() -> None:
    index = index_of(
        release("A 2.0.0", {"C": "=2.0.0"}),
        release("A 1.0.0", {"C": "=1.0.0"}),
        release("B 2.0.0", {"C": "=1.0.0"}),
        release("B 1.0.0", {"C": "=2.0.0"}),
        release("C 1.0.0"),
        release("C 2.0.0"),
    )
    assert {"A 2.0.0", "B 1.0.0"} <= chosen(resolved(index, "A", "B"))
    assert {"B 2.0.0", "A 1.0.0"} <= chosen(resolved(index, "B", "A"))


def test_two_wishes_for_one_plugin_both_hold() -> None:
    found = resolved(PLUGINS, Wish("Charts", ">=2"), Wish("charts", "<3.1"))
    assert chosen(found) == {"Charts 3.0.0"}
    error = refusal(PLUGINS, Wish("Charts", ">=3"), Wish("Charts", "<3"))
    assert error.message == (
        "Charts >=3 and <3 is asked for, and the releases of Charts are 3.1.0, 3.0.0, 2.0.0, 1.0.0"
    )


def test_two_wishes_that_do_not_go_together_are_both_named() -> None:
    error = refusal(PLUGINS, Wish("Charts", "=2.0.0"), Wish("Dashboard", "^2"))
    assert error.message == "Dashboard 2.1.0 needs Charts ^3; Charts =2.0.0 is asked for"


BETA = index_of(
    release("App 1.0.0"), release("App 2.0.0-rc.1"), release("User 1.0.0", {"App": "*"})
)


def test_a_prerelease_comes_only_if_it_is_asked_for() -> None:
    assert chosen(resolved(BETA, "App")) == {"App 1.0.0"}
    assert chosen(resolved(BETA, Wish("App", prereleases=True))) == {"App 2.0.0-rc.1"}
    assert chosen(resolved(BETA, Wish("App", ">=2.0.0-rc.0"))) == {"App 2.0.0-rc.1"}
    assert "App 1.0.0" in chosen(resolved(BETA, Wish("User", prereleases=True)))
    old = Installed(BETA["app"][0], None, "prerelease")
    assert chosen(resolved(BETA, "App", installed={"app": old})) == {"App 2.0.0-rc.1"}


def test_an_installed_prerelease_meets_needs_and_wishes() -> None:
    installed = having(BETA["app"][1])
    assert chosen(resolved(BETA, "User", "App", installed=installed)) == {
        "App 2.0.0-rc.1",
        "User 1.0.0",
    }


def test_conflicts_count_in_both_directions() -> None:
    index = index_of(
        release("A 1.0.0"),
        release("A 2.0.0", conflicts={"b": "<2"}),
        release("B 1.0.0"),
        release("C 1.0.0", conflicts={"A": ">=2", "Ghost": "*"}),
        release("C 2.0.0", conflicts={"C": "*"}),
    )
    old = having(index["b"][0])
    assert "A 1.0.0" in chosen(resolved(index, "A", installed=old))
    assert "A 1.0.0" in chosen(resolved(index, "A", installed=having(index["c"][0])))
    assert chosen(resolved(index, Wish("A", "^2"), "C")) == {"A 2.0.0", "C 2.0.0"}
    assert chosen(resolved(index, Wish("A", "^2"))) == {"A 2.0.0"}
    error = refusal(index, Wish("A", "^2"), installed=old)
    assert error.message == "A 2.0.0 conflicts with B <2, and you have B 1.0.0"
    assert error.fields["causes"] == [{"by": "A 2.0.0", "conflicts": "B", "range": "<2"}]
    error = refusal(index, Wish("C", "^1"), Wish("A", "^2"))
    assert error.message == "C 1.0.0 conflicts with A >=2"
    error = refusal(index, Wish("A", "^2"), Wish("B"))
    assert error.message == "A 2.0.0 conflicts with B <2"


def test_an_installed_plugin_conflicts_with_what_comes() -> None:
    old = release("Old 1.0.0", conflicts={"Charts": ">=3"})
    error = refusal(PLUGINS, Wish("Dashboard", "^2"), installed=having(old))
    assert error.message == (
        "Dashboard 2.1.0 needs Charts ^3; Old 1.0.0, which you have, conflicts with Charts >=3"
    )


def test_a_release_for_another_host_is_left_out() -> None:
    index = index_of(
        release("A 1.0.0", host="^1"), release("A 2.0.0", host=">=2"), release("A 3.0.0", host="?")
    )
    assert chosen(resolved(index, "A", host="1.0.0")) == {"A 1.0.0"}
    assert chosen(resolved(index, "A", host="2.0.0-rc.1")) == {"A 2.0.0"}
    assert chosen(resolved(index, "A")) == {"A 3.0.0"}
    error = refusal(index, Wish("A", "=2.0.0"), host="1.0.0")
    assert error.message == "A 2.0.0 needs host >=2, and this is 1.0.0"
    assert chosen(resolved(index, "A", installed=having(index["a"][1]), host="1.0.0")) == {
        "A 2.0.0"
    }


def test_a_withdrawn_release_stays_with_those_who_have_it() -> None:
    index = index_of(
        release("A 1.0.0"), release("A 2.0.0", yanked=True), release("B 1.0.0", {"A": "^2"})
    )
    assert chosen(resolved(index, "A")) == {"A 1.0.0"}
    assert chosen(resolved(index, "A", "B", installed=having(index["a"][1]))) == {
        "A 2.0.0",
        "B 1.0.0",
    }
    assert chosen(resolved(index, Wish("A", "=2.0.0"), installed=having(index["a"][1]))) == {
        "A 2.0.0"
    }
    with pytest.raises(YankedError, match=r"A 2\.0\.0 was withdrawn"):
        resolved(index, Wish("A", "=2.0.0"))
    assert refusal(index, Wish("A", "^2")).message == "A 2.0.0 was withdrawn"
    assert refusal(index, "B").message == "B 1.0.0 needs A ^2, and A 2.0.0 was withdrawn"


@pytest.mark.parametrize(
    ("needs", "message"),
    [
        ({"Ghost": "^1"}, "A 1.0.0 needs Ghost ^1, and there is no plugin Ghost"),
        ({"gHOST": "^1"}, "A 1.0.0 needs gHOST ^1, and there is no plugin gHOST"),
        (
            {"charts": "^9"},
            "A 1.0.0 needs Charts ^9, and the releases of Charts are 3.1.0, 3.0.0, 2.0.0, 1.0.0",
        ),
        ({"A": "^2"}, "A 1.0.0 needs another release of itself"),
        ({"Charts": "<>"}, "A 1.0.0 asks for '<>', which is no range of versions"),
    ],
)
def test_a_need_that_nothing_meets_is_named(needs: dict[str, str], message: str) -> None:
    index = index_of(*CHARTS, release("A 1.0.0", needs))
    assert refusal(index, "A").message == message


def test_a_release_with_a_malformed_range_is_left_out() -> None:
    index = index_of(
        *CHARTS,
        release("A 1.0.0"),
        release("A 2.0.0", {"Charts": ">=?"}),
        release("A 3.0.0", conflicts={"Charts": ">=?"}),
    )
    assert chosen(resolved(index, "A")) == {"A 1.0.0"}
    assert chosen(resolved(index, "Charts", installed=having(index["a"][1]))) == {
        "A 2.0.0",
        "Charts 3.1.0",
    }


def test_at_most_ten_releases_are_listed() -> None:
    many = [release(f"Many {number}.0.0") for number in range(20)]
    error = refusal(index_of(*many), Wish("Many", ">99"))
    assert error.message.endswith("are 19.0.0, 18.0.0, 17.0.0, 16.0.0, 15.0.0, 14.0.0, 13.0.0, "
                                  "12.0.0, 11.0.0, 10.0.0")  # fmt: skip


def test_what_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="there is no plugin 'Ghost'"):
        resolved(PLUGINS, "Ghost")
    with pytest.raises(NotFoundError, match=r"Charts has no release 9\.9\.9") as caught:
        resolved(PLUGINS, Wish("charts", "=9.9.9"))
    assert caught.value.fields == {"slug": "Charts", "version": "9.9.9"}


def test_an_exact_wish_means_the_release_that_is_spelled_so() -> None:
    index = index_of(release("A 1.0"), release("A 1.0.0+b1"), release("A 1.0.1"))
    assert chosen(resolved(index, Wish("A", "=1.0"))) == {"A 1.0"}
    assert chosen(resolved(index, Wish("A", "=1.0.0"))) == {"A 1.0.0+b1"}


@pytest.mark.parametrize("wish", [Wish("Charts", ">=?"), Wish("Charts", "latest")])
def test_a_malformed_wish_is_refused(wish: Wish) -> None:
    with pytest.raises(InvalidError, match="is no range of versions"):
        resolved(PLUGINS, wish)


def test_a_malformed_pin_is_refused() -> None:
    with pytest.raises(InvalidError, match="is no range of versions"):
        resolved(PLUGINS, "Charts", installed=having(CHARTS[0], charts="?"))


def test_the_order_of_what_is_given_does_not_matter() -> None:
    extra = [release("Suite 1.0.0", {"Dashboard": "*", "Reports": "*"})]
    every = [*CHARTS, *DASHBOARDS, REPORTS, *extra]
    expected = resolved(index_of(*every), "Suite")
    for several in list(permutations(every))[::1013]:
        found = resolved(index_of(*several), "Suite")
        assert (found.releases, found.reasons) == (expected.releases, expected.reasons)


def pigeons(count: int, holes: int) -> Index:
    names = [f"Pigeon{number}" for number in range(count)]
    found = index_of(release("Loft 1.0.0", dict.fromkeys(names, "*")))
    for name in names:
        found[name.lower()] = [
            release(
                f"{name} {hole}.0.0", conflicts=dict.fromkeys({*names} - {name}, f"={hole}.0.0")
            )
            for hole in range(1, holes + 1)
        ]
    return found


def test_a_small_impossible_puzzle_is_decided() -> None:
    assert len(resolved(pigeons(5, 5), "Loft").releases) == 6
    assert "conflicts with" in refusal(pigeons(5, 4), "Loft").message


def test_a_crafted_puzzle_ends_in_time_with_advice() -> None:
    index = pigeons(20, 19)
    began = time.monotonic()
    with pytest.raises(TooComplexError, match=r"what Loft needs .* ask for") as caught:
        resolve(index, {}, [Wish("Loft")], host_version=None, budget=0.5)
    assert time.monotonic() - began < 1
    assert caught.value.fields == {"slug": "Loft"}


def grown(behind: float, seed: int) -> Index:
    """Return an index in which some dependencies are on an older major version than most."""
    rng, index = random.Random(seed), Index()  # noqa: S311
    for plugin in range(100):
        needed = rng.sample(range(plugin), min(plugin, rng.randint(3, 5)))
        for number in range(20):
            major = 1 + number // 5
            needs = {f"P{one}": f"^{max(1, major - (rng.random() < behind))}" for one in needed}
            index.setdefault(f"p{plugin}", []).append(
                release(f"P{plugin} {major}.{number % 5}.0", needs)
            )
    return index


@pytest.mark.parametrize(("behind", "seed"), [(0.03, 2), (0.03, 5), (0.1, 2), (0.1, 4)])
def test_a_tangled_index_is_resolved(behind: float, seed: int) -> None:
    assert len(resolved(grown(behind, seed), "P99").releases) > 30


def test_a_large_index_is_resolved_fast() -> None:
    index: Index = {
        f"p{plugin}": [
            release(
                f"P{plugin} {1 + number // 5}.{number % 5}.0",
                {
                    f"P{plugin - back}": f"^{1 + number // 5}"
                    for back in (1, 2, 7, 30)
                    if back <= plugin
                },
            )
            for number in range(20)
        ]
        for plugin in range(300)
    }
    began = time.perf_counter()
    assert len(resolved(index, "P299").releases) == 300
    assert time.perf_counter() - began < 2


NAMES = "ABCD"
RANGES = st.sampled_from(
    ["*", "*", "^1", ">=2", "<2", "<3", ">=1 <3", "^3", "=2.0.0", "2.1.0-rc.1", "no range"]
)
NEEDS = st.dictionaries(st.sampled_from("ABCDabcd"), RANGES, max_size=2)
CONFLICTS = st.dictionaries(st.sampled_from(NAMES), RANGES, max_size=1)
HOSTS = st.sampled_from([None, None, None, ">=2", "^1"])
YANKED = st.sampled_from([False] * 7 + [True])
CHANNELS: st.SearchStrategy[Literal["stable", "prerelease"]] = st.sampled_from(
    ["stable", "stable", "prerelease"]
)
Situation = tuple[Index, dict[str, Installed], list[Wish]]


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    index: Index = {}
    for name in NAMES[: draw(st.integers(2, 4))]:
        numbers = draw(
            st.lists(
                st.sampled_from(["1.0.0", "2.0.0", "2.1.0-rc.1", "3.0.0"]),
                unique=True,
                min_size=1,
                max_size=3,
            )
        )
        index[name.lower()] = [
            Candidate(
                name,
                version,
                {slug: range_ for slug, range_ in draw(NEEDS).items() if slug.upper() != name},
                draw(CONFLICTS),
                draw(HOSTS),
                draw(YANKED),
            )
            for version in numbers
        ]
    installed = {
        slug: Installed(
            draw(st.sampled_from(releases)),
            draw(st.sampled_from([None, None, "=2.0.0", "<3", "^2"])),
            draw(CHANNELS),
        )
        for slug, releases in index.items()
        if draw(st.booleans())
    }
    wishes = st.builds(
        Wish,
        st.sampled_from([slug.upper() for slug in index]),
        st.sampled_from(["*", "*", "*", ">=2", "<3", "=2.0.0"]),
        st.sampled_from([False, False, True]),
    )
    return index, installed, draw(st.lists(wishes, min_size=1, max_size=2))


@st.composite
def around_a_pin(draw: st.DrawFn) -> Situation:
    """A is wished for and needs B, which is there and pinned; C, which needs B, may be there."""
    numbers = ["1.0.0", "1.1.0", "1.2.0", "2.0.0"]
    near = st.sampled_from(["*", ">=1.1", ">=1.2", "^1.1", "<1.2", "~1.1", "^2", "=1.2.0"])
    index: Index = {"a": [], "b": [], "c": []}
    for number in numbers:
        back = {"C": draw(near)} if draw(st.integers(0, 3)) == 0 else {}
        index["b"].append(release(f"B {number}", back, host=draw(HOSTS), yanked=draw(YANKED)))
    for name, conflicting in (("A", "C"), ("C", "B")):
        for number in numbers[: draw(st.integers(1, 2))]:
            conflicts = {conflicting: draw(near)} if draw(st.integers(0, 3)) == 0 else {}
            needs = {"B": draw(near)}
            index[name.lower()].append(release(f"{name} {number}", needs, conflicts=conflicts))
    pin = draw(st.sampled_from(["^1", "^1", "<1.2", "~1.1", ">=1", "=1.0.0"]))
    installed = {"b": Installed(draw(st.sampled_from(index["b"][:2])), pin, draw(CHANNELS))}
    if draw(st.booleans()):
        installed["c"] = Installed(draw(st.sampled_from(index["c"])), draw(st.none() | near))
    return index, installed, [Wish("A")]


@pytest.mark.timeout(60)  # thousands of combinations
@settings(deadline=None, max_examples=600)
@given(situations())
def test_the_answer_is_the_best_of_all_combinations(situation: Situation) -> None:
    check(*situation)


@pytest.mark.timeout(60)  # thousands of combinations
@settings(deadline=None, max_examples=300)
@given(around_a_pin())
def test_the_answer_around_a_pin_is_the_best_of_all_combinations(situation: Situation) -> None:
    check(*situation)


def check(index: Index, installed: dict[str, Installed], wishes: list[Wish]) -> None:
    solutions = BruteForce(index, installed, wishes, "1.5.0").solutions()
    try:
        found = resolve(index, installed, wishes, host_version="1.5.0", budget=9).releases
    except (ConflictError, NotFoundError):
        assert solutions == []
        return
    assert found in solutions
    best = max(heights(wishes, solution) for solution in solutions)
    assert heights(wishes, found) == best


def heights(wishes: list[Wish], choice: Mapping[str, Candidate]) -> list[versions.Key]:
    return [versions.key(choice[wish.slug.lower()].version) for wish in wishes]
