"""Yank: nobody new gets a release; those who have it keep it, and see a notice."""

from pluginhub.database import audit, installations, releases
from pluginhub.database.connection import Connection, Database
from pluginhub.errors import ForbiddenError
from pluginhub.lifecycle.resources import Resources
from pluginhub.models import Actor, Release


async def yank(
    database: Database, slug: str, version: str, *, actor: Actor, reason: str | None = None
) -> Release:
    """Withdraw a release.

    Args:
        database: Holds the row.
        slug: Which plugin.
        version: Which release.
        actor: Must own the plugin, or be an admin.
        reason: For those who have it.

    Raises:
        NotFoundError: There is no such release.
        ForbiddenError: The plugin belongs to someone else.
    """
    async with database.transaction() as tx:
        release = await _owned(tx, slug, version, actor)
        now = database.now()
        await releases.set_yanked(tx, release.id, now, reason)
        await audit.record(tx, actor, "yank", str(release), now, slug=release.slug, reason=reason)
        return await releases.get(tx, slug, version)


async def unyank(database: Database, slug: str, version: str, *, actor: Actor) -> Release:
    """Bring a withdrawn release back.

    Raises:
        NotFoundError: There is no such release.
        ForbiddenError: The plugin belongs to someone else.
    """
    async with database.transaction() as tx:
        release = await _owned(tx, slug, version, actor)
        await releases.set_yanked(tx, release.id, None, None)
        now = database.now()
        await audit.record(tx, actor, "unyank", str(release), now, slug=release.slug)
        return await releases.get(tx, slug, version)


async def withdraw(resources: Resources, release: Release, *, actor: Actor) -> bool:
    """Take a release back that nobody has, as if it had never been published.

    Returns:
        False if somebody has it by now; then it stays.
    """
    async with resources.database.transaction() as tx:
        if await installations.refers_to(tx, release.id):
            return False
        await releases.remove(tx, release.id)
        await releases.remove_plugin_without_releases(tx, release.slug)
        now = resources.database.now()
        await audit.record(tx, actor, "withdraw", str(release), now, slug=release.slug)
    resources.registry.evict(release.slug, release.version)
    async with resources.database.transaction() as tx:
        # Under the write lock, so that files of the same release published anew stay.
        if not await releases.find(tx, release.slug, release.version):
            await resources.storage.discard(release)
    return True


async def _owned(tx: Connection, slug: str, version: str, actor: Actor) -> Release:
    release = await releases.get(tx, slug, version)
    if not actor.admin and await releases.owner_of(tx, release.slug) != actor.user_id:
        raise ForbiddenError(f"{release.slug} belongs to someone else", slug=release.slug)
    return release
