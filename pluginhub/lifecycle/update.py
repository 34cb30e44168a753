"""Update: an installation moves to another release of its plugin."""

from pluginhub.database import installations, users
from pluginhub.errors import ConflictError, HookError, NotFoundError
from pluginhub.lifecycle import choose, steps
from pluginhub.lifecycle.perform import perform
from pluginhub.lifecycle.plan import Note, Plan
from pluginhub.lifecycle.resolver import Wish
from pluginhub.lifecycle.resources import Order, Resources


async def update(
    resources: Resources,
    order: Order,
    slug: str,
    version: str | None = None,
    *,
    reset_config: bool = False,
) -> Plan:
    """Move a user's installation; configuration, switches and module settings stay.

    Pages that are open go on loading files of the release that they started with, for the
    grace period.

    Args:
        resources: What the verbs work with.
        order: Whose plugin, who asks, and how.
        slug: Which plugin.
        version: A version or a range, up or down; None takes the highest release that pin,
            channel and other plugins allow, and never leads down.
        reset_config: Drop the keys of the configuration that the release refuses.

    Returns:
        The plan that was carried out; without steps if there was nothing to do, and with a note
        that says why it does not lead to the highest release.

    Raises:
        NotFoundError: It is not installed, or there is no such release.
        ConfigRefusedError: The release refuses the configuration.
        ConflictError: Something else stands against it; see its subclasses.
        HookError: A hook failed; the user is on the old release as before.
    """

    async def plan() -> Plan:
        holdings = await choose.look(resources, order.user_id, slug)
        before = holdings.installation_of(slug)
        wanted = "*" if version is None else holdings.as_range(slug, version)
        wish = Wish(before.slug, wanted, prereleases=before.channel == "prerelease")
        choices = await choose.choose(resources, holdings, [wish])
        made = await steps.of_choices(
            resources,
            order.user_id,
            choices,
            reset_config=reset_config,
            skip_hooks=order.skip_hooks,
        )
        reached = next(
            (item.release.version for item in choices if item.release.slug == before.slug),
            before.release.version,
        )
        notes: tuple[Note, ...] = ()
        if version is None:
            note = await choose.why_not_higher(resources, holdings, reached, before)
            notes = () if made and note.code == "up-to-date" else (note,)
        return Plan("update", order.user_id, made, notes)

    return await perform(resources, order, "update", slug, plan)


async def update_all(
    resources: Resources, order: Order, *, reset_config: bool = False
) -> list[Plan]:
    """Update everything that a user has; what cannot be updated holds up nothing else.

    Returns:
        One plan for each plugin; ``blocked`` says why one was left as it is.

    Raises:
        NotFoundError: There is no such user.
    """
    async with resources.database.snapshot() as connection:
        user = await users.get_by_id(connection, order.user_id)
        installed = await installations.list_of(connection, user.id)
    plans: dict[str, Plan] = {}
    waiting = [installation.slug for installation in installed]
    while waiting:
        for slug in waiting:
            if plan := await _update_if_possible(resources, order, slug, reset_config):
                plans[slug] = plan
        moved = any(plans[slug].steps for slug in waiting if slug in plans)
        # What was held back may be free now that another plugin moved.
        held = [slug for slug in waiting if slug in plans and _is_held(plans[slug])]
        waiting = held if moved and not order.dry_run else []
    return list(plans.values())


async def _update_if_possible(
    resources: Resources, order: Order, slug: str, reset_config: bool
) -> Plan | None:
    """Return the plan that was carried out, or why there was none; None if the plugin is gone."""
    try:
        return await update(resources, order, slug, reset_config=reset_config)
    except NotFoundError:
        return None
    except (ConflictError, HookError) as error:
        blocked = Note(error.code, slug, error.message)
        return Plan("update", order.user_id, blocked=(blocked,), slug=slug)


def _is_held(plan: Plan) -> bool:
    return not plan.steps and any(note.code == "held" for note in plan.notes)
