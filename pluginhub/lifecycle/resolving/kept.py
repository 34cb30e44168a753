"""What the user has and did not wish for: it stays, unless something that changes moves it."""

from collections.abc import Collection, Iterator, Mapping

from pluginhub.lifecycle.resolving.releases import Installed, Link, Releases


class Kept:
    """The plugins that stay on their release as long as nothing moves them.

    Args:
        releases: What may be chosen.
        installed: What the user has, by lowercase slug.
        wished: The lowercase slugs that the user asks for.
    """

    def __init__(
        self, releases: Releases, installed: Mapping[str, Installed], wished: Collection[str]
    ) -> None:
        self._releases = releases
        self._installed = installed
        self._wished = wished
        self._ways: dict[str, set[str]] = {}
        self._links: dict[str, list[Link]] = {}
        for slug in sorted(installed):
            if slug not in wished:
                for link in self.links(slug, releases.held(slug).bit_length() - 1):
                    self._links.setdefault(link.slug, []).append(link)

    def __contains__(self, slug: str) -> bool:
        return slug in self._installed and slug not in self._wished

    def changed(self, slug: str, number: int) -> bool:
        """Return whether a release is another one than the user has."""
        return not self._releases.held(slug) >> number & 1

    def room(self, slug: str) -> int:
        """Return the set of releases of a plugin that its pin, if it has one, lets it move to."""
        eligible, having = self._releases.eligible(slug), self._installed.get(slug)
        if having is None or having.pin is None:
            return eligible
        return eligible & self._releases.within(slug, having.pin)

    def fits(self, slug: str, fitting: int) -> bool:
        """Return whether one of these plugins is in a set with the release that it is on."""
        return slug in self and bool(self._releases.held(slug) & fitting)

    def links(self, slug: str, number: int) -> Iterator[Link]:
        """Yield what a release asks of others; the installed one only what it has now."""
        changed = self.changed(slug, number)
        for link in self._releases.links(slug, number):
            held = self._releases.held(link.slug)
            if link.slug != slug and (changed or not link.needs or held & self._within(link)):
                yield link

    def against(self, slug: str, number: int) -> Iterator[tuple[Link, str]]:
        """Yield what stands between a release and one of these plugins, with the latter."""
        if not self.changed(slug, number):
            return
        for link in self._links.get(slug, ()):
            if bool(self._within(link) >> number & 1) != link.needs:
                yield link, link.owner
        for link in self._releases.links(slug, number):
            if not link.needs and self.fits(link.slug, self._within(link)):
                yield link, link.slug

    def may_move(self, slug: str) -> bool:
        """Return whether any choice could move one of these plugins."""
        elsewhere = self.room(slug) & ~self._releases.held(slug)
        return bool(elsewhere) and not self._way(slug).isdisjoint(self._wished)

    def movers(self, kept: str, chosen: Mapping[str, int]) -> set[str]:
        """Return the chosen plugins of which another release could lead to moving ``kept``."""
        return {slug for slug in chosen if self._could_move(slug, kept, chosen)}

    def _could_move(self, slug: str, kept: str, chosen: Mapping[str, int]) -> bool:
        new = self._way(kept) - chosen.keys()
        eligible = self._releases.eligible(slug)
        return slug in self._way(kept) and any(
            link.needs
            and link.slug in new
            and not (link.slug == kept and self.fits(kept, self._within(link)))
            for number in range(len(self._releases.of(slug)))
            if eligible >> number & 1 and number != chosen[slug]
            for link in self._releases.links(slug, number)
        )

    def _way(self, slug: str) -> set[str]:
        if slug not in self._ways:
            self._ways[slug] = self._releases.leads_to(slug)
        return self._ways[slug]

    def _within(self, link: Link) -> int:
        return self._releases.within(link.slug, link.range)
