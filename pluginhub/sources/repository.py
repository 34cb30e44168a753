"""Names of repositories at GitHub, or at what the operator uses in its place."""

import re
from dataclasses import dataclass

from yarl import URL

from pluginhub.errors import SourceError
from pluginhub.sources import addresses

_GITHUB = "github.com"
_NAME = r"[A-Za-z0-9_.-]{1,100}"
_SHORT = re.compile(rf"({_NAME})/({_NAME})")
_DOTS = frozenset({".", ".."})


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository.

    Attributes:
        url: Its page, by which it is known.
    """

    owner: str
    name: str
    url: str


def parse(text: str, github_url: str) -> Repository:
    """Read how people name a repository.

    Args:
        text: ``https://host/owner/repo``, with ``.git`` or a longer path, or ``owner/repo``.
        github_url: The API that repositories are looked up at. Addresses are taken of its own
            host, and of github.com, for which it may stand in.

    Raises:
        SourceError: It is nothing of that, or of another host.
    """
    api = URL(github_url)
    own = f"{api.scheme}://{api.raw_authority.removeprefix('api.')}"
    if match := _SHORT.fullmatch(text):
        return _repository(own, match[1], match[2])
    try:
        url = addresses.read(text)
    except SourceError as error:
        raise _bad() from error
    segments = [part for part in url.path.split("/") if part]
    host = url.raw_authority.removeprefix("www.")
    if url.scheme not in {"https", "http"} or len(segments) < 2:  # noqa: PLR2004 - owner, name
        raise _bad()
    if host == _GITHUB:
        return _repository(f"https://{_GITHUB}", *segments[:2])
    if host in {api.raw_authority, api.raw_authority.removeprefix("api.")}:
        return _repository(own, *segments[:2])
    raise SourceError(
        "bad-url", f"repositories are looked up at {api.host}, not elsewhere (publish.github_url)"
    )


def _repository(site: str, owner: str, name: str) -> Repository:
    name = name.removesuffix(".git")
    if not _SHORT.fullmatch(f"{owner}/{name}") or {owner, name} & _DOTS:
        raise _bad()
    return Repository(owner, name, f"{site}/{owner}/{name}")


def _bad() -> SourceError:
    return SourceError("bad-url", "a repository is named as https://github.com/owner/name")
