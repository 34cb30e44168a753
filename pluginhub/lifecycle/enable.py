"""Enable and disable: a user's switch on a plugin."""

from pluginhub.database import audit, installations
from pluginhub.database.connection import Database
from pluginhub.models import Actor, Installation


async def enable(database: Database, user_id: str, slug: str, *, actor: Actor) -> Installation:
    """Switch a plugin on for a user.

    Raises:
        NotFoundError: It is not installed.
    """
    return await _switch(database, user_id, slug, actor, enabled=True)


async def disable(database: Database, user_id: str, slug: str, *, actor: Actor) -> Installation:
    """Switch a plugin off for a user: frontends no longer see it, and its files are refused.

    Raises:
        NotFoundError: It is not installed.
    """
    return await _switch(database, user_id, slug, actor, enabled=False)


async def _switch(
    database: Database, user_id: str, slug: str, actor: Actor, *, enabled: bool
) -> Installation:
    async with database.transaction() as tx:
        before = await installations.get(tx, user_id, slug)
        if before.enabled == enabled:
            return before
        now = database.now()
        await installations.set_enabled(tx, before.id, enabled=enabled, now=now)
        action = "enable" if enabled else "disable"
        await audit.record(tx, actor, action, before.release.slug, now, user_id=user_id)
        return await installations.get(tx, user_id, before.release.slug)
