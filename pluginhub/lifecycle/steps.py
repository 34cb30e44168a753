"""Makes the steps of a plan from chosen releases, with all that a user should know of them."""

from dataclasses import replace
from typing import Any

from pluginhub.lifecycle import changelog, configuration, documents
from pluginhub.lifecycle.choose import Choice
from pluginhub.lifecycle.plan import Step, new_permissions
from pluginhub.lifecycle.resources import Resources
from pluginhub.models import Channel, Installation, Release


def added(user_id: str, choice: Choice, channel: Channel = "stable") -> Step:
    """Return the step by which a user gets a plugin."""
    after = Installation(
        id="",
        user_id=user_id,
        release=choice.release,
        enabled=True,
        config={},
        installed_at=0,
        updated_at=0,
        channel=channel,
        as_dependency=choice.reason.code == "dependency",
    )
    return Step("install", None, after, choice.reason, new_permissions=new_permissions(None, after))


async def moved(
    resources: Resources,
    before: Installation,
    choice: Choice,
    *,
    action: str = "update",
    reset_config: bool = False,
    skip_hooks: bool = False,
) -> Step:
    """Return the step by which an installation goes to another release.

    Args:
        resources: What the verbs work with.
        before: The installation.
        choice: Where it goes, and why.
        action: ``update`` or ``rollback``.
        reset_config: Drop the keys of the configuration that the release refuses.
        skip_hooks: No hook will get to see the configuration first.
    """
    back = action == "rollback"
    after = replace(before, release=choice.release, **_way_back(before, back=back))
    earlier = before.previous_config or {}
    others = [earlier] if back and before.previous_config is not None else []
    # What an update dropped comes back with the release that knew it.
    first = {**earlier, **before.config} if back else before.config
    after, refused = await _first_accepted(resources, after, [first, before.config, *others])
    seen_by_hook = choice.release.running_hooks == "pluginhub" and not skip_hooks
    if refused and reset_config and not seen_by_hook:
        after = replace(after, config=configuration.without(after.config, refused))
        refused = await _refused(resources, after)
    return Step(
        action,
        before,
        after,
        choice.reason,
        changelog=await _changelog(resources, before.release, choice.release),
        new_permissions=new_permissions(before, after),
        config_problems=tuple(refused),
        reset_config=reset_config,
    )


def _way_back(before: Installation, *, back: bool) -> dict[str, Any]:
    """Return where a roll back leads afterwards: never to a development release."""
    if back:
        return {"previous_release_id": None, "previous_config": None}
    if before.release.only_for:
        return {}
    return {"previous_release_id": before.release.id, "previous_config": before.config}


async def of_choices(
    resources: Resources,
    user_id: str,
    choices: list[Choice],
    *,
    reset_config: bool = False,
    skip_hooks: bool = False,
    channel: Channel = "stable",
) -> tuple[Step, ...]:
    """Return the steps for chosen releases, in their order."""
    return tuple(
        [
            await moved(
                resources,
                choice.before,
                choice,
                reset_config=reset_config,
                skip_hooks=skip_hooks,
            )
            if choice.before
            else added(user_id, choice, channel if choice.reason.code == "asked-for" else "stable")
            for choice in choices
        ]
    )


async def _first_accepted(
    resources: Resources, after: Installation, configs: list[dict[str, Any]]
) -> tuple[Installation, list[dict[str, str]]]:
    """Return an installation with the first configuration that its release accepts.

    If it accepts none, that is the user's present one, with what the release says against it.
    """
    tried: list[dict[str, Any]] = []
    for config in configs:
        if config in tried:
            continue
        tried.append(config)
        if not await _refused(resources, replace(after, config=config)):
            return replace(after, config=config), []
    return after, await _refused(resources, after)


async def _refused(resources: Resources, after: Installation) -> list[dict[str, str]]:
    if not after.config:
        return []  # nothing is set that could be refused
    found = await configuration.problems(resources, after, after.config)
    return configuration.unsuitable(found)


async def _changelog(resources: Resources, left: Release, reached: Release) -> str | None:
    text = await documents.read(resources, reached, documents.CHANGELOG)
    return changelog.between(text, left.version, reached.version) if text else None
