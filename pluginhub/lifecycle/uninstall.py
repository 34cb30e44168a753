"""Uninstall: a user gives a plugin up."""

from collections.abc import Mapping

from pluginhub.errors import InvalidError, StillNeededError
from pluginhub.lifecycle import choose, ranges
from pluginhub.lifecycle.perform import perform
from pluginhub.lifecycle.plan import Note, Plan, Step
from pluginhub.lifecycle.resources import Order, Resources
from pluginhub.models import Installation

Graph = dict[str, set[str]]  # lowercase slugs


async def uninstall(resources: Resources, order: Order, slug: str) -> Plan:
    """Drop a user's reference and what belongs to it; files and other users are not touched.

    Returns:
        The plan that was carried out. Plugins that need each other go together. Its notes name
        what came along with the plugin and is needed by nothing else any more.

    Raises:
        NotFoundError: It is not installed.
        StillNeededError: Another plugin of the user needs it.
        HookError: A hook failed; the plugin is installed as before.
    """

    async def plan() -> Plan:
        holdings = await choose.look(resources, order.user_id, slug)
        asked = holdings.installation_of(slug).slug.lower()
        needs = _needs(holdings.installed)
        needed_by = _turned(needs)
        needing = set(_reach(asked, needed_by))
        going = [each for each in _reach(asked, needs) if each in needing]  # in a circle
        leaving = set(going)
        for gone in going:
            _refuse_if_needed(gone, needed_by[gone] - leaving, holdings.installed)
        made = tuple(_step(holdings.installed, gone, asked) for gone in going)
        spare = [
            holdings.installed[left]
            for left in sorted(set().union(*(needs[gone] for gone in going)) - leaving)
            if needed_by[left] <= leaving
        ]
        return Plan("uninstall", order.user_id, made, _no_longer_needed(spare))

    return await perform(resources, order, "uninstall", slug, plan)


def _needs(installed: Mapping[str, Installation]) -> Graph:
    """Return what each of a user's plugins needs of the others, as those are now."""
    return {
        slug: {
            other
            for name, text in item.release.manifest.dependencies.items()
            if (other := name.lower()) in installed
            and other != slug
            and _allows(text, installed[other].release.version)
        }
        for slug, item in installed.items()
    }


def _turned(graph: Graph) -> Graph:
    turned: Graph = {slug: set() for slug in graph}
    for slug, others in graph.items():
        for other in others:
            turned[other].add(slug)
    return turned


def _reach(start: str, graph: Graph) -> list[str]:
    """Return where the ways lead that begin at a plugin, the nearest first."""
    found, seen = [start], {start}
    for slug in found:  # grows meanwhile
        found += sorted(graph[slug] - seen)
        seen |= graph[slug]
    return found


def _step(installed: Mapping[str, Installation], gone: str, asked: str) -> Step:
    going, wanted = installed[gone], installed[asked]
    reason = Note("dependency", going.slug, f"{going.slug} and {wanted.slug} need each other")
    if gone == asked:
        reason = Note("asked-for", going.slug, "it was asked for")
    return Step("uninstall", going, None, reason)


def _refuse_if_needed(slug: str, by: set[str], installed: Mapping[str, Installation]) -> None:
    if needing := [str(installed[other].release) for other in sorted(by)]:
        name = installed[slug].slug
        raise StillNeededError(
            f"{name} is needed by {', '.join(needing)}; uninstall that first",
            slug=name,
            needed_by=needing,
        )


def _no_longer_needed(spare: list[Installation]) -> tuple[Note, ...]:
    return tuple(
        Note("no-longer-needed", item.slug, f"{item.slug} came along and is needed no longer")
        for item in spare
        if item.as_dependency
    )


def _allows(text: str, version: str) -> bool:
    try:
        return ranges.parse(text).allows(version, prereleases=True)
    except InvalidError:
        return False
