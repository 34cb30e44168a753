"""Publish: an untrusted bundle becomes a release, once."""

from dataclasses import dataclass
from pathlib import Path

from pluginhub.cancellation import finish_in_thread
from pluginhub.database import audit, releases
from pluginhub.database.connection import Connection, Database
from pluginhub.errors import (
    BadBundleError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    ReleaseExistsError,
)
from pluginhub.lifecycle import versions
from pluginhub.lifecycle.install import give
from pluginhub.models import Actor, Release
from pluginhub.storage import bundle
from pluginhub.storage.bundle import Bundle
from pluginhub.storage.shared import SharedStorage


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing came to.

    Attributes:
        created: False if these bytes were published before.
    """

    release: Release
    created: bool


async def publish(
    database: Database,
    storage: SharedStorage,
    source: Path,
    *,
    actor: Actor,
    install_for: str | None = None,
) -> Publication:
    """Publish the bundle ``source``; nothing in it is executed.

    Args:
        database: Gets the rows.
        storage: Gets the files.
        source: A zip, tar or tar.gz file, or a directory; it is not changed.
        actor: Becomes the owner of a new slug; must own a known one, or be an admin.
        install_for: Id of a user who gets the release in the same transaction, so that a
            release that cannot be installed is not published either.

    Returns:
        The release; the same one again for the same bytes, with its files put back if they
        were lost.

    Raises:
        BadBundleError: The bundle breaks a rule.
        ReleaseExistsError: The version is published with other bytes.
        ConflictError: The slug is taken in another spelling.
        ForbiddenError: The slug belongs to someone else.
        NoSpaceError: The disk is too full.
        AlreadyInstalledError: The user ``install_for`` has this plugin, in whatever version.
        NotFoundError: There is no such user.
    """
    async with storage.staging() as folder:
        unpacked = await finish_in_thread(bundle.unpack, source, folder / "tree")
        _check_version(unpacked)
        async with database.transaction() as tx:
            now = database.now()
            await _claim_slug(tx, unpacked.manifest.slug, actor, now)
            existing = await _find(tx, unpacked)
            release = existing or await _add(tx, unpacked, actor, now)
            if install_for is not None:
                await give(tx, install_for, release, now, actor=actor)
            if existing is None or not await storage.holds(release):
                await storage.publish(unpacked.tree, release.slug, release.version)
    return Publication(release, created=existing is None)


def _check_version(unpacked: Bundle) -> None:
    try:
        versions.key(unpacked.manifest.version)
    except InvalidError as error:
        raise BadBundleError("bad-version", f"pluginhub.json: version: {error.message}") from error


async def _claim_slug(tx: Connection, slug: str, actor: Actor, now: int) -> None:
    known = await releases.find_slug(tx, slug)
    if known is None:
        await releases.add_plugin(tx, slug, actor.user_id, now)
    elif known != slug:
        raise ConflictError(f"the slug {slug} is taken by {known}", slug=slug, taken_by=known)
    elif not actor.admin and await releases.owner_of(tx, slug) != actor.user_id:
        raise ForbiddenError(f"{slug} belongs to someone else", slug=slug)


async def _find(tx: Connection, unpacked: Bundle) -> Release | None:
    slug, version = unpacked.manifest.slug, unpacked.manifest.version
    existing = await releases.find(tx, slug, version)
    if existing and existing.digest != unpacked.digest:
        raise ReleaseExistsError(
            f"{slug} {existing.version} is published with other bytes; "
            "give the new bundle a new version",
            slug=slug,
            version=existing.version,
            digest=existing.digest,
        )
    return existing


async def _add(tx: Connection, unpacked: Bundle, actor: Actor, now: int) -> Release:
    slug, version = unpacked.manifest.slug, unpacked.manifest.version
    release = Release(
        id=0,
        slug=slug,
        version=version,
        digest=unpacked.digest,
        size=unpacked.size,
        manifest=unpacked.manifest,
        source_type="local-file",
        source_url=f"local://{slug}",
        published_at=now,
        published_by=actor.user_id,
    )
    await releases.add(tx, release, unpacked.files, unpacked.manifest.modules)
    await audit.record(tx, actor, "publish", f"{slug}@{version}", now, digest=unpacked.digest)
    return await releases.get(tx, slug, version)
