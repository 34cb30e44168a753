"""The nouns, as they come out of the database: frozen, without behaviour of their own."""

from dataclasses import dataclass
from typing import Any, Literal

from pluginhub.manifest import Manifest

Role = Literal["admin", "user"]


@dataclass(frozen=True, slots=True)
class User:
    """An account.

    Attributes:
        id: 32 lowercase hexadecimal digits.
        enabled: A disabled user cannot sign in, and everything handed out is void.
    """

    id: str
    name: str
    email: str | None
    role: Role
    enabled: bool
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for something, for permission and for the audit.

    Attributes:
        user_id: None for the command line on the server's machine.
        name: User name, or ``operator``.
        address: Network address that the request came from, if any.
    """

    user_id: str | None
    name: str
    admin: bool
    address: str | None = None


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """A file of a release.

    Attributes:
        path: Relative to the release, with forward slashes.
        size: Bytes.
        sha256: Hexadecimal digest of the content.
        media_type: None for files that are kept but never served.
    """

    path: str
    size: int
    sha256: str
    media_type: str | None


@dataclass(frozen=True, slots=True)
class Release:
    """One immutable version of a plugin.

    Attributes:
        digest: SHA-256 over path, size and digest of every file: the identity of the bytes.
        size: Bytes of all files.
        source_url: Where it came from; never empty, because frontends offer their buttons only
            where there is one.
        published_at: Seconds since 1970.
    """

    id: int
    slug: str
    version: str
    digest: str
    size: int
    manifest: Manifest
    source_type: str
    source_url: str
    published_at: int
    published_by: str | None


@dataclass(frozen=True, slots=True)
class Installation:
    """One user's reference to a release.

    Attributes:
        id: Random; a reinstalled plugin gets a new one.
        disabled_modules: Names of modules that this user switched off.
        updated_at: Seconds since 1970.
    """

    id: str
    user_id: str
    release: Release
    enabled: bool
    config: dict[str, Any]
    disabled_modules: frozenset[str]
    installed_at: int
    updated_at: int
