"""Uploaded bundles of jobs, kept until the job is done: ``jobs/<id>/bundle``."""

import os
from pathlib import Path

from pluginhub.cancellation import finish_in_thread
from pluginhub.storage import removal, tree


class JobFiles:
    """The directory of them.

    Args:
        folder: The directory.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: set[str] = set()  # jobs whose bundles came while this process runs

    def bundle(self, job_id: str) -> Path:
        """Return where the bundle of a job lies."""
        return self._folder / job_id / "bundle"

    async def keep(self, job_id: str, file: Path) -> None:
        """Move a file here, durably.

        Args:
            job_id: Of the job.
            file: On the same file system; written whole.
        """
        self._own.add(job_id)
        await finish_in_thread(self._keep, job_id, file)

    async def remove(self, job_id: str) -> None:
        """Remove what a job has here, if anything."""
        await finish_in_thread(removal.remove_or_leave, self._folder / job_id)
        self._own.discard(job_id)

    async def holds(self, job_id: str) -> bool:
        """Return whether the bundle of a job is here."""
        return await finish_in_thread(self.bundle(job_id).is_file)

    async def left(self) -> list[str]:
        """Return the ids of jobs of which an earlier process left something here."""
        return [job_id for job_id in await finish_in_thread(self._ids) if job_id not in self._own]

    def _keep(self, job_id: str, file: Path) -> None:
        place = self.bundle(job_id)
        place.parent.mkdir(mode=0o700)
        with file.open("rb") as stream:
            os.fsync(stream.fileno())
        file.rename(place)
        tree.sync_directory(place.parent)
        tree.sync_directory(self._folder)

    def _ids(self) -> list[str]:
        return [path.name for path in self._folder.iterdir()]
