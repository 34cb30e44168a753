"""Looks for newer releases at the sources of plugins, and writes down what it sees there."""

import random
from dataclasses import dataclass, field, replace

import structlog

from pluginhub.database import remote_versions
from pluginhub.database.connection import Database
from pluginhub.database.remote_versions import RemoteVersion
from pluginhub.errors import SourceError
from pluginhub.sources.sources import Sources

log = structlog.get_logger(__name__)

_JITTER = 0.1  # of the interval, so that not all servers ask at the same time
_LONGEST = 7 * 24 * 3600  # seconds between looks at a source that fails again and again


@dataclass(slots=True)
class UpdateChecks:
    """Looks at sources.

    Attributes:
        interval: Seconds between two looks at one source.
    """

    database: Database
    sources: Sources
    interval: int
    _etags: dict[str, str | None] = field(default_factory=dict)

    async def check_all_due(self) -> None:
        """Look at every repository whose time has come; one at a time, to be no burden."""
        while True:
            async with self.database.snapshot() as connection:
                source_url = await remote_versions.due(connection, self.database.now())
            if source_url is None:
                return
            seen = await self.check(source_url)
            if seen.error:
                log.warning("no look for newer releases", source=source_url, reason=seen.error)

    async def check(self, source_url: str) -> RemoteVersion:
        """Look at a repository, and write down what was seen.

        Returns:
            The newest tag, or with ``error`` the one that was seen before.
        """
        async with self.database.snapshot() as connection:
            before = await remote_versions.find(connection, source_url)
        before = before or RemoteVersion(source_url, None, 0, 0)
        try:
            seen = await self._look(before)
        except SourceError as error:
            seen = self._failed(before, error)
        async with self.database.transaction() as tx:
            await remote_versions.record(tx, seen)
        return seen

    async def _look(self, before: RemoteVersion) -> RemoteVersion:
        url = before.source_url
        etag = self._etags.get(url) if before.tag else None
        found = await self.sources.find_news(url, etag=etag)
        if found:
            self._etags[url] = found.etag
        now = self.database.now()
        tag = found.tag if found else before.tag
        return RemoteVersion(url, tag, now, now + self._until_next(self.interval))

    def _failed(self, before: RemoteVersion, error: SourceError) -> RemoteVersion:
        now, failures = self.database.now(), before.failures + 1
        longest = max(self.interval, _LONGEST)
        wait = min(self.interval * 2 ** min(failures, 20), longest)
        next_check_at = max(now + self._until_next(wait), error.fields.get("reset_at", 0))
        return replace(
            before,
            checked_at=now,
            next_check_at=min(next_check_at, now + 2 * longest),
            failures=failures,
            error=error.message,
        )

    @staticmethod
    def _until_next(wait: int) -> int:
        return wait + int(random.uniform(0, _JITTER) * wait)  # noqa: S311 - no secret
