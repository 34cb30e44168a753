"""Reads every copy once: which of them have the same bytes, and what these say of themselves."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pluginhub import versions
from pluginhub.care.migration import descriptions
from pluginhub.care.migration.plan import Content
from pluginhub.care.migration.source import Copy, Source
from pluginhub.errors import BadBundleError, InvalidError
from pluginhub.storage import content
from pluginhub.storage.bundle import Description

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Surveyed:
    """What was read.

    Attributes:
        contents: By lower-case slug and digest.
        of_users: The contents that each user has a copy of, by id.
        size: Bytes of all copies.
    """

    contents: dict[tuple[str, str], Content] = field(default_factory=dict)
    of_users: dict[str, list[Content]] = field(default_factory=dict)
    copies: int = 0
    size: int = 0

    def add(self, copy: Copy, described: Description, digest: str, size: int) -> None:
        """Take note of a copy."""
        slug, version = described.manifest.slug, described.manifest.version
        found = self.contents.setdefault(
            (slug.lower(), digest), Content(slug, version, digest, size, copy.folder, described)
        )
        self.copies, self.size = self.copies + 1, self.size + size
        found.copies += 1
        if copy.version:
            found.directories.add(copy.version)
        if copy.owner:
            held = self.of_users.setdefault(copy.owner, [])
            if not any(found is other for other in held):
                held.append(found)
                found.users += 1


def read(source: Source, progress: Progress) -> Surveyed:
    """Read every copy; blocks, for long where there are many.

    Args:
        source: Is told what is not taken.
        progress: Is told how far it is.
    """
    surveyed = Surveyed()
    reader = _Reader()
    for done, copy in enumerate(source.copies, start=1):
        try:
            digest, size = content.survey(copy.folder)
            surveyed.add(copy, reader.describe(copy, digest), digest, size)
        except OSError as error:
            source.skip(copy.folder, f"it cannot be read: {error.strerror}")
        except (BadBundleError, InvalidError) as error:
            source.skip(copy.folder, error.message)
        progress(done, len(source.copies))
    return surveyed


class _Reader:
    """Reads what the same bytes say of themselves once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str | None], Description | str] = {}

    def describe(self, copy: Copy, digest: str) -> Description:
        """Return what a copy says of itself.

        Raises:
            BadBundleError: It says nothing that could be a plugin.
        """
        key = (digest, copy.name, copy.version)
        if key not in self._known:
            self._known[key] = _described(copy)
        found = self._known[key]
        if isinstance(found, str):
            raise BadBundleError("bad-manifest", found)
        return found


def _described(copy: Copy) -> Description | str:
    try:
        found = descriptions.describe(copy.folder, copy.name, copy.version)
        versions.key(found.manifest.version)
    except (BadBundleError, InvalidError) as error:
        return error.message
    return found
