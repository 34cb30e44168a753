"""Evict: the lifecycle manager of a release leaves memory, and its worker ends."""

from pluginhub.database import audit
from pluginhub.errors import NotFoundError
from pluginhub.lifecycle.resources import Resources
from pluginhub.models import Actor


async def evict(resources: Resources, slug: str, version: str, *, actor: Actor) -> None:
    """Let a manager go: at once, or when the hooks that run have ended.

    The next hook loads it anew, and what rested because of failures is tried again.

    Raises:
        NotFoundError: It is not in memory.
    """
    if not resources.registry.evict(slug, version):
        raise NotFoundError(f"no lifecycle manager of {slug} {version} is in memory", slug=slug)
    now = resources.database.now()
    async with resources.database.transaction() as tx:
        await audit.record(tx, actor, "evict", f"{slug}@{version}", now, slug=slug)
