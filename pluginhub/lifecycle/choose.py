"""Chooses releases for a user: what there is goes to the resolver, and comes back as choices."""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pluginhub import versions
from pluginhub.database import installations, releases, requirements, users
from pluginhub.database.connection import Connection
from pluginhub.database.requirements import Offer
from pluginhub.errors import NotFoundError, PlanChangedError, UnsatisfiableError
from pluginhub.lifecycle import ranges
from pluginhub.lifecycle.plan import Note
from pluginhub.lifecycle.resolver import Candidate, Installed, Resolution, Wish, resolve
from pluginhub.lifecycle.resources import Resources
from pluginhub.models import Installation, Release

_FULL_VERSION = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*")


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a user has, and what there is to choose from.

    Attributes:
        installed: By slug in lower case.
        offers: Every release of the plugins in question, by slug in lower case.
    """

    user_id: str
    installed: Mapping[str, Installation]
    offers: Mapping[str, Sequence[Offer]]

    def installation_of(self, slug: str) -> Installation:
        """Return the user's installation of a plugin.

        Raises:
            NotFoundError: The user does not have it.
        """
        if found := self.installed.get(slug.lower()):
            return found
        raise NotFoundError(f"{slug} is not installed", slug=slug)

    def as_range(self, slug: str, text: str) -> str:
        """Return the range that a user means who writes a version or a range."""
        offers = self.offers.get(slug.lower(), ())
        known = {offer.version.lower(): offer.version for offer in offers}
        plain = text.strip().removeprefix("v")
        if plain.lower() in known or _FULL_VERSION.fullmatch(plain):
            return f"={known.get(plain.lower(), plain)}"
        ranges.parse(text)
        return text


@dataclass(frozen=True, slots=True)
class Choice:
    """A release that a plugin of the user is to be on.

    Attributes:
        before: None if the user does not have the plugin yet.
    """

    before: Installation | None
    release: Release
    reason: Note


async def look(resources: Resources, user_id: str, *slugs: str) -> Holdings:
    """Return what a user has, and all that could come of a wish for some plugins.

    Raises:
        NotFoundError: There is no such user.
    """
    async with resources.database.snapshot() as connection:
        user = await users.get_by_id(connection, user_id)
        have = await installations.list_of(connection, user.id)
        offers = await _reachable(connection, slugs, user.id)
    return Holdings(user.id, {item.slug.lower(): item for item in have}, offers)


async def choose(
    resources: Resources,
    holdings: Holdings,
    wishes: Sequence[Wish],
    *,
    even_if_yanked: frozenset[int] = frozenset(),
) -> list[Choice]:
    """Return what has to change for wishes to come true, dependencies first.

    Args:
        resources: What the verbs work with.
        holdings: From ``look`` for the same plugins.
        wishes: What the user asks for.
        even_if_yanked: Ids of releases that may be chosen all the same.

    Raises:
        NotFoundError: There is no such plugin or release.
        YankedError: The one release that was asked for is withdrawn.
        UnsatisfiableError: No set of releases meets all dependencies.
        PlanChangedError: A release was withdrawn while the choice was made.
    """
    found = await _resolve(resources, holdings, wishes, even_if_yanked)
    changed = [
        candidate
        for slug, candidate in found.releases.items()
        if slug not in holdings.installed
        or holdings.installed[slug].release.version != candidate.version
    ]
    ids = {
        (offer.slug.lower(), offer.version): offer.id
        for offers in holdings.offers.values()
        for offer in offers
    }
    wanted = [ids[item.slug.lower(), item.version] for item in changed]
    async with resources.database.snapshot() as connection:
        chosen = await releases.get_many(connection, wanted)
    for number in wanted:
        if number not in chosen or (chosen[number].yanked_at and number not in even_if_yanked):
            raise PlanChangedError("a release was withdrawn meanwhile; try again")
    wished = {wish.slug.lower() for wish in wishes}
    return [
        Choice(
            holdings.installed.get(release.slug.lower()),
            release,
            _reason(release.slug, wished, found),
        )
        for release in _dependencies_first(list(chosen.values()))
    ]


async def why_not_higher(
    resources: Resources, holdings: Holdings, current: str, installation: Installation
) -> Note:
    """Return why an update stays at, or stops at, the version ``current``."""
    slug = installation.slug
    higher = [
        offer
        for offer in holdings.offers.get(slug.lower(), ())
        if versions.key(offer.version) > versions.key(current) and not offer.yanked
    ]
    stable = [offer for offer in higher if not versions.is_prerelease(offer.version)]
    considered = higher if installation.channel == "prerelease" else stable
    if not higher:
        return Note("up-to-date", slug, f"{current} is the highest release")
    if not considered:
        latest = max(higher, key=lambda offer: versions.key(offer.version)).version
        return Note("prerelease", slug, f"{latest} is a pre-release, and the channel is stable")
    latest = max(considered, key=lambda offer: versions.key(offer.version)).version
    pin = installation.pin
    if pin and not ranges.parse(pin).allows(latest, prereleases=True):
        return Note("pinned", slug, f"{slug} is pinned to {pin}, and {latest} is outside of it")
    try:
        await _resolve(resources, holdings, [Wish(slug, f"={latest}")])
    except UnsatisfiableError as error:
        return Note("held", slug, error.message)
    return Note("update-available", slug, f"{latest} is available")


async def _resolve(
    resources: Resources,
    holdings: Holdings,
    wishes: Sequence[Wish],
    even_if_yanked: frozenset[int] = frozenset(),
) -> Resolution:
    index = {
        slug: [_candidate(offer, even_if_yanked) for offer in offers]
        for slug, offers in holdings.offers.items()
    }
    have = {slug: _installed(item) for slug, item in holdings.installed.items()}
    return await asyncio.to_thread(
        resolve, index, have, wishes, host_version=resources.host_version
    )


def _candidate(offer: Offer, even_if_yanked: frozenset[int]) -> Candidate:
    return Candidate(
        slug=offer.slug,
        version=offer.version,
        dependencies=offer.needed.get("dependency", {}),
        conflicts=offer.needed.get("conflict", {}),
        host=offer.host,
        yanked=offer.yanked and offer.id not in even_if_yanked,
    )


def _installed(installation: Installation) -> Installed:
    release, manifest = installation.release, installation.release.manifest
    return Installed(
        Candidate(
            slug=release.slug,
            version=release.version,
            dependencies=manifest.dependencies,
            conflicts=manifest.conflicts,
            host=None,  # it runs here already
            yanked=release.yanked_at is not None,
        ),
        pin=installation.pin,
        channel=installation.channel,
    )


async def _reachable(
    connection: Connection, slugs: Sequence[str], user_id: str
) -> dict[str, list[requirements.Offer]]:
    """Return all releases that a user sees of some plugins, and of what these could bring along."""
    found: dict[str, list[Offer]] = {}
    wanted = {slug.lower() for slug in slugs}
    while wanted:
        found |= {slug: [] for slug in wanted}
        offers = await requirements.offers(connection, sorted(wanted), user_id)
        for offer in offers:
            found[offer.slug.lower()].append(offer)
        named = {slug.lower() for offer in offers for slug in offer.needed.get("dependency", {})}
        wanted = named - found.keys()
    return found


def _reason(slug: str, wished: set[str], found: Resolution) -> Note:
    if slug.lower() in wished:
        return Note("asked-for", slug, f"{slug} was asked for")
    return Note("dependency", slug, found.reasons.get(slug.lower(), "another plugin needs it"))


def _dependencies_first(chosen: list[Release]) -> list[Release]:
    left = {release.slug.lower(): release for release in chosen}
    ordered: list[Release] = []
    opened: list[tuple[Release, Iterator[str]]] = []  # chains are longer than Python recurses

    def visit(slug: str) -> None:
        if release := left.pop(slug, None):
            opened.append((release, iter(sorted(release.manifest.dependencies))))

    for slug in sorted(left):
        visit(slug)
        while opened:
            release, needed = opened[-1]
            if (other := next(needed, None)) is not None:
                visit(other.lower())
            else:
                ordered.append(release)
                opened.pop()
    return ordered
