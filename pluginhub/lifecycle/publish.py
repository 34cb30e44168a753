"""Publish: an untrusted bundle becomes a release, once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from pluginhub.cancellation import finish_in_thread
from pluginhub.database import audit, plugins, releases, tombstones, unused_releases
from pluginhub.database.connection import Connection, Database
from pluginhub.errors import (
    ConflictError,
    ForbiddenError,
    ReleaseExistsError,
)
from pluginhub.lifecycle import application, judging
from pluginhub.models import Actor, Origin, Release
from pluginhub.storage import bundle
from pluginhub.storage.bundle import Bundle, Description
from pluginhub.storage.shared import SharedStorage
from pluginhub.tallies import Operations


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing came to.

    Attributes:
        created: False if these bytes were published before.
        unread: Paths of values that would have to be run to be known, and were left out.
    """

    release: Release
    created: bool
    unread: tuple[str, ...] = ()


async def publish(
    database: Database,
    storage: SharedStorage,
    source: Path,
    *,
    actor: Actor,
    origin: Origin | None = None,
    dry_run: bool = False,
    described: Description | None = None,
    operations: Operations | None = None,
) -> Publication:
    """Publish the bundle ``source``; nothing in it is executed.

    Args:
        database: Gets the rows.
        storage: Gets the files.
        source: A zip, tar or tar.gz file, or a directory; it is not changed.
        actor: Becomes the owner of a new slug; must own a known one, or be an admin.
        origin: Where the bundle came from; None for an upload.
        dry_run: Unpack and judge the bundle, and keep nothing; the release then has no row.
        described: What a bundle says of itself that comes from where there were no manifests.
        operations: Counts it, unless it is a dry run.

    Returns:
        The release; the same one again for the same bytes, with its files put back if they
        were lost.

    Raises:
        BadBundleError: The bundle breaks a rule.
        ReleaseExistsError: The version is published with other bytes.
        ConflictError: The slug is taken in another spelling.
        ForbiddenError: The slug belongs to someone else.
        NoSpaceError: The disk is too full.
    """
    counted = operations.timed("publish") if operations and not dry_run else nullcontext()
    async with counted, unpacking(storage, source, described) as unpacked:
        if dry_run:
            async with database.snapshot() as connection:
                existing = await _find(connection, unpacked, actor)
            release = existing or describe(unpacked, actor, origin, database.now())
        else:
            async with database.transaction() as tx:
                now = database.now()
                existing = await _find(tx, unpacked, actor)
                release = existing or await _add(
                    tx, describe(unpacked, actor, origin, now), unpacked
                )
                release = await _approved(tx, release, actor, now)
                await _record(tx, release, actor, now)
                if existing is None or not await storage.holds(release):
                    await storage.publish(unpacked.tree, release.slug, release.version)
    return Publication(release, existing is None, unpacked.description.unread)


@asynccontextmanager
async def unpacking(
    storage: SharedStorage, source: Path, described: Description | None = None
) -> AsyncIterator[Bundle]:
    """Lend what a bundle unpacks to, in staging and judged; it is gone after the block.

    Raises:
        BadBundleError: The bundle breaks a rule.
        NoSpaceError: The disk is too full.
    """
    async with storage.staging() as folder:
        unpacked = await finish_in_thread(
            bundle.unpack, source, folder / "tree", None, storage.require_room, described
        )
        await finish_in_thread(judging.refuse_faults, unpacked.manifest)
        yield unpacked


def describe(
    unpacked: Bundle, actor: Actor, origin: Origin | None, now: int, only_for: str | None = None
) -> Release:
    """Return the release that a bundle is to become, without a row.

    Args:
        unpacked: The bundle.
        actor: Who publishes it.
        origin: Where it came from; None for an upload.
        now: Seconds since 1970.
        only_for: Id of the one user who is to see it.
    """
    slug, contract = unpacked.manifest.slug, unpacked.description.contract
    origin = origin or Origin("local-file", f"local://{slug}")
    approved = actor.admin or contract is None  # without hooks there is nothing to approve
    return Release(
        id=0,
        slug=slug,
        version=unpacked.manifest.version,
        digest=unpacked.digest,
        size=unpacked.size,
        manifest=unpacked.manifest,
        source_type=origin.type,
        source_url=origin.url,
        source_tag=origin.tag,
        published_at=now,
        published_by=actor.user_id,
        contract=contract,
        application=application.declared(unpacked.description.application),
        other_versions=unpacked.description.other_versions,
        approved_at=now if approved else None,
        approved_by=actor.user_id if approved else None,
        only_for=only_for,
    )


async def _find(connection: Connection, unpacked: Bundle, actor: Actor) -> Release | None:
    """Return the release if it is published already; refuse what may not be published."""
    slug, version = unpacked.manifest.slug, unpacked.manifest.version
    known = await plugins.find_slug(connection, slug)
    if known is None:
        return None
    if known != slug:
        raise ConflictError(f"the slug {slug} is taken by {known}", slug=slug, taken_by=known)
    theirs = await plugins.owner_of(connection, slug) == actor.user_id
    if not (actor.admin or theirs) and await plugins.is_published(connection, slug):
        raise ForbiddenError(f"{slug} belongs to someone else", slug=slug)
    existing = await releases.find(connection, slug, version)
    known_as = existing or await tombstones.find(connection, slug, version)
    if known_as and known_as.digest != unpacked.digest:
        raise ReleaseExistsError(
            f"{slug} {version} {'is' if existing else 'was'} published with other bytes; "
            "give the new bundle a new version",
            slug=slug,
            version=version,
            digest=known_as.digest,
        )
    return existing


async def _add(tx: Connection, release: Release, unpacked: Bundle) -> Release:
    slug = release.slug
    if await plugins.find_slug(tx, slug) is None:
        await plugins.add(tx, slug, release.published_by, release.published_at)
    elif not await plugins.is_published(tx, slug):  # until now only somebody develops it
        await plugins.set_owner(tx, slug, release.published_by)
    await tombstones.remove(tx, slug, release.version)
    await releases.add(tx, release, unpacked.files, release.manifest.modules)
    return await releases.get(tx, slug, release.version)


async def _approved(tx: Connection, release: Release, actor: Actor, now: int) -> Release:
    """Approve a release whose bytes an admin publishes as well."""
    if release.approved_at is not None or not actor.admin:
        return release
    await releases.set_approved(tx, release.id, actor.user_id, now)
    return await releases.get(tx, release.slug, release.version)


async def _record(tx: Connection, release: Release, actor: Actor, now: int) -> None:
    """Write down a publication, also one of known bytes: who asked for it relies on it."""
    await audit.record(
        tx,
        actor,
        "publish",
        str(release),
        now,
        slug=release.slug,
        digest=release.digest,
        release=release.id,
    )
    await unused_releases.begin_anew(tx, release.id)
