"""SQL of releases."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pluginhub.database import modules, plugins, release_files, requirements, tombstones
from pluginhub.database.connection import (
    Connection,
    IntegrityError,
    Row,
    fetch_all,
    fetch_one,
)
from pluginhub.database.visibility import SEEN, SEEN_BY_ALL
from pluginhub.errors import ConflictError, GoneError, NotFoundError
from pluginhub.manifest import Manifest, Module, Requirements
from pluginhub.models import Release, ReleaseFile

_COLUMNS = (
    "releases.id, releases.slug, version, digest, size, manifest, source_type, source_url,"
    " published_at, published_by, contract, application, other_versions, requires_host,"
    " yanked_at, yank_reason, source_tag, approved_at, approved_by, keep, only_for"
)
# Parts of the manifest with columns or tables of their own
_OWN_COLUMNS = {"slug", "version", "modules", "requires", "dependencies", "conflicts"}
_DECODED = {"manifest", "application", "other_versions", "requires_host"}


@dataclass(frozen=True, slots=True)
class Known:
    """A release, without what its manifest says."""

    id: int
    slug: str
    version: str
    digest: str

    def __str__(self) -> str:
        return f"{self.slug}@{self.version}"


async def find(connection: Connection, slug: str, version: str) -> Release | None:
    """Return one release, or None."""
    found = await _select(connection, "releases.slug = ? AND version = ?", (slug, version))
    return found[0] if found else None


async def get(connection: Connection, slug: str, version: str) -> Release:
    """Return one release that everybody sees.

    Raises:
        NotFoundError: The plugin has no such version, or there is no such plugin.
        GoneError: The release was removed.
    """
    release = await find(connection, slug, version)
    if release and release.only_for is None:
        return release
    if await tombstones.find(connection, slug, version):
        raise GoneError(f"{slug} {version} was removed", slug=slug, version=version)
    if not await plugins.is_published(connection, slug):
        raise _no_plugin(slug)
    raise NotFoundError(f"{slug} has no release {version}", slug=slug, version=version)


async def get_many(connection: Connection, ids: Iterable[int]) -> dict[int, Release]:
    """Return the releases with these ids, by id."""
    wanted = list(set(ids))
    if not wanted:
        return {}
    marks = ", ".join("?" * len(wanted))
    found = await _select(connection, f"releases.id IN ({marks})", wanted)
    return {release.id: release for release in found}


async def list_of(connection: Connection, slug: str, viewer: str | None = None) -> list[Release]:
    """Return the releases of one plugin that a user sees, oldest publication first.

    Raises:
        NotFoundError: There is no such plugin, as far as they see.
    """
    if found := await _select(connection, f"releases.slug = ? AND {SEEN}", (slug, viewer)):
        return found
    raise _no_plugin(slug)


async def list_of_many(connection: Connection, slugs: Sequence[str]) -> dict[str, list[Release]]:
    """Return the releases of some plugins that all see, by slug and oldest publication first."""
    condition = f"releases.slug IN ({', '.join('?' * len(slugs))}) AND {SEEN_BY_ALL}"
    found: dict[str, list[Release]] = {slug: [] for slug in slugs}
    for release in await _select(connection, condition, slugs):
        found[release.slug].append(release)
    return found


async def list_all(connection: Connection) -> list[Release]:
    """Return every release that all see, by slug and oldest publication first."""
    return await _select(connection, SEEN_BY_ALL, ())


async def list_known(connection: Connection) -> list[Known]:
    """Return what tells releases apart, of all that have files, by slug and oldest publication."""
    return await _known(connection, "1 = 1")


async def list_published(connection: Connection, slug: str | None = None) -> list[Known]:
    """Return the same of those that all see, of one plugin or all."""
    if slug is None:
        return await _known(connection, SEEN_BY_ALL)
    return await _known(connection, f"{SEEN_BY_ALL} AND slug = ?", slug)


async def list_in_development(connection: Connection, slug: str, user_id: str) -> list[Known]:
    """Return the same of the development releases of a plugin that only one user sees."""
    return await _known(connection, "only_for = ? AND slug = ?", user_id, slug)


async def add(
    tx: Connection, release: Release, files: Iterable[ReleaseFile], declared: Iterable[Module]
) -> int:
    """Insert a release with its files and modules, and return its id."""
    manifest = release.manifest.model_dump_json(exclude=_OWN_COLUMNS, exclude_defaults=True)
    row = await fetch_one(
        tx,
        "INSERT INTO releases (slug, version, digest, size, manifest, source_type, source_url,"
        " published_at, published_by, contract, application, other_versions, requires_host,"
        " source_tag, approved_at, approved_by, only_for)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            release.slug,
            release.version,
            release.digest,
            release.size,
            manifest,
            release.source_type,
            release.source_url,
            release.published_at,
            release.published_by,
            release.contract,
            json.dumps(release.application),
            json.dumps(release.other_versions),
            release.manifest.requires.host,
            release.source_tag,
            release.approved_at,
            release.approved_by,
            release.only_for,
        ),
    )
    release_id = int(row["id"]) if row else 0
    await requirements.add(tx, release_id, release.manifest)
    await release_files.add(tx, release_id, files)
    await modules.add(tx, release_id, declared)
    return release_id


async def set_yanked(
    tx: Connection, release_id: int, yanked_at: int | None, reason: str | None
) -> None:
    """Withdraw a release, or with None bring it back."""
    await tx.execute(
        "UPDATE releases SET yanked_at = ?, yank_reason = ? WHERE id = ?",
        (yanked_at, reason, release_id),
    )


async def set_approved(tx: Connection, release_id: int, user_id: str | None, now: int) -> None:
    """Let the hooks of a release run from now on."""
    await tx.execute(
        "UPDATE releases SET approved_at = ?, approved_by = ? WHERE id = ?",
        (now, user_id, release_id),
    )


async def set_keep(tx: Connection, release_id: int, *, keep: bool) -> None:
    """Let a release stay although nobody has it, or not any more."""
    await tx.execute("UPDATE releases SET keep = ? WHERE id = ?", (keep, release_id))


async def set_version(tx: Connection, release_id: int, version: str) -> None:
    """Give a release that was added in this transaction the version that its id leads to."""
    await tx.execute("UPDATE releases SET version = ? WHERE id = ?", (version, release_id))


async def remove(tx: Connection, release_id: int) -> None:
    """Delete a release that nothing refers to, with its files and modules.

    Raises:
        ConflictError: A user has it, or can go back to it.
    """
    try:
        await tx.execute("DELETE FROM releases WHERE id = ?", (release_id,))
    except IntegrityError as error:
        raise ConflictError("somebody has this release") from error


async def _known(connection: Connection, condition: str, *values: str) -> list[Known]:
    rows = await fetch_all(
        connection,
        "SELECT id, slug, version, digest FROM releases"  # noqa: S608 - conditions of this file
        f" WHERE {condition} ORDER BY slug, id",
        values,
    )
    return [Known(**row) for row in rows]


def _no_plugin(slug: str) -> NotFoundError:
    return NotFoundError(f"there is no plugin {slug!r}", slug=slug)


async def _select(
    connection: Connection, condition: str, parameters: Sequence[Any]
) -> list[Release]:
    rows = await fetch_all(
        connection,
        f"SELECT {_COLUMNS} FROM releases WHERE {condition}"  # noqa: S608 - conditions of this file
        " ORDER BY releases.slug, releases.id",
        parameters,
    )
    if not rows:
        return []
    declared = await modules.of_releases(connection, condition, parameters)
    needed = await requirements.of_releases(connection, condition, parameters)
    return [
        _to_release(row, declared.get(row["id"], []), needed.get(row["id"], {})) for row in rows
    ]


def _to_release(row: Row, declared: list[Module], needed: requirements.Ranges) -> Release:
    own = {
        "slug": row["slug"],
        "version": row["version"],
        "modules": declared,
        "requires": Requirements.model_construct(host=row["requires_host"]),
        "dependencies": needed.get("dependency", {}),
        "conflicts": needed.get("conflict", {}),
    }
    plain = {key: row[key] for key in row.keys() if key not in _DECODED}  # noqa: SIM118 - a Row
    return Release(
        **{**plain, "keep": bool(row["keep"])},
        # It was validated when it was published.
        manifest=Manifest.model_construct(**json.loads(row["manifest"]), **own),
        application=json.loads(row["application"]),
        other_versions=json.loads(row["other_versions"]),
    )
