"""The nouns, as they come out of the database: frozen, without behaviour of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pluginhub.manifest import Manifest

Role = Literal["admin", "user"]
Channel = Literal["stable", "prerelease"]
Contract = Literal["pluginhub", "braindrive"]
SourceType = Literal["local-file", "url", "github"]


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

    @property
    def id(self) -> str:
        """Id of the user, or ``operator``."""
        return self.user_id or "operator"


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
class Origin:
    """Where a bundle came from.

    Attributes:
        url: The repository or the address, without what may be secret in it.
        tag: Of the release at GitHub.
    """

    type: SourceType
    url: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """One immutable version of a plugin.

    Attributes:
        digest: SHA-256 over path, size and digest of every file: the identity of the bytes.
        size: Bytes of all files.
        source_url: Where it came from; never empty, because frontends offer their buttons only
            where there is one.
        published_at: Seconds since 1970.
        contract: By which conventions its hooks are called; None if it has no hooks.
        application: Columns of the application's plugin row that an existing package declares
            beyond the manifest, JSON values by name.
        other_versions: Where the package calls itself another version than its manifest does,
            for instance ``{"package.json": "1.1.0"}``.
        source_tag: Under which tag the bundle was found at its source.
        approved_at: Seconds since 1970. None if its hooks wait for an admin, and do not run.
        yanked_at: Seconds since 1970; nobody new gets a yanked release. None if it is not yanked.
        keep: It stays although nobody has it.
        only_for: Id of the one user who sees it, if it is a development release.
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
    contract: Contract | None = None
    application: Mapping[str, Any] = field(default_factory=dict)
    other_versions: Mapping[str, str] = field(default_factory=dict)
    yanked_at: int | None = None
    yank_reason: str | None = None
    source_tag: str | None = None
    approved_at: int | None = None
    approved_by: str | None = None
    keep: bool = False
    only_for: str | None = None

    def __str__(self) -> str:
        return f"{self.slug}@{self.version}"

    @property
    def running_hooks(self) -> Contract | None:
        """By which conventions its hooks are called; None while they wait for an admin as well."""
        return None if self.approved_at is None else self.contract


@dataclass(frozen=True, slots=True)
class ModuleSettings:
    """What one user changed of a module.

    Attributes:
        attributes: What differs from what the release declares, by snake case name.
        written: What of it a hook of the release wrote, so that the rest is the user's.
    """

    enabled: bool = True
    attributes: Mapping[str, Any] = field(default_factory=dict)
    written: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Installation:
    """One user's reference to a release.

    Attributes:
        id: Random; a reinstalled plugin gets a new one.
        config: What the user set; defaults of the release's ``config_schema`` are not in it.
        modules: What the user changed of modules, by name; others are as the release declares.
        attributes: Columns of the application's plugin row that differ for this user.
        pin: A range that updates stay within, or None.
        channel: ``prerelease`` if updates may lead to pre-releases.
        as_dependency: Whether it came along for another plugin.
        previous_release_id: The release to roll back to, or None.
        previous_config: ``config`` as it was when the user left that release.
        updated_at: Seconds since 1970.
    """

    id: str
    user_id: str
    release: Release
    enabled: bool
    config: dict[str, Any]
    installed_at: int
    updated_at: int
    modules: Mapping[str, ModuleSettings] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    pin: str | None = None
    channel: Channel = "stable"
    as_dependency: bool = False
    previous_release_id: int | None = None
    previous_config: dict[str, Any] | None = None

    @property
    def slug(self) -> str:
        """The slug as its plugin spells it."""
        return self.release.slug

    @property
    def disabled_modules(self) -> frozenset[str]:
        """Names of modules that this user switched off."""
        return frozenset(name for name, module in self.modules.items() if not module.enabled)
