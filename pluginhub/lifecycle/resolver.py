"""Which releases a user's plugins are on once a wish is met; nothing is read, nothing changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pluginhub.errors import NotFoundError, TooComplexError, YankedError
from pluginhub.lifecycle import ranges
from pluginhub.lifecycle.resolving.explanations import Explanations
from pluginhub.lifecycle.resolving.releases import (
    Candidate,
    Installed,
    Releases,
    Wish,
    is_any,
)
from pluginhub.lifecycle.resolving.search import ImpossibleError, OutOfBudgetError, Search

__all__ = ["Candidate", "Installed", "Resolution", "Wish", "resolve"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What every plugin of the user is on afterwards.

    Args:
        releases: By lowercase slug, with what does not change and what comes along.
        reasons: For what changes or comes along because something needs it: one sentence.
    """

    releases: dict[str, Candidate]
    reasons: dict[str, str]


def resolve(
    index: Mapping[str, Sequence[Candidate]],
    installed: Mapping[str, Installed],
    wishes: Sequence[Wish],
    *,
    host_version: str | None,
    budget: float = 2.0,
) -> Resolution:
    """Find the highest releases of the wished plugins that work with all that the user has.

    An earlier wish goes before a later one. What nobody wished for stays, unless a release that
    changes needs another one of it, and then within its pin. What an installed release did not have
    before, it may go on without.

    Args:
        index: All releases of all plugins, by lowercase slug.
        installed: What the user has, by lowercase slug.
        wishes: What the user asks for.
        host_version: Of the host application; None if nothing is known of it.
        budget: Seconds.

    Raises:
        InvalidError: The range of a wish or a pin is none, or a version has no order.
        NotFoundError: There is no such plugin, or not the one release that a wish names.
        YankedError: The one release that a wish names was withdrawn.
        UnsatisfiableError: Nothing meets everything.
        TooComplexError: The answer was not found in time.
    """
    releases = Releases(index, installed, wishes, host_version)
    explanations = Explanations(releases, installed, wishes)
    wanted: dict[str, int] = {}
    for wish in wishes:
        slug = wish.slug.lower()
        meeting = _meeting(releases, installed, wish)
        wanted[slug] = wanted.get(slug, meeting) & meeting
        if not wanted[slug]:
            raise explanations.refused(slug)
    search = Search(releases, installed, wanted, budget)
    try:
        decided = search.run()
    except ImpossibleError as error:
        raise explanations.unsatisfiable(error.clash) from None
    except OutOfBudgetError:
        raise _too_complex(explanations, list(wanted)) from None
    return Resolution(
        {slug: having.candidate for slug, having in installed.items()} | decided,
        _reasons(search, explanations, set(wanted)),
    )


def _meeting(releases: Releases, installed: Mapping[str, Installed], wish: Wish) -> int:
    """Return the set of releases that meet a wish, as far as that plugin alone is concerned."""
    slug = wish.slug.lower()
    exactly = ranges.parse(wish.range).exactly
    found = releases.within(slug, wish.range)
    if not releases.of(slug):
        raise NotFoundError(f"there is no plugin {wish.slug!r}", slug=wish.slug)
    if exactly is not None:
        found = _one(releases, slug, found, exactly)
    if slug in installed:
        pin = installed[slug].pin
        if pin is not None:
            ranges.parse(pin)
            found &= releases.within(slug, pin)
        if is_any(wish.range):
            found &= (releases.held(slug) << 1) - 1
    return found & releases.eligible(slug)


def _one(releases: Releases, slug: str, found: int, version: str) -> int:
    """Return the set with the one release that a wish names."""
    known = releases.of(slug)
    numbers = [number for number in range(len(known)) if found >> number & 1]
    if not numbers:
        message = f"{known[0].slug} has no release {version}"
        raise NotFoundError(message, slug=known[0].slug, version=version)
    number = next((each for each in numbers if known[each].version == version), numbers[0])
    if known[number].yanked and not releases.held(slug) >> number & 1:
        message = f"{known[number]} was withdrawn; choose another release"
        raise YankedError(message, slug=known[number].slug, version=known[number].version)
    return 1 << number


def _reasons(search: Search, explanations: Explanations, wished: set[str]) -> dict[str, str]:
    moved = search.chosen.keys() - wished
    return {slug: explanations.reason(search.mover(slug)) for slug in sorted(moved)}


def _too_complex(explanations: Explanations, wished: list[str]) -> TooComplexError:
    names = [explanations.name(slug) for slug in wished]
    shown = ", ".join(names[:10])
    return TooComplexError(
        f"what {shown} needs could not be worked out in time; ask for fewer plugins at once, or "
        "for one exact version of each",
        slug=names[0],
    )
