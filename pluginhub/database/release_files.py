"""SQL of the table ``release_files``: which files a release has."""

from collections.abc import Iterable

from pluginhub.database.connection import Connection, fetch_all, fetch_one
from pluginhub.models import ReleaseFile


async def add(tx: Connection, release_id: int, files: Iterable[ReleaseFile]) -> None:
    """Insert the files of a release."""
    await tx.executemany(
        "INSERT INTO release_files (release_id, path, size, sha256, media_type)"
        " VALUES (?, ?, ?, ?, ?)",
        [(release_id, file.path, file.size, file.sha256, file.media_type) for file in files],
    )


async def find(connection: Connection, release_id: int, path: str) -> ReleaseFile | None:
    """Return a file of a release by its exact path, or None."""
    row = await fetch_one(
        connection,
        "SELECT path, size, sha256, media_type FROM release_files"
        " WHERE release_id = ? AND path = ?",
        (release_id, path),
    )
    return ReleaseFile(**row) if row else None


async def has_directory(connection: Connection, release_id: int, path: str) -> bool:
    """Return whether a release has a file below a path."""
    row = await fetch_one(
        connection,
        "SELECT 1 FROM release_files WHERE release_id = ? AND path > ? AND path < ? LIMIT 1",
        (release_id, f"{path}/", f"{path}0"),  # 0 comes right after /
    )
    return row is not None


async def list_of(connection: Connection, release_id: int) -> list[ReleaseFile]:
    """Return the files of a release, by path."""
    rows = await fetch_all(
        connection,
        "SELECT path, size, sha256, media_type FROM release_files"
        " WHERE release_id = ? ORDER BY path",
        (release_id,),
    )
    return [ReleaseFile(**row) for row in rows]
