"""What the rest of the server asks for bundles from elsewhere."""

from dataclasses import replace
from pathlib import Path

from pluginhub.config.sections import Publish
from pluginhub.errors import SourceError
from pluginhub.models import Origin
from pluginhub.sources import repository
from pluginhub.sources.client import Client
from pluginhub.sources.github import LATEST, GitHub, RemoteRelease
from pluginhub.sources.guard import Guard
from pluginhub.sources.repository import Repository
from pluginhub.sources.url import Progress, Wanted, download

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")


class Sources:
    """Loads bundles from elsewhere; to be made within the event loop.

    Args:
        settings: ``[publish]``.
        max_upload: Bytes of a bundle.
        deadline: Seconds for one request.

    Attributes:
        largest: Bytes that a bundle may have.
    """

    def __init__(self, settings: Publish, max_upload: int, deadline: float = 60.0) -> None:
        self._client = Client(Guard(settings), deadline)
        self._github = GitHub(self._client, settings)
        self._github_url = settings.github_url
        self.largest = max_upload

    async def fetch(
        self,
        source: str,
        version: str | None,
        file: Path,
        *,
        sha256: str | None = None,
        progress: Progress | None = None,
    ) -> Origin:
        """Load a bundle from a repository, or from an address that ends like an archive.

        Args:
            source: What somebody named.
            version: Tag of a repository's release; None or ``latest`` for the newest.
            file: Does not exist yet, and does not without success.
            sha256: What the bundle must be, hexadecimal.
            progress: Is told what arrives.

        Returns:
            Where it came from.

        Raises:
            SourceError: It cannot be had, or is not what was promised.
        """
        if self.is_archive(source):
            return await self.fetch_url(source, file, sha256=sha256, progress=progress)
        return await self.fetch_github(
            source, version or LATEST, file, sha256=sha256, progress=progress
        )

    def is_archive(self, source: str) -> bool:
        """Return whether somebody named an archive itself, not a repository."""
        if source.partition("?")[0].partition("#")[0].lower().endswith(_ARCHIVES):
            return True
        try:
            self.repository(source)
        except SourceError:
            return "://" in source
        return False

    async def fetch_url(
        self,
        url: str,
        file: Path,
        *,
        sha256: str | None = None,
        progress: Progress | None = None,
    ) -> Origin:
        """Load the bundle at an address.

        Args:
            url: The address.
            file: Does not exist yet, and does not without success.
            sha256: What the bundle must be, hexadecimal.
            progress: Is told what arrives.

        Returns:
            Where it came from.

        Raises:
            SourceError: It cannot be had, or is not what was promised.
        """
        source = await download(self._client, Wanted(url, sha256), file, self.largest, progress)
        return Origin("url", source)

    async def fetch_github(
        self,
        repo_url: str,
        version: str,
        file: Path,
        *,
        sha256: str | None = None,
        progress: Progress | None = None,
    ) -> Origin:
        """Load the bundle of a release at GitHub.

        Args:
            repo_url: The repository; ``repository.parse`` says in which forms.
            version: A tag, or ``latest``.
            file: Does not exist yet, and does not without success.
            sha256: What the bundle must be, hexadecimal.
            progress: Is told what arrives.

        Returns:
            The repository and the tag.

        Raises:
            SourceError: It cannot be had, or is not what was promised.
        """
        found = await self.find_release(repo_url, version)
        return await self.fetch_release(found, file, sha256=sha256, progress=progress)

    def repository(self, text: str) -> Repository:
        """Read how somebody names a repository.

        Raises:
            SourceError: It is none, or at another host than repositories are looked up at.
        """
        return repository.parse(text, self._github_url)

    async def find_release(self, repo_url: str, version: str = LATEST) -> RemoteRelease:
        """Return what a repository says of a release; nothing is loaded.

        Raises:
            SourceError: It is named wrongly, or there is no such release.
        """
        found = await self.find_news(repo_url, version)
        if found is None:
            raise SourceError("bad-answer", "the source says that nothing changed since never")
        return found

    async def find_news(
        self, repo_url: str, version: str = LATEST, etag: str | None = None
    ) -> RemoteRelease | None:
        """Return the same, or None if nothing changed since the answer with this ``etag``.

        Raises:
            SourceError: It is named wrongly, or there is no such release.
        """
        return await self._github.release(self.repository(repo_url), version, etag)

    async def fetch_release(
        self,
        found: RemoteRelease,
        file: Path,
        *,
        sha256: str | None = None,
        progress: Progress | None = None,
    ) -> Origin:
        """Load the bundle of a release that was found.

        Raises:
            SourceError: It cannot be had, or is not what was promised.
        """
        wanted = replace(found.wanted, sha256=sha256) if sha256 else found.wanted
        await download(self._client, wanted, file, self.largest, progress)
        return Origin("github", found.repository.url, found.tag)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()
