"""All combinations of releases, one by one: what resolving means, without any cleverness."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from pluginhub import versions
from pluginhub.errors import InvalidError
from pluginhub.lifecycle import ranges
from pluginhub.lifecycle.resolver import Candidate, Installed, Wish

Choice = dict[str, Candidate]


class BruteForce:
    def __init__(
        self,
        index: Mapping[str, Sequence[Candidate]],
        installed: Mapping[str, Installed],
        wishes: Sequence[Wish],
        host_version: str | None,
    ) -> None:
        self.index, self.installed, self.wishes = index, installed, wishes
        self.host_version = host_version

    def solutions(self) -> list[Choice]:
        slugs = sorted({*self.index, *self.installed})
        options = [self.options(slug) for slug in slugs]
        combinations = (
            {slug: one for slug, one in zip(slugs, several, strict=True) if one is not None}
            for several in product(*options)
        )
        return [choice for choice in combinations if self.is_solution(choice)]

    def options(self, slug: str) -> list[Candidate | None]:
        if slug not in self.installed:
            return [None, *self.index[slug]]
        having = self.installed[slug].candidate
        others = [one for one in self.index.get(slug, ()) if one.version != having.version]
        return [having, *others]

    def is_solution(self, choice: Choice) -> bool:
        return (
            all(self.is_met(wish, choice) for wish in self.wishes)
            and all(self.is_allowed(one) for one in self.changed(choice).values())
            and all(self.is_within_pin(one) for one in self.changed(choice).values())
            and all(self.is_content(one, choice) for one in choice.values())
            and self.justified(choice) == set(self.changed(choice))
        )

    def changed(self, choice: Choice) -> Choice:
        return {slug: one for slug, one in choice.items() if self.is_new(one)}

    def is_new(self, one: Candidate) -> bool:
        having = self.installed.get(one.slug.lower())
        return having is None or having.candidate.version != one.version

    def fits(self, range_: str, one: Candidate) -> bool:
        slug = one.slug.lower()
        having = self.installed.get(slug)
        prereleases = (
            any(wish.prereleases for wish in self.wishes if wish.slug.lower() == slug)
            or (having is not None and having.channel == "prerelease")
            or not self.is_new(one)
        )
        try:
            return ranges.parse(range_).allows(one.version, prereleases=prereleases)
        except InvalidError:
            return False

    def is_met(self, wish: Wish, choice: Choice) -> bool:
        slug = wish.slug.lower()
        having = self.installed.get(slug)
        if slug not in choice or not self.fits(wish.range, choice[slug]):
            return False
        if having is None:
            return True
        lower = versions.key(choice[slug].version) < versions.key(having.candidate.version)
        return self.is_within_pin(choice[slug]) and not (wish.range == "*" and lower)

    def is_within_pin(self, one: Candidate) -> bool:
        having = self.installed.get(one.slug.lower())
        return having is None or having.pin is None or self.fits(having.pin, one)

    def is_allowed(self, one: Candidate) -> bool:
        for range_ in [*one.dependencies.values(), *one.conflicts.values()]:
            try:
                ranges.parse(range_)
            except InvalidError:
                return False
        host = one.host is None or self.host_version is None
        return not one.yanked and (
            host or ranges.parse(str(one.host)).allows(str(self.host_version), prereleases=True)
        )

    def is_content(self, one: Candidate, choice: Choice) -> bool:
        new = self.is_new(one)
        for slug, range_ in one.dependencies.items():
            other, before = choice.get(slug.lower()), self.installed.get(slug.lower())
            broken = before is None or not self.fits(range_, before.candidate)
            if (new or not broken) and (other is None or not self.fits(range_, other)):
                return False
        for slug, range_ in one.conflicts.items():
            other = choice.get(slug.lower())
            if other in (None, one) or (not new and not self.is_new(other)):
                continue
            if self.fits(range_, other):
                return False
        return True

    def justified(self, choice: Choice) -> set[str]:
        """Return what is wished for, and what changes because of something justified."""
        changed = self.changed(choice)
        found = {wish.slug.lower() for wish in self.wishes} & set(changed)
        new = list(found)
        while new:
            added = set(self.moved_by(changed[new.pop()])) & set(changed) - found
            found |= added
            new += added
        return found

    def moved_by(self, one: Candidate) -> Iterator[str]:
        wished = {wish.slug.lower() for wish in self.wishes}
        for slug, range_ in one.dependencies.items():
            having = self.installed.get(slug.lower())
            if having is None or not self.fits(range_, having.candidate) or slug.lower() in wished:
                yield slug.lower()
