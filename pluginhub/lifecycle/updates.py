"""Which updates there are for a user: the one answer that every address gives."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pluginhub import versions
from pluginhub.database import installations, remote_versions
from pluginhub.database.remote_versions import Known
from pluginhub.errors import ConflictError, NotFoundError
from pluginhub.lifecycle import choose, newer_at_source
from pluginhub.lifecycle.choose import Holdings
from pluginhub.lifecycle.resolver import Wish
from pluginhub.lifecycle.resources import Resources
from pluginhub.models import Installation


@dataclass(frozen=True, slots=True)
class News:
    """What there is to say of updates of an installation.

    Attributes:
        latest: The version that an update leads to; None if there is no update.
        at_source: Whether that release has to be loaded from its source first.
        checked_at: When the source was looked at, seconds since 1970; None if it never was.
    """

    installation: Installation
    latest: str | None = None
    at_source: bool = False
    checked_at: int | None = None

    def columns(self) -> dict[str, Any]:
        """Return the columns of the application's plugin row that tell this."""
        at = self.checked_at
        checked = None if at is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
        return {
            "update_available": self.latest is not None,
            "latest_version": self.latest,
            "last_update_check": checked,
        }


async def available(resources: Resources, user_id: str, *, may_publish: bool = False) -> list[News]:
    """Return the updates that a user could make now, by slug.

    Args:
        resources: What the verbs work with.
        user_id: Whose plugins.
        may_publish: Whether they may also have what is not published yet, only seen at a source.
    """
    async with resources.database.snapshot() as connection:
        installed = await installations.list_of(connection, user_id)
    news = await about(resources, installed, may_publish=may_publish)
    return [item for item in news if item.latest is not None]


async def about(
    resources: Resources, installed: Sequence[Installation], *, may_publish: bool = False
) -> list[News]:
    """Return what there is to say of updates of some installations of one user.

    Costs two queries, whatever there is; only where something higher is published, what the user
    has is looked at as an update would.

    Args:
        resources: What the verbs work with.
        installed: The installations.
        may_publish: Whether the user may have what is only seen at a source.
    """
    if not installed:
        return []
    async with resources.database.snapshot() as connection:
        slugs, viewer = [item.slug for item in installed], installed[0].user_id
        known = await remote_versions.published(connection, slugs, viewer)
        sources = [item.release.source_url for item in installed]
        seen = await remote_versions.of_sources(connection, sources)
    outdated = [item for item in installed if _is_higher_published(item, known[item.slug])]
    holdings = None
    if outdated:
        slugs = [item.slug for item in outdated]
        holdings = await choose.look(resources, outdated[0].user_id, *slugs)
    found = []
    for item in installed:
        there = seen.get(item.release.source_url)
        newer = None
        if there and may_publish:
            newer = newer_at_source.newer(item, there.tag, known[item.slug])
        latest = newer
        if latest is None and holdings and item in outdated:
            latest = await _reached(resources, holdings, item)
        checked_at = there.checked_at if there else None
        found.append(News(item, latest, newer is not None, checked_at))
    return found


def _is_higher_published(installation: Installation, known: Sequence[Known]) -> bool:
    """Return whether it is worth to look closer: pin, channel and dependencies may forbid it."""
    current = versions.key(installation.release.version)
    return any(not item.yanked and versions.key(item.version) > current for item in known)


async def _reached(
    resources: Resources, holdings: Holdings, installation: Installation
) -> str | None:
    """Return the release that the update verb would lead to, if that is another."""
    slug = installation.slug
    wish = Wish(slug, "*", prereleases=installation.channel == "prerelease")
    try:
        choices = await choose.choose(resources, holdings, [wish])
    except (ConflictError, NotFoundError):
        return None
    return next((it.release.version for it in choices if it.release.slug == slug), None)
