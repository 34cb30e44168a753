"""Develop: one user tries a release out while somebody writes it.

A development release is a release like any, which only that user sees. The next one replaces it,
and a roll back leads to what the user had before the first one. After a crash between any two
transactions here, the user is on the old release or on the new one, and the other one is a
release that nobody has, which the next sweep or the next development release removes.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pluginhub import versions
from pluginhub.database import audit, installations, plugins, releases, unused_releases
from pluginhub.database.connection import Connection
from pluginhub.database.releases import Known
from pluginhub.errors import ConflictError, ForbiddenError
from pluginhub.lifecycle import discard, publish
from pluginhub.lifecycle.install import install
from pluginhub.lifecycle.plan import Plan
from pluginhub.lifecycle.resources import Order, Resources
from pluginhub.lifecycle.rollback import roll_back
from pluginhub.lifecycle.uninstall import uninstall
from pluginhub.lifecycle.update import update
from pluginhub.models import Installation, Release
from pluginhub.storage.bundle import Bundle

_HIGHEST = 10**9  # number of a version that has to fit


@dataclass(frozen=True, slots=True)
class Development:
    """What came of a bundle that a user tries out.

    Attributes:
        created: False if the user has these bytes already.
        previous: The version that the user had before, or None.
        unread: Paths of values that would have to be run to be known, and were left out.
    """

    release: Release
    created: bool
    previous: str | None
    unread: tuple[str, ...]


async def develop(
    resources: Resources, order: Order, source: Path, *, reset_config: bool = False
) -> Development:
    """Give a user a bundle as a release that nobody else sees, in place of the one before.

    Args:
        resources: What the verbs work with.
        order: Who is to try it out, and the admin who asks.
        source: A zip, tar or tar.gz file, or a directory; it is not changed.
        reset_config: Drop the keys of the configuration that the release refuses.

    Raises:
        ForbiddenError: The one who asks is not an admin.
        BadBundleError: The bundle breaks a rule.
        ConflictError: The slug is taken in another spelling, or something else stands against it.
        HookError: A hook failed; the user has what they had.
    """
    _require_admin(order)
    async with publish.unpacking(resources.storage, source) as unpacked:
        before = await _installation(resources, order, unpacked.manifest.slug)
        release = await _same(resources, order, unpacked, before)
        created = release is None
        if release is None:
            release = await _add(resources, order, unpacked)
            async with _taken_back_after_errors(resources, order, release):
                await _give(resources, order, release, before, reset_config=reset_config)
    await _remove_earlier(resources, order, release.slug, release.id)
    previous = before.release.version if before else None
    return Development(release, created, previous, unpacked.description.unread)


async def end(resources: Resources, order: Order, slug: str) -> Plan:
    """Return a user to what they had before they tried releases of a plugin out.

    Returns:
        What was carried out: a roll back, or where there is nothing to return to an uninstall;
        without steps if the user has none of them.

    Raises:
        ForbiddenError: The one who asks is not an admin.
        HookError: A hook failed; the user has what they had.
        ConflictError: Other plugins stand against it.
    """
    _require_admin(order)
    present = await _installation(resources, order, slug)
    plan = Plan("rollback", order.user_id, slug=slug)
    if present and present.release.only_for:
        if present.previous_release_id is None:
            plan = await uninstall(resources, order, slug)
        else:
            plan = await roll_back(resources, order, slug, reset_config=True)
    await _remove_earlier(resources, order, slug)
    return plan


def _require_admin(order: Order) -> None:
    if not order.actor.admin:
        raise ForbiddenError("Admin required")


async def _installation(resources: Resources, order: Order, slug: str) -> Installation | None:
    async with resources.database.snapshot() as connection:
        return await installations.find(connection, order.user_id, slug)


async def _same(
    resources: Resources, order: Order, unpacked: Bundle, present: Installation | None
) -> Release | None:
    """Return the release that a user has already, if it has these bytes and its files."""
    release = present.release if present else None
    if release is None or release.only_for != order.user_id or release.digest != unpacked.digest:
        return None
    return release if await resources.storage.holds(release) else None


async def _add(resources: Resources, order: Order, unpacked: Bundle) -> Release:
    """Publish a bundle for one user alone."""
    slug, base = unpacked.manifest.slug, unpacked.manifest.version
    versions.key(versions.in_development(base, _HIGHEST))
    async with resources.database.transaction() as tx:
        now = resources.database.now()
        await _claim(tx, slug, now)
        described = replace(
            publish.describe(unpacked, order.actor, None, now, only_for=order.user_id),
            version=versions.in_development(base, 0),
        )
        # Ids only grow, also when releases go: so do these versions.
        number = await releases.add(tx, described, unpacked.files, unpacked.manifest.modules)
        version = versions.in_development(base, number)
        await releases.set_version(tx, number, version)
        release = (await releases.get_many(tx, [number]))[number]
        await audit.record(
            tx,
            order.actor,
            "publish",
            str(release),
            now,
            user_id=order.user_id,
            slug=slug,
            digest=release.digest,
            release=release.id,
        )
        await resources.storage.publish(unpacked.tree, slug, version)
    return release


async def _claim(tx: Connection, slug: str, now: int) -> None:
    """Make the plugin where there is none; it belongs to nobody until somebody publishes it."""
    known = await plugins.find_slug(tx, slug)
    if known is None:
        await plugins.add(tx, slug, None, now)
    elif known != slug:
        raise ConflictError(f"the slug {slug} is taken by {known}", slug=slug, taken_by=known)


async def _give(
    resources: Resources,
    order: Order,
    release: Release,
    before: Installation | None,
    *,
    reset_config: bool,
) -> None:
    if before is None:
        await install(resources, order, release.slug, release.version)
    else:
        await update(resources, order, release.slug, release.version, reset_config=reset_config)


@asynccontextmanager
async def _taken_back_after_errors(
    resources: Resources, order: Order, release: Release
) -> AsyncIterator[None]:
    try:
        yield
    except BaseException:
        await remove(resources, order, Known(release.id, release.slug, release.version, ""))
        raise


async def _remove_earlier(
    resources: Resources, order: Order, slug: str, before: int | None = None
) -> None:
    """Remove the development releases of a user and a plugin, or those before one of them."""
    async with resources.database.snapshot() as connection:
        found = await releases.list_in_development(connection, slug, order.user_id)
    for release in found:
        if before is None or release.id < before:
            await remove(resources, order, release)


async def remove(resources: Resources, order: Order, release: Known) -> bool:
    """Remove a development release, unless its user has it or a hook of it runs.

    Returns:
        Whether it is gone; a sweep takes what is not.
    """
    resources.registry.evict(release.slug, release.version)
    if resources.registry.holds(release.slug, release.version):
        return False
    async with resources.database.transaction() as tx:
        if await unused_releases.find(tx, release.id) is None:
            return False
        await releases.remove(tx, release.id)
        await plugins.remove_without_releases(tx, release.slug)
        now = resources.database.now()
        await audit.record(
            tx,
            order.actor,
            "remove",
            str(release),
            now,
            user_id=order.user_id,
            slug=release.slug,
        )
    await discard.files_of(resources.database, resources.storage, release.slug, release.version)
    return True
