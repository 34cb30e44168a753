"""Whether the source of a plugin has something newer than what is published here."""

from collections.abc import Iterable

from pluginhub import versions
from pluginhub.database.remote_versions import Known
from pluginhub.errors import InvalidError
from pluginhub.lifecycle import ranges
from pluginhub.models import Installation


def version_of(tag: str) -> str:
    """Return the version that a tag names: without the ``v`` that it may begin with."""
    return tag.lstrip("vV")


def newer(installation: Installation, tag: str | None, published: Iterable[Known]) -> str | None:
    """Return the version at the source if it is newer than all that is published.

    Packages often call themselves otherwise than their tags do. So tags are compared with tags
    where they are known, and with versions elsewhere.

    Args:
        installation: Whose pin and channel decide as in an update.
        tag: Of the newest release at the source; None if none was seen.
        published: The releases of the plugin, withdrawn ones as well.

    Returns:
        None if there is nothing newer, or if the tag is no version.
    """
    if tag is None:
        return None
    version = higher(tag, published, prereleases=installation.channel != "stable")
    pin = installation.pin
    if version and pin and not ranges.parse(pin).allows(version, prereleases=True):
        return None
    return version


def higher(tag: str, published: Iterable[Known], *, prereleases: bool) -> str | None:
    """Return the version that a tag names if it is higher than all that is published.

    Args:
        tag: Of the newest release at the source.
        published: The releases of the plugin, withdrawn ones as well.
        prereleases: Whether it may be one.

    Returns:
        None if it is not higher, or if the tag is no version.
    """
    version = version_of(tag)
    try:
        found = versions.key(version)
    except InvalidError:
        return None
    if versions.is_prerelease_key(found) and not prereleases:
        return None
    return version if all(found > _key(release) for release in published) else None


def _key(release: Known) -> versions.Key:
    try:
        return versions.key(version_of(release.source_tag or release.version))
    except InvalidError:
        return versions.key(release.version)
