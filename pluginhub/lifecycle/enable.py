"""Enable and disable: a user's switches on a plugin and on its modules."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pluginhub.database import installations
from pluginhub.errors import NotFoundError
from pluginhub.lifecycle.perform import perform
from pluginhub.lifecycle.plan import Note, Plan, Step
from pluginhub.lifecycle.resources import Order, Resources
from pluginhub.models import Installation, ModuleSettings


async def switch(
    resources: Resources,
    order: Order,
    slug: str,
    *,
    enabled: bool,
    modules: Sequence[str] = (),
) -> Plan:
    """Switch a plugin, or some of its modules, on or off for a user.

    Frontends no longer see what is off. The files of a plugin that is off are refused.

    Args:
        resources: What the verbs work with.
        order: Whose plugin, who asks, and how.
        slug: Which plugin.
        enabled: On or off.
        modules: Names of modules; without any, the plugin itself.

    Raises:
        NotFoundError: The plugin is not installed, or has no such module.
        HookError: A hook failed; the switch is as before.
    """
    verb = "enable" if enabled else "disable"

    async def plan() -> Plan:
        async with resources.database.snapshot() as connection:
            before = await installations.get(connection, order.user_id, slug)
        action = verb
        if modules:
            after = replace(before, modules=_switched(before, modules, enabled=enabled))
            action = f"{verb}-modules"
        else:
            after = replace(before, enabled=enabled)
        if after == before:
            state = "on" if enabled else "off"
            note = Note("nothing-to-do", before.slug, f"it is {state} already")
            return Plan(verb, order.user_id, notes=(note,))
        reason = Note("asked-for", before.slug, "it was asked for")
        return Plan(verb, order.user_id, (Step(action, before, after, reason),))

    return await perform(resources, order, verb, slug, plan)


def _switched(
    before: Installation, names: Sequence[str], *, enabled: bool
) -> Mapping[str, ModuleSettings]:
    declared = {module.name for module in before.release.manifest.modules}
    modules = dict(before.modules)
    for name in names:
        if name not in declared:
            raise NotFoundError(
                f"{before.release} has no module {name!r}; it has {', '.join(sorted(declared))}",
                slug=before.slug,
                module=name,
            )
        settings = replace(modules.get(name, ModuleSettings()), enabled=enabled)
        modules[name] = settings
        if settings == ModuleSettings():
            del modules[name]
    return modules
