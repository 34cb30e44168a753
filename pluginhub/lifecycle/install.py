"""Install: a user gets a reference to a release."""

import secrets

from pluginhub.database import audit, installations, releases
from pluginhub.database.connection import Connection, Database
from pluginhub.errors import AlreadyInstalledError
from pluginhub.lifecycle import versions
from pluginhub.models import Actor, Installation, Release


async def install(
    database: Database, user_id: str, slug: str, version: str | None = None, *, actor: Actor
) -> Installation:
    """Give a user a plugin.

    Args:
        database: Gets the reference.
        user_id: Who gets it.
        slug: Which plugin; case does not matter.
        version: Which release; None takes the highest.
        actor: Who asks, for the audit.

    Raises:
        NotFoundError: There is no such plugin or release.
        AlreadyInstalledError: The user has this plugin, in whatever version.
    """
    async with database.transaction() as tx:
        release = await pick(tx, slug, version)
        if present := await installations.find(tx, user_id, release.slug):
            raise AlreadyInstalledError(
                f"{release.slug} is already installed in version {present.release.version}",
                slug=release.slug,
                version=present.release.version,
            )
        now = database.now()
        await installations.add(
            tx, secrets.token_hex(16), user_id=user_id, release=release, now=now
        )
        await audit.record(
            tx, actor, "install", f"{release.slug}@{release.version}", now, user_id=user_id
        )
        return await installations.get(tx, user_id, release.slug)


async def pick(tx: Connection, slug: str, version: str | None) -> Release:
    """Return the named release of a plugin, or the highest one.

    Raises:
        NotFoundError: There is no such plugin or release.
    """
    candidates = await releases.list_of(tx, slug)
    if version is None:
        version = versions.latest(release.version for release in candidates)
    return await releases.get(tx, candidates[0].slug, version)
