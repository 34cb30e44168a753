"""Update: an installation moves to another release of its plugin."""

from pluginhub.database import audit, installations
from pluginhub.database.connection import Database
from pluginhub.lifecycle import versions
from pluginhub.lifecycle.install import pick
from pluginhub.models import Actor, Installation


async def update(
    database: Database, user_id: str, slug: str, version: str | None = None, *, actor: Actor
) -> tuple[Installation, Installation]:
    """Move a user's installation; configuration and switches stay as they are.

    Pages that are open go on loading files of the release that they started with, for the
    grace period.

    Args:
        database: Holds the reference.
        user_id: Whose installation.
        slug: Which plugin.
        version: Where to, up or down; None takes the highest, and never leads down.
        actor: Who asks, for the audit.

    Returns:
        The installation before and after; they are equal if there was nothing to do.

    Raises:
        NotFoundError: It is not installed, or there is no such release.
    """
    async with database.transaction() as tx:
        before = await installations.get(tx, user_id, slug)
        release = await pick(tx, before.release.slug, version)
        higher = versions.key(release.version) > versions.key(before.release.version)
        if release.id == before.release.id or (version is None and not higher):
            return before, before
        now = database.now()
        await installations.move(tx, before, release.id, now)
        await audit.record(
            tx,
            actor,
            "update",
            f"{release.slug}@{release.version}",
            now,
            user_id=user_id,
            previous=before.release.version,
        )
        return before, await installations.get(tx, user_id, release.slug)
