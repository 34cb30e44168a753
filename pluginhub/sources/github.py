"""Releases of repositories, by the API of GitHub, which Gitea and Forgejo answer as well."""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, ValidationError

from pluginhub.config.sections import Publish
from pluginhub.errors import SourceError
from pluginhub.sources.addresses import read
from pluginhub.sources.client import Client
from pluginhub.sources.repository import Repository
from pluginhub.sources.url import Wanted

LATEST = "latest"

_ARCHIVES = (".tar.gz", ".tgz", ".zip")
_MAX_ANSWER = 2 * 1024 * 1024  # bytes
_JSON = {"Accept": "application/vnd.github+json, application/json"}
_FILE = {"Accept": "application/octet-stream"}
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_PAUSE = 60  # seconds to leave a server alone that wants a pause and does not say how long


class _Asset(BaseModel):
    name: str
    browser_download_url: str
    url: str | None = None
    digest: str | None = None


class _Release(BaseModel):
    tag_name: str
    tarball_url: str | None = None
    assets: list[_Asset] = []


@dataclass(frozen=True, slots=True)
class RemoteRelease:
    """A release as its source tells of it.

    Attributes:
        repository: Whose it is.
        wanted: The bundle: the first archive that is attached, else the sources of the tag.
        etag: By which the same question may be asked again at no cost; None if there is none.
    """

    repository: Repository
    tag: str
    wanted: Wanted
    etag: str | None = None


class GitHub:
    """Asks the API.

    Args:
        client: Asks.
        settings: Which API, and with which token.
    """

    def __init__(self, client: Client, settings: Publish) -> None:
        self._client = client
        self._api = settings.github_url.rstrip("/")
        self._token_file = settings.github_token_file

    async def release(
        self, repository: Repository, version: str = LATEST, etag: str | None = None
    ) -> RemoteRelease | None:
        """Return a release.

        Args:
            repository: Whose.
            version: Its tag, or ``latest``.
            etag: Of an earlier answer to the same question.

        Returns:
            None if the answer is still that of ``etag``.

        Raises:
            SourceError: There is no such release, or it cannot be had.
        """
        which = LATEST if version == LATEST else f"tags/{quote(version, safe='')}"
        path = f"/repos/{quote(repository.owner)}/{quote(repository.name)}/releases/{which}"
        headers = {**_JSON, **({"If-None-Match": etag} if etag else {})}
        token = await self._token()
        async with self._client.get(self._api + path, headers, token) as response:
            if etag and response.status == 304:  # noqa: PLR2004 - not modified
                return None
            _check(response, repository, version)
            found = await _read(response)
        return RemoteRelease(
            repository,
            found.tag_name,
            self._wanted(found, repository, token),
            response.headers.get("ETag"),
        )

    def _wanted(self, release: _Release, repository: Repository, token: str | None) -> Wanted:
        asset = next((it for it in release.assets if it.name.lower().endswith(_ARCHIVES)), None)
        if asset is None:
            if release.tarball_url is None:
                raise SourceError(
                    "not-found", f"{release.tag_name} of {repository.url} has no archive"
                )
            return Wanted(release.tarball_url, token=self._for_us(release.tarball_url, token))
        match = _DIGEST.fullmatch(asset.digest or "")
        # Assets of private repositories are had from the API alone.
        ours = token and asset.url and self._for_us(asset.url, token)
        url = asset.url if ours and asset.url else asset.browser_download_url
        return Wanted(url, match and match[1], _FILE, self._for_us(url, token))

    def _for_us(self, url: str, token: str | None) -> str | None:
        """Return the token if an address lies at the API's server."""
        try:
            return token if read(url).origin() == read(self._api).origin() else None
        except (SourceError, ValueError):  # a ValueError for one without a host
            return None

    async def _token(self) -> str | None:
        if not self._token_file:
            return None
        try:
            text = await asyncio.to_thread(Path(self._token_file).read_text, "utf-8")
        except (OSError, ValueError) as error:
            raise SourceError("unreachable", "publish.github_token_file cannot be read") from error
        return text.strip() or None


def _check(response: aiohttp.ClientResponse, repository: Repository, version: str) -> None:
    status, headers = response.status, response.headers
    limited = headers.get("X-RateLimit-Remaining") == "0" or "Retry-After" in headers
    if status == 429 or (status == 403 and limited):  # noqa: PLR2004 - GitHub uses both
        reset = _reset(headers)
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(reset))
        raise SourceError(
            "rate-limited",
            f"{response.url.host} takes no more requests until {at} UTC;"
            " a token allows more (publish.github_token_file)",
            reset_at=reset,
        )
    if status == 404:  # noqa: PLR2004 - not found
        raise SourceError(
            "not-found", f"{repository.url} has no release {version}", url=repository.url
        )
    if status != 200:  # noqa: PLR2004 - ok
        raise SourceError(
            "bad-answer", f"{response.url.host} answered {status}", url=repository.url
        )


def _reset(headers: Mapping[str, str]) -> int:
    """Return when requests are taken again, seconds since 1970."""
    now = int(time.time())
    for name, start in (("Retry-After", now), ("X-RateLimit-Reset", 0)):
        text = headers.get(name, "")
        if text.isascii() and text.isdigit() and len(text) <= 10:  # noqa: PLR2004 - a time
            return start + int(text)
    return now + _PAUSE


async def _read(response: aiohttp.ClientResponse) -> _Release:
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > _MAX_ANSWER:
            raise SourceError("bad-answer", f"the answer of {response.url.host} is too long")
    try:
        return _Release.model_validate_json(bytes(content))
    except ValidationError as error:
        raise SourceError(
            "bad-answer", f"{response.url.host} did not answer as GitHub does"
        ) from error
