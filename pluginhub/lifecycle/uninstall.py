"""Uninstall: a user gives a plugin up."""

from pluginhub.errors import InvalidError, StillNeededError
from pluginhub.lifecycle import choose, ranges
from pluginhub.lifecycle.perform import perform
from pluginhub.lifecycle.plan import Note, Plan, Step
from pluginhub.lifecycle.resources import Order, Resources
from pluginhub.models import Installation


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
        before = holdings.installation_of(slug)
        installed = list(holdings.installed.values())
        going = [before, *_in_a_circle_with(before, installed)]
        others = [item for item in installed if item not in going]
        for item in going:
            _refuse_if_needed(item, others)
        made = tuple(Step("uninstall", item, None, _reason(item, before)) for item in going)
        return Plan("uninstall", order.user_id, made, _no_longer_needed(going, others))

    return await perform(resources, order, "uninstall", slug, plan)


def _reason(going: Installation, asked: Installation) -> Note:
    if going is asked:
        return Note("asked-for", going.slug, "it was asked for")
    return Note("dependency", going.slug, f"{going.slug} and {asked.slug} need each other")


def _in_a_circle_with(before: Installation, installed: list[Installation]) -> list[Installation]:
    """Return what a plugin needs, by however many others, and what needs it as well."""

    def reach(start: Installation, seen: list[Installation]) -> list[Installation]:
        for item in installed:
            if item not in seen and _needs(start, item):
                seen.append(item)
                reach(item, seen)
        return seen

    return [item for item in reach(before, []) if item is not before and before in reach(item, [])]


def _refuse_if_needed(before: Installation, others: list[Installation]) -> None:
    needing = [str(item.release) for item in others if _needs(item, before)]
    if needing:
        raise StillNeededError(
            f"{before.slug} is needed by {', '.join(needing)}; uninstall that first",
            slug=before.slug,
            needed_by=needing,
        )


def _no_longer_needed(going: list[Installation], others: list[Installation]) -> tuple[Note, ...]:
    return tuple(
        Note("no-longer-needed", item.slug, f"{item.slug} came along and is needed no longer")
        for item in others
        if item.as_dependency
        and any(_needs(gone, item) for gone in going)
        and not any(_needs(other, item) for other in others if other is not item)
    )


def _needs(installation: Installation, other: Installation) -> bool:
    """Return whether an installation depends on another one, as that one is now."""
    for slug, text in installation.release.manifest.dependencies.items():
        if slug.lower() == other.slug.lower():
            try:
                return ranges.parse(text).allows(other.release.version, prereleases=True)
            except InvalidError:
                return False
    return False
