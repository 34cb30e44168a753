"""Uninstall: a user gives a plugin up."""

from pluginhub.database import audit, installations
from pluginhub.database.connection import Database
from pluginhub.models import Actor, Installation


async def uninstall(database: Database, user_id: str, slug: str, *, actor: Actor) -> Installation:
    """Drop a user's reference and what belongs to it; files and other users are not touched.

    Returns:
        What was dropped.

    Raises:
        NotFoundError: It is not installed.
    """
    async with database.transaction() as tx:
        installation = await installations.get(tx, user_id, slug)
        await installations.remove(tx, installation.id)
        release = installation.release
        await audit.record(
            tx,
            actor,
            "uninstall",
            f"{release.slug}@{release.version}",
            database.now(),
            user_id=user_id,
        )
        return installation
