"""Configure: what a user sets of a plugin, and which releases updates may lead to."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pluginhub.database import installations
from pluginhub.errors import ConflictError
from pluginhub.lifecycle import configuration, ranges
from pluginhub.lifecycle.perform import perform
from pluginhub.lifecycle.plan import Note, Plan, Step
from pluginhub.lifecycle.resources import Order, Resources
from pluginhub.models import Channel, Installation


async def configure(
    resources: Resources,
    order: Order,
    slug: str,
    config: dict[str, Any],
    *,
    merge: bool = False,
) -> Plan:
    """Set a user's configuration of a plugin.

    Args:
        resources: What the verbs work with.
        order: Whose plugin, who asks, and how.
        slug: Which plugin.
        config: The configuration; keys that are not there take their defaults.
        merge: Change only the keys of ``config``; null removes one (RFC 7396).

    Raises:
        NotFoundError: It is not installed.
        InvalidError: It is too large.
        ConfigRefusedError: The release's schema refuses it; the message names the paths.
    """

    async def plan() -> Plan:
        before = await _installation(resources, order, slug)
        wanted = _merged(before.config, config) if merge else config
        configuration.check_size(wanted)
        after = replace(before, config=wanted)
        refused = await configuration.problems(resources, after, wanted)
        return _plan("configure", before, after, refused)

    return await perform(resources, order, "configure", slug, plan)


async def pin(resources: Resources, order: Order, slug: str, text: str | None = None) -> Plan:
    """Let updates of a user's plugin stay within a range.

    Args:
        resources: What the verbs work with.
        order: Whose plugin, who asks, and how.
        slug: Which plugin.
        text: The range; None means the release that the plugin is on.

    Raises:
        NotFoundError: It is not installed.
        InvalidError: It is no range.
        ConflictError: The plugin is not within it.
    """

    def pinned(before: Installation) -> Installation:
        current = before.release.version
        wanted = f"={current}" if text is None else text
        if not ranges.parse(wanted).allows(current, prereleases=True):
            raise ConflictError(
                f"{before.slug} is on {current}, which is outside of {wanted}; update it first",
                slug=before.slug,
                range=wanted,
            )
        return replace(before, pin=wanted)

    return await _change(resources, order, "pin", slug, pinned)


async def unpin(resources: Resources, order: Order, slug: str) -> Plan:
    """Let updates of a user's plugin lead anywhere again.

    Raises:
        NotFoundError: It is not installed.
    """
    return await _change(resources, order, "unpin", slug, lambda before: replace(before, pin=None))


async def set_channel(resources: Resources, order: Order, slug: str, channel: Channel) -> Plan:
    """Choose whether updates of a user's plugin may lead to pre-releases.

    Raises:
        NotFoundError: It is not installed.
    """
    return await _change(
        resources, order, "channel", slug, lambda before: replace(before, channel=channel)
    )


async def _change(
    resources: Resources,
    order: Order,
    verb: str,
    slug: str,
    change: Callable[[Installation], Installation],
) -> Plan:
    async def plan() -> Plan:
        before = await _installation(resources, order, slug)
        return _plan(verb, before, change(before), [])

    return await perform(resources, order, verb, slug, plan)


async def _installation(resources: Resources, order: Order, slug: str) -> Installation:
    async with resources.database.snapshot() as connection:
        return await installations.get(connection, order.user_id, slug)


def _plan(
    verb: str, before: Installation, after: Installation, refused: list[dict[str, str]]
) -> Plan:
    if after == before:
        note = Note("nothing-to-do", before.slug, "it is so already")
        return Plan(verb, before.user_id, notes=(note,))
    reason = Note("asked-for", before.slug, "it was asked for")
    step = Step(verb, before, after, reason, config_problems=tuple(refused))
    return Plan(verb, before.user_id, (step,))


def _merged(old: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    result = dict(old)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            below = result.get(key)
            result[key] = _merged(below if isinstance(below, dict) else {}, value)
        else:
            result[key] = value
    return result
