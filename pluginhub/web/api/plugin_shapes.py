"""How the native API shows plugins with their releases."""

from collections.abc import Sequence
from typing import Any, Self

from pydantic import ConfigDict

from pluginhub import versions
from pluginhub.models import Release
from pluginhub.web.api.shapes import RELEASE_EXAMPLE, ReleaseAnswer
from pluginhub.web.operations import Answer

PLUGIN_EXAMPLE: dict[str, Any] = {
    "slug": "Dashboard",
    "name": "Dashboard",
    "description": "What happens today",
    "category": "overview",
    "tags": ["starter"],
    "latest_version": "2.1.0",
    "users": 12,
    "releases": [{**RELEASE_EXAMPLE, "users": 12}],
}


class ReleaseOfPlugin(ReleaseAnswer):
    """A release, and how many users are on it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**RELEASE_EXAMPLE, "users": 12}]})

    users: int


class PluginAnswer(Answer):
    """A plugin with its releases, the highest version first."""

    model_config = ConfigDict(json_schema_extra={"examples": [PLUGIN_EXAMPLE]})

    slug: str
    name: str
    description: str
    category: str | None
    tags: list[str]
    latest_version: str
    users: int
    releases: list[ReleaseOfPlugin]

    @classmethod
    def of(cls, found: Sequence[Release], users: dict[int, int]) -> Self:
        """Return how a plugin is shown.

        Args:
            found: Its releases, at least one.
            users: How many have each, by its id.
        """
        offered = [release for release in found if release.yanked_at is None] or found
        latest = versions.latest(release.version for release in offered)
        newest = next(release for release in found if release.version == latest)
        return cls(
            slug=newest.slug,
            name=newest.manifest.name,
            description=newest.manifest.description,
            category=newest.manifest.category,
            tags=newest.manifest.tags,
            latest_version=latest,
            users=sum(users.get(release.id, 0) for release in found),
            releases=ordered(found, users),
        )


def ordered(found: Sequence[Release], users: dict[int, int]) -> list[ReleaseOfPlugin]:
    """Return how releases are shown, the highest version first."""
    highest = sorted(found, key=lambda release: versions.key(release.version), reverse=True)
    return [ReleaseOfPlugin.of(release, users=users.get(release.id, 0)) for release in highest]
