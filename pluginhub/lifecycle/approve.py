"""Approve: an admin lets the hooks run of a release that a user published."""

from pluginhub.database import audit, releases
from pluginhub.database.connection import Database
from pluginhub.errors import ForbiddenError
from pluginhub.models import Actor, Release


async def approve(database: Database, slug: str, version: str, *, actor: Actor) -> Release:
    """Let the hooks of a release run from now on; those who have it need not do anything.

    Raises:
        NotFoundError: There is no such release.
        ForbiddenError: The one who asks is not an admin.
    """
    if not actor.admin:
        raise ForbiddenError("Admin required")
    async with database.transaction() as tx:
        release = await releases.get(tx, slug, version)
        if release.approved_at is None:
            now = database.now()
            await releases.set_approved(tx, release.id, actor.user_id, now)
            await audit.record(tx, actor, "approve", str(release), now, slug=release.slug)
        return await releases.get(tx, slug, version)
