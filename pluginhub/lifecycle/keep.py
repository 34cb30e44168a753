"""Keep: a release stays although nobody has it."""

from pluginhub.database import audit, releases
from pluginhub.database.connection import Database
from pluginhub.errors import ForbiddenError
from pluginhub.models import Actor, Release


async def keep(
    database: Database, slug: str, version: str, *, actor: Actor, undo: bool = False
) -> Release:
    """Let sweeps leave a release alone, or with ``undo`` not any more.

    Raises:
        NotFoundError: There is no such release.
        ForbiddenError: The one who asks is not an admin.
    """
    if not actor.admin:
        raise ForbiddenError("Admin required")
    async with database.transaction() as tx:
        release = await releases.get(tx, slug, version)
        if release.keep == undo:
            now = database.now()
            await releases.set_keep(tx, release.id, keep=not undo)
            action = "unkeep" if undo else "keep"
            await audit.record(tx, actor, action, str(release), now, slug=release.slug)
        return await releases.get(tx, slug, version)
