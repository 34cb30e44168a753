"""Says in words what stands in the way of a wish."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pluginhub.errors import UnsatisfiableError
from pluginhub.lifecycle.resolving.releases import Installed, Link, Releases, Wish, is_any
from pluginhub.lifecycle.resolving.search import Clash

_MAX_SHOWN = 10


class Explanations:
    """Knows what the words need: how slugs are spelled, and what the user has.

    Args:
        releases: What was to choose from.
        installed: What the user has, by lowercase slug.
        wishes: What the user asked for.
    """

    def __init__(
        self, releases: Releases, installed: Mapping[str, Installed], wishes: Sequence[Wish]
    ) -> None:
        self._releases = releases
        self._installed = installed
        self._wishes = wishes

    def name(self, slug: str) -> str:
        """Return a slug as the plugin spells it."""
        known = self._releases.of(slug)
        return known[0].slug if known else slug

    def unsatisfiable(self, clash: Clash) -> UnsatisfiableError:
        """Return the error that says what stands against what."""
        links = [link for link in dict.fromkeys(clash.links) if self._tells(link, clash.links)]
        targets = list(dict.fromkeys(link.slug for link in links if link.needs))
        clauses = [self._sentence(link) for link in links]
        clauses += [clause for slug in targets for clause in self._bounds(slug, clash.links)]
        causes = [self._cause(link) for link in links]
        return self._error("; ".join(clauses[:_MAX_SHOWN]), causes[:_MAX_SHOWN])

    def refused(self, slug: str) -> UnsatisfiableError:
        """Return the error for wishes that no release meets, whatever else is installed."""
        asked = [wish.range for wish in self._wishes if wish.slug.lower() == slug]
        name, pin = self.name(slug), self._pin(slug)
        found = (1 << len(self._releases.of(slug))) - 1
        for range_ in asked:
            found &= self._releases.within(slug, range_)
        if not found:
            message = f"{name} {' and '.join(asked)} is asked for, and {self._list(slug, name)}"
        elif pin is not None and not found & self._releases.within(slug, pin):
            message = f"{name} is pinned to {pin}, and {' and '.join(asked)} is asked for"
        else:
            found &= self._releases.within(slug, pin) if pin is not None else found
            message = self._obstacle(slug, found)
        causes = [{"by": None, "needs": name, "range": range_} for range_ in asked]
        return self._error(message, causes)

    def reason(self, link: Link) -> str:
        """Return the sentence about what a release needs or cannot stand."""
        verb = "needs" if link.needs else "conflicts with"
        return f"{link.by} {verb} {self._named(link)} {link.range}"

    def _error(self, message: str, causes: list[dict[str, Any]]) -> UnsatisfiableError:
        slug = self.name(self._wishes[0].slug.lower())
        return UnsatisfiableError(message, slug=slug, causes=causes)

    def _cause(self, link: Link) -> dict[str, Any]:
        verb = "needs" if link.needs else "conflicts"
        return {"by": str(link.by), verb: self._named(link), "range": link.range}

    def _tells(self, link: Link, links: tuple[Link, ...]) -> bool:
        """Return whether a link excludes anything, or is the first to ask for a plugin."""
        fitting = self._releases.within(link.slug, link.range)
        everything = self._releases.eligible(link.slug)
        first = next(other for other in links if other.slug == link.slug)
        return not link.needs or link == first or fitting & everything != everything

    def _sentence(self, link: Link) -> str:
        having, other = self._installed.get(link.owner), self._installed.get(link.slug)
        sentence = self.reason(link)
        if having and having.candidate is link.by:
            sentence = sentence.replace(str(link.by), f"{link.by}, which you have,", 1)
        fitting = self._releases.within(link.slug, link.range)
        if not link.needs:
            there = other and fitting & self._releases.held(link.slug)
            return f"{sentence}, and you have {other.candidate}" if other and there else sentence
        if not fitting:
            return f"{sentence}, and {self._list(link.slug, link.name)}"
        if not fitting & self._releases.eligible(link.slug):
            return f"{sentence}, and {self._obstacle(link.slug, fitting)}"
        return sentence

    def _bounds(self, slug: str, links: tuple[Link, ...]) -> Iterator[str]:
        """Yield what the user said about a plugin that others need."""
        wishes = [wish for wish in self._wishes if wish.slug.lower() == slug]
        pin, having = self._pin(slug), self._installed.get(slug)
        if pin is not None and (wishes or self._excludes(pin, slug, links)):
            yield f"{self.name(slug)} is pinned to {pin}"
        for wish in wishes:
            if not is_any(wish.range):
                yield f"{self.name(slug)} {wish.range} is asked for"
            elif having:
                yield f"{having.candidate}, which you have, goes down only if that is asked for"

    def _excludes(self, pin: str, slug: str, links: tuple[Link, ...]) -> bool:
        """Return whether a plugin has to move, and its pin leaves out where it could go."""
        fitting = self._releases.eligible(slug)
        for link in links:
            if link.slug == slug:
                within = self._releases.within(slug, link.range)
                fitting &= within if link.needs else ~within
        held = self._releases.held(slug)
        return not fitting & held and bool(fitting & ~self._releases.within(slug, pin))

    def _named(self, link: Link) -> str:
        return self.name(link.slug) if self._releases.of(link.slug) else link.name

    def _list(self, slug: str, name: str) -> str:
        shown = [candidate.version for candidate in self._releases.of(slug)[:_MAX_SHOWN]]
        if not shown:
            return f"there is no plugin {name}"
        return f"the releases of {self.name(slug)} are {', '.join(shown)}"

    def _obstacle(self, slug: str, found: int) -> str:
        """Return why nobody can have the highest of these releases."""
        number = (found & -found).bit_length() - 1
        return f"{self._releases.of(slug)[number]} {self._releases.obstacle(slug, number)}"

    def _pin(self, slug: str) -> str | None:
        having = self._installed.get(slug)
        return having.pin if having else None
