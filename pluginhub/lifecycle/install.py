"""Install: a user gets a reference to a release, and to the releases that it depends on."""

from pluginhub.errors import AlreadyInstalledError
from pluginhub.lifecycle import choose, steps
from pluginhub.lifecycle.perform import perform
from pluginhub.lifecycle.plan import Plan
from pluginhub.lifecycle.resolver import Wish
from pluginhub.lifecycle.resources import Order, Resources
from pluginhub.models import Channel


async def install(
    resources: Resources,
    order: Order,
    slug: str,
    version: str | None = None,
    *,
    channel: Channel = "stable",
) -> Plan:
    """Give a user a plugin, with what it depends on, in one transaction.

    Args:
        resources: What the verbs work with.
        order: Whose plugin, who asks, and how.
        slug: Which plugin; case does not matter.
        version: A version or a range; None takes the highest release.
        channel: ``prerelease`` also takes pre-releases, now and in updates.

    Returns:
        The plan that was carried out.

    Raises:
        NotFoundError: There is no such user, plugin or release.
        AlreadyInstalledError: The user has this plugin, in whatever version.
        ConflictError: Something stands against it; see its subclasses.
        HookError: A hook failed; nothing is changed.
    """

    async def plan() -> Plan:
        holdings = await choose.look(resources, order.user_id, slug)
        if present := holdings.installed.get(slug.lower()):
            raise AlreadyInstalledError(
                f"{present.slug} is already installed in version {present.release.version}",
                slug=present.slug,
                version=present.release.version,
            )
        wish = Wish(
            slug,
            "*" if version is None else holdings.as_range(slug, version),
            prereleases=channel == "prerelease",
        )
        choices = await choose.choose(resources, holdings, [wish])
        made = await steps.of_choices(resources, order.user_id, choices, channel=channel)
        return Plan("install", order.user_id, made)

    return await perform(resources, order, "install", slug, plan)
