"""Which releases that nobody has may go, and how one of them goes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pluginhub import versions
from pluginhub.database import audit, plugins, releases, tombstones, unused_releases
from pluginhub.database.connection import Connection, Database
from pluginhub.database.tombstones import Tombstone
from pluginhub.database.unused_releases import Unused
from pluginhub.lifecycle import discard
from pluginhub.models import Actor
from pluginhub.storage.shared import SharedStorage

_DAY, _MINUTE = 24 * 3600, 60  # seconds
_CLEANUP = Actor(None, "cleanup", admin=True)

InMemory = Callable[[str, str], bool]  # whether the manager of slug and version is loaded


@dataclass(frozen=True, slots=True)
class Kept:
    """A release that nobody has and that stays, and why."""

    slug: str
    version: str
    reason: str


def decide(
    unused: Iterable[Unused],
    known: Iterable[tuple[str, str]],
    retention_days: int,
    in_memory: InMemory,
) -> tuple[list[Unused], list[Kept]]:
    """Return which releases may go, and which stay.

    Args:
        unused: Those that nobody has.
        known: Slug and version of all releases that everybody sees.
        retention_days: How long they are kept; a development release, for a minute.
        in_memory: Tells of releases whose hooks may be running.
    """
    highest = _highest(known)
    gone, kept = [], []
    for release in unused:
        left = retention_days * _DAY - release.seconds
        if release.only_for and release.seconds < _MINUTE:  # somebody is about to get it
            reason = "it is a development release that somebody had a moment ago"
        elif release.only_for:
            reason = ""
        elif release.keep:
            reason = "it is marked to be kept"
        elif release.version == highest[release.slug]:
            reason = "it is the highest version of its plugin"
        elif release.last:
            reason = "it is the newest release of its plugin"
        elif left > 0:
            reason = f"its retention ends in {_days(left)}"
        else:
            reason = ""
        if not reason and in_memory(release.slug, release.version):
            reason = "its lifecycle manager is in memory"
        if reason:
            kept.append(Kept(release.slug, release.version, reason))
        else:
            gone.append(release)
    return gone, kept


async def remove(
    database: Database,
    storage: SharedStorage,
    release: Unused,
    retention_days: int,
    in_memory: InMemory,
) -> bool:
    """Remove a release, if it may still go: it is decided again, for much may have happened.

    Its row goes first, so a crash leaves a directory without a row, never a row without files.

    Returns:
        Whether it is gone.
    """
    async with database.transaction() as tx:
        if not await _may_go(tx, release, retention_days, in_memory):
            return False
        now = database.now()
        if not release.only_for:
            stone = Tombstone(release.slug, release.version, release.digest, now)
            await tombstones.add(tx, stone)
        await releases.remove(tx, release.id)
        if release.only_for:
            await plugins.remove_without_releases(tx, release.slug)
        await audit.record(
            tx,
            _CLEANUP,
            "remove",
            str(release),
            now,
            user_id=release.only_for,
            slug=release.slug,
        )
    await discard.files_of(database, storage, release.slug, release.version)
    return True


async def _may_go(
    tx: Connection, release: Unused, retention_days: int, in_memory: InMemory
) -> bool:
    present = await unused_releases.find(tx, release.id)
    if present is None:
        return False
    known = [(it.slug, it.version) for it in await releases.list_published(tx, release.slug)]
    gone, _ = decide([present], known, retention_days, in_memory)
    return bool(gone)


def _highest(known: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for slug, version in known:
        found.setdefault(slug, []).append(version)
    return {slug: versions.latest(them) for slug, them in found.items()}


def _days(seconds: int) -> str:
    if seconds < _DAY:
        return f"{max(1, seconds // 3600)} hours"
    return f"{seconds // _DAY} days"
