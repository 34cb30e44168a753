"""Roll back: an installation returns to the release that it was on before."""

from pluginhub.database import releases
from pluginhub.errors import ConflictError
from pluginhub.lifecycle import choose, steps
from pluginhub.lifecycle.choose import Choice
from pluginhub.lifecycle.perform import perform
from pluginhub.lifecycle.plan import Plan, Step
from pluginhub.lifecycle.resolver import Wish
from pluginhub.lifecycle.resources import Order, Resources
from pluginhub.models import Installation, Release


async def roll_back(
    resources: Resources, order: Order, slug: str, *, reset_config: bool = False
) -> Plan:
    """Return a user's installation to the release before, withdrawn or not.

    What came along with the update goes back as well, as far as it has to. The configuration
    stays, with what the update had dropped, if that release accepts it; else the one comes back
    that the user had there.

    Args:
        resources: What the verbs work with.
        order: Whose plugin, who asks, and how.
        slug: Which plugin.
        reset_config: Drop the keys of the configuration that the release refuses.

    Raises:
        NotFoundError: It is not installed.
        ConflictError: There is no release to return to, or other plugins stand against it.
        HookError: A hook failed; the user is on the release as before.
    """

    async def plan() -> Plan:
        holdings = await choose.look(resources, order.user_id, slug)
        before = holdings.installation_of(slug)
        target = await _target(resources, before)
        choices = await choose.choose(
            resources,
            holdings,
            [Wish(before.slug, f"={target.version}")],
            even_if_yanked=frozenset(
                item.previous_release_id
                for item in holdings.installed.values()
                if item.previous_release_id is not None
            ),
        )
        made = [await _step(resources, order, choice, reset_config) for choice in choices]
        return Plan("rollback", order.user_id, tuple(made))

    return await perform(resources, order, "rollback", slug, plan)


async def _step(resources: Resources, order: Order, choice: Choice, reset_config: bool) -> Step:
    before = choice.before
    if before is None:
        return steps.added(order.user_id, choice)
    back = choice.release.id == before.previous_release_id
    action = "rollback" if back else "update"
    return await steps.moved(
        resources,
        before,
        choice,
        action=action,
        reset_config=reset_config,
        skip_hooks=order.skip_hooks,
    )


async def _target(resources: Resources, before: Installation) -> Release:
    wanted = before.previous_release_id
    if wanted is not None:
        async with resources.database.snapshot() as connection:
            found = await releases.get_many(connection, [wanted])
        if wanted in found:
            return found[wanted]
    raise ConflictError(
        f"{before.slug} has not been updated, so there is no release to return to",
        slug=before.slug,
    )
