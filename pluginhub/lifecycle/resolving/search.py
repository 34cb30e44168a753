"""Backtracking over releases, that jumps back to a choice which had to do with the failure.

Decisions are made in the order in which plugins come to be needed, wishes first, and of each the
highest release that is left is tried first. So the first solution has the highest release of the
first wish that any solution has. A plugin that the user has and did not wish for is decided only
when a release that was chosen needs another release of it.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from pluginhub.lifecycle.resolving.kept import Kept
from pluginhub.lifecycle.resolving.releases import Candidate, Installed, Link, Releases

_MAX_STEPS = 1_000_000


class OutOfBudgetError(Exception):
    """The search did not end within its time."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Why something cannot be chosen.

    Args:
        culprits: The plugins without whose present release this would not be so.
        links: What stands against each other.
    """

    culprits: frozenset[str]
    links: tuple[Link, ...]


class ImpossibleError(Exception):
    """No choice meets everything; ``clash`` is what stood against the highest releases."""

    def __init__(self, clash: Clash) -> None:
        super().__init__(clash)
        self.clash = clash


@dataclass(slots=True)
class _Decision:
    slug: str
    left: int  # the set of releases that were not tried
    agenda: int = 0  # its length before this decision
    before: list[tuple[str, int | None]] = field(default_factory=list)  # domains to restore
    culprits: set[str] = field(default_factory=set)
    first: Clash | None = None  # what stood against the release that was wanted most


class Search:
    """One search.

    Args:
        releases: What may be chosen.
        installed: What the user has, by lowercase slug.
        wishes: For every wished plugin, in order, the set of releases that will do.
        budget: Seconds.
    """

    def __init__(
        self,
        releases: Releases,
        installed: Mapping[str, Installed],
        wishes: Mapping[str, int],
        budget: float,
    ) -> None:
        self._releases = releases
        self._deadline = time.monotonic() + budget
        self._kept = Kept(releases, installed, wishes)
        self._domains: dict[str, int] = dict(wishes)
        self._agenda = list(wishes)
        self._decisions: list[_Decision] = []
        self._wishes = wishes
        self._failures: dict[str, int] = {}
        self.chosen: dict[str, int] = {}
        self.links: dict[str, list[Link]] = {}  # of what is chosen, by the plugin they speak of

    def run(self) -> dict[str, Candidate]:
        """Return the release of every plugin that had to be decided.

        Raises:
            ImpossibleError: There is no solution.
            OutOfBudgetError: None was found in time.
        """
        for _ in range(_MAX_STEPS):
            if time.monotonic() > self._deadline:
                break
            if len(self._decisions) < len(self._agenda):
                slug = self._next()
                self._decisions.append(_Decision(slug, self._domain(slug)))
            elif clash := self._held_back():
                self._jump(clash)
            else:
                return {
                    slug: self._releases.of(slug)[number] for slug, number in self.chosen.items()
                }
            self._advance()
        raise OutOfBudgetError

    def mover(self, slug: str) -> Link:
        """Return what first asked for a plugin that nobody wished for, or moved it."""
        held = self._releases.held(slug)
        return next(
            link
            for link in self.links[slug]
            if link.needs and not held & self._releases.within(slug, link.range)
        )

    def _next(self) -> str:
        """Return the next wish, or the plugin with few releases left that often led to failure."""
        if len(self._decisions) < len(self._wishes):
            return self._agenda[len(self._decisions)]
        return min(
            (slug for slug in self._agenda if slug not in self.chosen),
            key=lambda slug: self._domain(slug).bit_count() / self._failures.get(slug, 1),
        )

    def _advance(self) -> None:
        """Choose the next release that is possible for the last decision, or go back."""
        while True:
            decision = self._decisions[-1]
            if not decision.left:
                self._jump(self._exhausted(decision))
                continue
            lowest = decision.left & -decision.left
            decision.left ^= lowest
            clash = self._choose(decision, lowest.bit_length() - 1)
            if clash is None:
                return
            self._blame(decision, clash)
            if time.monotonic() > self._deadline:
                raise OutOfBudgetError

    def _blame(self, decision: _Decision, clash: Clash) -> None:
        decision.first = decision.first or clash
        decision.culprits |= clash.culprits - {decision.slug}
        self._undo(decision)

    def _exhausted(self, decision: _Decision) -> Clash:
        links = self._against(decision.slug)
        culprits = decision.culprits | {link.owner for link in links}
        first = decision.first or Clash(frozenset(), ())
        return Clash(frozenset(culprits), (*links, *first.links))

    def _against(self, slug: str) -> list[Link]:
        """Return what was asked of a plugin that has no release left, and remember the failure."""
        self._failures[slug] = self._failures.get(slug, 1) + 1
        return self.links.get(slug, [])

    def _jump(self, clash: Clash) -> None:
        """Go back to the last decision that could change anything."""
        while self._decisions:
            decision = self._decisions[-1]
            if decision.slug in clash.culprits:
                self._blame(decision, clash)
                return
            self._undo(decision)
            self._decisions.pop()
        raise ImpossibleError(clash)

    def _choose(self, decision: _Decision, number: int) -> Clash | None:
        slug = decision.slug
        decision.agenda, decision.before = len(self._agenda), []
        self.chosen[slug] = number
        for link, kept in self._kept.against(slug, number):
            if self._stays(kept) and not self._kept.may_move(kept):
                return Clash(frozenset(), (link,))
        for link in self._kept.links(slug, number):
            if clash := self._add(decision, link):
                return clash
        return None

    def _undo(self, decision: _Decision) -> None:
        self.chosen.pop(decision.slug, None)
        for slug, domain in reversed(decision.before):
            self.links[slug].pop()
            if domain is None:
                del self._domains[slug]
            else:
                self._domains[slug] = domain
        decision.before = []
        if decision.agenda:
            del self._agenda[decision.agenda :]

    def _add(self, decision: _Decision, link: Link) -> Clash | None:
        """Take up what the release that was just chosen needs or cannot stand."""
        other = link.slug
        fitting = self._fitting(link)
        if other in self.chosen:
            if fitting >> self.chosen[other] & 1:
                return None
            self._failures[other] = self._failures.get(other, 1) + 1
            return Clash(frozenset({other}), (link, *self.links.get(other, ())))
        domain = self._domain(other)
        decision.before.append((other, self._domains.get(other)))
        self._domains[other] = domain & fitting
        self.links.setdefault(other, []).append(link)
        if link.needs and not self._kept.fits(other, fitting) and other not in self._agenda:
            self._agenda.append(other)
        if other in self._agenda and not self._domains[other]:
            return self._emptied(other)
        return None

    def _emptied(self, slug: str) -> Clash:
        links = self._against(slug)
        return Clash(frozenset(link.owner for link in links), tuple(links))

    def _held_back(self) -> Clash | None:
        """Return what stands against a plugin that was to move, and then nobody moved it."""
        for slug, number in self.chosen.items():
            for link, kept in self._kept.against(slug, number):
                if self._stays(kept):
                    movers = self._kept.movers(kept, self.chosen)
                    return Clash(frozenset({slug} | movers), (link,))
        return None

    def _stays(self, slug: str) -> bool:
        return slug in self._kept and slug not in self._agenda

    def _fitting(self, link: Link) -> int:
        """Return the releases of the other plugin that a link leaves."""
        within = self._releases.within(link.slug, link.range)
        if link.needs:
            return within
        if self._kept.changed(link.owner, self.chosen[link.owner]):
            return ~within
        return ~within | self._releases.held(link.slug)  # they were together before

    def _domain(self, slug: str) -> int:
        found = self._domains.get(slug)
        return self._kept.room(slug) if found is None else found
