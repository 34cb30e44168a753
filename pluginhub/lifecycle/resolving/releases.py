"""What may be chosen of every plugin.

The releases of a plugin are numbered from the highest down, and a set of them is the bits of one
integer: the search intersects such sets all the time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pluginhub import versions
from pluginhub.errors import InvalidError
from pluginhub.lifecycle import ranges


@dataclass(frozen=True, slots=True)
class Candidate:
    """A release, as far as resolving is concerned.

    Args:
        slug: Spelled as the plugin spells it.
        version: As ``versions.key`` takes it.
        dependencies: Slug to range; the case of slugs does not matter.
        conflicts: Slug to the range that must not be there together with this release.
        host: The range that the host application must be in.
        yanked: Whether it was withdrawn: only who has it keeps it.
    """

    slug: str
    version: str
    dependencies: Mapping[str, str]
    conflicts: Mapping[str, str]
    host: str | None
    yanked: bool = False

    def __str__(self) -> str:
        return f"{self.slug} {self.version}"


@dataclass(frozen=True, slots=True)
class Installed:
    """What the user has.

    Args:
        candidate: The release.
        pin: A range that this installation must stay within.
        channel: Whether the user takes pre-releases of this plugin.
    """

    candidate: Candidate
    pin: str | None
    channel: Literal["stable", "prerelease"] = "stable"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asks for.

    Args:
        slug: In any case.
        range: The releases that will do; ``*`` never means one below the installed release.
        prereleases: Whether a pre-release will do like any other.
    """

    slug: str
    range: str = "*"
    prereleases: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """One release needs, or cannot stand, releases of another plugin."""

    by: Candidate = field(hash=False)
    needs: bool
    name: str  # of the other one, as this release spells it
    range: str

    @property
    def slug(self) -> str:
        """The other plugin, lowercase."""
        return self.name.lower()

    @property
    def owner(self) -> str:
        """The plugin that the link is one of, lowercase."""
        return self.by.slug.lower()


class Releases:
    """The releases that one user's request may choose from.

    Args:
        index: All releases, by lowercase slug.
        installed: What the user has, by lowercase slug.
        wishes: What the user asks for.
        host_version: Of the host application; None if nothing is known of it.
    """

    def __init__(
        self,
        index: Mapping[str, Sequence[Candidate]],
        installed: Mapping[str, Installed],
        wishes: Sequence[Wish],
        host_version: str | None,
    ) -> None:
        self._index = index
        self._installed = installed
        self.host_version = host_version
        self._with_prereleases = {wish.slug.lower() for wish in wishes if wish.prereleases} | {
            slug for slug, having in installed.items() if having.channel == "prerelease"
        }
        self._of: dict[str, tuple[Candidate, ...]] = {}
        self._held: dict[str, int] = {}
        self._within: dict[tuple[str, str], int] = {}
        self._eligible: dict[str, int] = {}
        self._links: dict[tuple[str, int], tuple[Link, ...]] = {}

    def of(self, slug: str) -> tuple[Candidate, ...]:
        """Return all releases of a plugin with the one that is installed, the highest first."""
        if slug not in self._of:
            known = {candidate.version: candidate for candidate in self._index.get(slug, ())}
            if having := self._installed.get(slug):
                known[having.candidate.version] = having.candidate
            order = sorted(known, key=lambda version: (versions.key(version), version))
            self._of[slug] = tuple(known[version] for version in reversed(order))
        return self._of[slug]

    def held(self, slug: str) -> int:
        """Return the set with only the installed release, which is empty if there is none."""
        if slug not in self._held:
            having = self._installed.get(slug)
            self._held[slug] = 1 << self.of(slug).index(having.candidate) if having else 0
        return self._held[slug]

    def within(self, slug: str, range_: str) -> int:
        """Return the set of a plugin's releases in a range; nothing is in a malformed one.

        A pre-release that is installed counts like any release: it was asked for.
        """
        if (slug, range_) not in self._within:
            self._within[slug, range_] = self._set_within(slug, range_)
        return self._within[slug, range_]

    def eligible(self, slug: str) -> int:
        """Return the set of releases that could be installed, and the one that is."""
        if slug not in self._eligible:
            found = self.held(slug)
            for number in range(len(self.of(slug))):
                if not found >> number & 1 and self.obstacle(slug, number) is None:
                    found |= 1 << number
            self._eligible[slug] = found
        return self._eligible[slug]

    def obstacle(self, slug: str, number: int) -> str | None:
        """Return why nobody new can have a release: the end of a sentence about it, or None."""
        candidate = self.of(slug)[number]
        if candidate.yanked:
            return "was withdrawn"
        for range_ in (*candidate.dependencies.values(), *candidate.conflicts.values()):
            if not _is_range(range_):
                return f"asks for {range_[:60]!r}, which is no range of versions"
        for needed, range_ in candidate.dependencies.items():
            if needed.lower() == slug and not self.within(slug, range_) >> number & 1:
                return "needs another release of itself"
        if candidate.host is not None and self.host_version is not None:
            fits = _is_range(candidate.host) and ranges.parse(candidate.host).allows(
                self.host_version, prereleases=True
            )
            if not fits:
                return f"needs host {candidate.host}, and this is {self.host_version}"
        return None

    def links(self, slug: str, number: int) -> tuple[Link, ...]:
        """Return what a release needs and what it cannot stand, in a fixed order."""
        if (slug, number) not in self._links:
            self._links[slug, number] = tuple(_links(self.of(slug)[number]))
        return self._links[slug, number]

    def leads_to(self, slug: str) -> set[str]:
        """Return the plugins whose installation could move this one off its installed release."""
        needed_by: dict[str, set[str]] = {}
        for other, candidates in self._index.items():
            for candidate in candidates:
                for needed, range_ in candidate.dependencies.items():
                    lower = needed.lower()
                    if lower != slug or not self.within(slug, range_) & self.held(slug):
                        needed_by.setdefault(lower, set()).add(other)
        found, new = {slug}, [slug]
        while new:
            added = needed_by.get(new.pop(), set()) - found
            found |= added
            new += added
        return found

    def _set_within(self, slug: str, range_: str) -> int:
        if not _is_range(range_):
            return 0
        parsed, found = ranges.parse(range_), 0
        held, wanted = self.held(slug), slug in self._with_prereleases
        for number, candidate in enumerate(self.of(slug)):
            prereleases = wanted or bool(held >> number & 1)
            if parsed.allows(candidate.version, prereleases=prereleases):
                found |= 1 << number
        return found


def is_any(range_: str) -> bool:
    """Return whether a range says nothing."""
    return range_.strip() in {"", "*"}


def _is_range(text: str) -> bool:
    try:
        ranges.parse(text)
    except InvalidError:
        return False
    return True


def _links(candidate: Candidate) -> Iterator[Link]:
    for slug, range_ in sorted(candidate.dependencies.items()):
        yield Link(candidate, needs=True, name=slug, range=range_)
    for slug, range_ in sorted(candidate.conflicts.items()):
        if slug.lower() != candidate.slug.lower():
            yield Link(candidate, needs=False, name=slug, range=range_)
