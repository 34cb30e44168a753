"""What a bundle brings for people to read."""

import asyncio

from pluginhub.database import release_files
from pluginhub.errors import NotFoundError
from pluginhub.lifecycle.resources import Resources
from pluginhub.models import Release

CHANGELOG = ("CHANGELOG.md", "CHANGES.md", "changelog.md")
README = ("README.md", "readme.md", "Readme.md")

_MAX = 256 * 1024  # bytes


async def read(resources: Resources, release: Release, names: tuple[str, ...]) -> str | None:
    """Return the text of the first document that a release has, or None.

    Args:
        resources: What the verbs work with.
        release: Which.
        names: Of the document, the best first; one of more than 256 KiB is none.
    """
    async with resources.database.snapshot() as connection:
        found = [
            file
            for name in names
            if (file := await release_files.find(connection, release.id, name))
        ]
    if not found or found[0].size > _MAX:
        return None
    try:
        stream = await resources.storage.open(release.slug, release.version, found[0])
    except NotFoundError:
        return None
    with stream:
        return (await asyncio.to_thread(stream.read)).decode(errors="replace")
