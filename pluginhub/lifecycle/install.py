"""Install: a user gets a reference to a release."""

import secrets

from pluginhub.database import audit, installations, releases, users
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
        NotFoundError: There is no such user, plugin or release.
        AlreadyInstalledError: The user has this plugin, in whatever version.
    """
    async with database.transaction() as tx:
        release = await pick(tx, slug, version)
        return await give(tx, user_id, release, database.now(), actor=actor)


async def give(
    tx: Connection, user_id: str, release: Release, now: int, *, actor: Actor
) -> Installation:
    """Give a user a release, in the transaction of a verb.

    Raises:
        NotFoundError: There is no such user.
        AlreadyInstalledError: The user has this plugin, in whatever version.
    """
    user = await users.get_by_id(tx, user_id)
    if present := await installations.find(tx, user.id, release.slug):
        raise AlreadyInstalledError(
            f"{release.slug} is already installed in version {present.release.version}",
            slug=release.slug,
            version=present.release.version,
        )
    installation = Installation(
        id=secrets.token_hex(16),
        user_id=user.id,
        release=release,
        enabled=True,
        config={},
        disabled_modules=frozenset(),
        installed_at=now,
        updated_at=now,
    )
    await installations.add(tx, installation.id, user_id=user.id, release=release, now=now)
    await audit.record(
        tx, actor, "install", f"{release.slug}@{release.version}", now, user_id=user.id
    )
    return installation


async def pick(tx: Connection, slug: str, version: str | None) -> Release:
    """Return the named release of a plugin, or the highest one.

    Raises:
        NotFoundError: There is no such plugin or release.
    """
    if version is not None:
        return await releases.get(tx, slug, version)
    candidates = await releases.list_of(tx, slug)
    highest = versions.latest(release.version for release in candidates)
    return next(release for release in candidates if release.version == highest)
