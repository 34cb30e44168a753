"""Publish: an untrusted bundle becomes a release, once."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from pluginhub import config_schema, versions
from pluginhub.cancellation import finish_in_thread
from pluginhub.database import audit, releases, tombstones, unused_releases
from pluginhub.database.connection import Connection, Database
from pluginhub.errors import (
    BadBundleError,
    BundleReason,
    ConflictError,
    ForbiddenError,
    InvalidError,
    ReleaseExistsError,
)
from pluginhub.lifecycle import application, ranges
from pluginhub.manifest import FILE_NAME, Manifest
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
    async with counted, storage.staging() as folder:
        unpacked = await finish_in_thread(
            bundle.unpack, source, folder / "tree", None, storage.require_room, described
        )
        await finish_in_thread(_check, unpacked.manifest)
        if dry_run:
            async with database.snapshot() as connection:
                existing = await _find(connection, unpacked, actor)
            release = existing or _release(unpacked, actor, origin, database.now())
        else:
            async with database.transaction() as tx:
                now = database.now()
                existing = await _find(tx, unpacked, actor)
                release = existing or await _add(
                    tx, _release(unpacked, actor, origin, now), unpacked
                )
                release = await _approved(tx, release, actor, now)
                await _record(tx, release, actor, now)
                if existing is None or not await storage.holds(release):
                    await storage.publish(unpacked.tree, release.slug, release.version)
    return Publication(release, existing is None, unpacked.description.unread)


def _check(manifest: Manifest) -> None:
    """Refuse what a manifest's model cannot judge: versions, ranges, the schema."""
    with _named("version", "bad-version"):
        versions.key(manifest.version)
    for key in ("dependencies", "conflicts"):
        for slug, text in getattr(manifest, key).items():
            with _named(f"{key}.{slug}"):
                ranges.parse(text)
    if manifest.requires.host:
        with _named("requires.host"):
            ranges.parse(manifest.requires.host)
    if manifest.config_schema is not None:
        with _named("config_schema"):
            config_schema.check(manifest.config_schema)


@contextmanager
def _named(path: str, reason: BundleReason = "bad-manifest") -> Iterator[None]:
    try:
        yield
    except InvalidError as error:
        raise BadBundleError(reason, f"{FILE_NAME}: {path}: {error.message}") from error


def _release(unpacked: Bundle, actor: Actor, origin: Origin | None, now: int) -> Release:
    """Return the release that a bundle is to become."""
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
    )


async def _find(connection: Connection, unpacked: Bundle, actor: Actor) -> Release | None:
    """Return the release if it is published already; refuse what may not be published."""
    slug, version = unpacked.manifest.slug, unpacked.manifest.version
    known = await releases.find_slug(connection, slug)
    if known is None:
        return None
    if known != slug:
        raise ConflictError(f"the slug {slug} is taken by {known}", slug=slug, taken_by=known)
    if not actor.admin and await releases.owner_of(connection, slug) != actor.user_id:
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
    if await releases.find_slug(tx, slug) is None:
        await releases.add_plugin(tx, slug, release.published_by, release.published_at)
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
