import pytest

from pluginhub.lifecycle.resolving.releases import Candidate, Installed, Releases, Wish


def release(version: str, **more: object) -> Candidate:
    values: dict[str, object] = {"dependencies": {}, "conflicts": {}, "host": None} | more
    return Candidate("Charts", version, **values)  # type: ignore[arg-type]


OLD, NEW, NEXT = release("1.0.0"), release("2.0.0"), release("3.0.0-rc.1")


def releases(*known: Candidate, wish: Wish | None = None, **installed: Installed) -> Releases:
    wishes = [wish] if wish else []
    return Releases({"charts": list(known)}, installed, wishes, "1.5.0")


def test_releases_are_numbered_from_the_highest_down() -> None:
    found = releases(OLD, NEXT, NEW)
    assert found.of("charts") == (NEXT, NEW, OLD)
    assert found.within("charts", "^1") == 0b100
    assert found.eligible("charts") == 0b111
    assert found.of("ghost") == ()
    assert found.eligible("ghost") == found.within("ghost", "*") == found.held("ghost") == 0


def test_the_installed_release_is_one_of_them_even_if_it_is_gone() -> None:
    gone = release("1.5.0", yanked=True, host=">9", dependencies={"x": "?"})
    found = releases(OLD, NEW, charts=Installed(gone, None))
    assert found.of("charts") == (NEW, gone, OLD)
    assert found.held("charts") == 0b010
    assert found.eligible("charts") == 0b111


def test_the_installed_copy_of_a_release_takes_its_place() -> None:
    mine = release("2.0.0", yanked=True)
    assert releases(NEW, charts=Installed(mine, None)).of("charts")[0] is mine


@pytest.mark.parametrize(
    ("wish", "channel", "expected"),
    [
        (None, "stable", 0b010),
        (Wish("CHARTS", prereleases=True), "stable", 0b011),
        (None, "prerelease", 0b011),
    ],
)
def test_prereleases_are_within_a_range_if_wanted(
    wish: Wish | None, channel: str, expected: int
) -> None:
    installed = Installed(OLD, None, channel)  # type: ignore[arg-type]
    found = releases(OLD, NEW, NEXT, wish=wish, charts=installed)
    assert found.within("charts", ">=2") == expected


def test_an_installed_prerelease_is_within_its_bounds() -> None:
    found = releases(OLD, NEW, charts=Installed(NEXT, None))
    assert found.within("charts", ">=2") == 0b011
    assert found.within("charts", "<3") == 0b110


def test_nothing_is_within_a_malformed_range() -> None:
    assert releases(OLD).within("charts", "?") == 0


@pytest.mark.parametrize(
    ("candidate", "obstacle"),
    [
        (release("2.0.0"), None),
        (release("2.0.0", host="^1"), None),
        (release("2.0.0", yanked=True), "was withdrawn"),
        (release("2.0.0", host=">=2"), "needs host >=2, and this is 1.5.0"),
        (release("2.0.0", host="?"), "needs host ?, and this is 1.5.0"),
        (release("2.0.0", dependencies={"x": "?"}), "asks for '?', which is no range of versions"),
        (release("2.0.0", conflicts={"x": "?"}), "asks for '?', which is no range of versions"),
        (release("2.0.0", dependencies={"CHARTS": "^3"}), "needs another release of itself"),
        (release("2.0.0", dependencies={"CHARTS": "^2"}), None),
    ],
)
def test_the_obstacle_to_a_release_is_named(candidate: Candidate, obstacle: str | None) -> None:
    found = releases(candidate)
    assert found.obstacle("charts", 0) == obstacle
    assert found.eligible("charts") == (0 if obstacle else 1)


def test_links_come_in_a_fixed_order_without_conflicts_with_itself() -> None:
    candidate = release(
        "1.0.0", dependencies={"B": "*", "A": "^1"}, conflicts={"C": "<2", "charts": "*"}
    )
    links = releases(candidate).links("charts", 0)
    assert [(link.needs, link.name, link.range) for link in links] == [
        (True, "A", "^1"),
        (True, "B", "*"),
        (False, "C", "<2"),
    ]
    assert {link.owner for link in links} == {"charts"}


def test_what_could_move_a_plugin_is_found_through_what_needs_it() -> None:
    index = {
        "a": [Candidate("A", "1.0.0", {"B": "*"}, {}, None)],
        "b": [Candidate("B", "1.0.0", {"Charts": "^2"}, {}, None)],
        "c": [Candidate("C", "1.0.0", {"Charts": "^1"}, {}, None)],
    }
    found = Releases(index, {"charts": Installed(OLD, None)}, [], None)
    assert found.leads_to("charts") == {"charts", "b", "a"}
