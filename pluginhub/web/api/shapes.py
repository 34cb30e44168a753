"""How the native API shows releases, installations and what happened."""

import time
from typing import Any, Self

from pydantic import ConfigDict

from pluginhub.database.audit import Entry
from pluginhub.lifecycle import configuration
from pluginhub.lifecycle.plan import Note
from pluginhub.models import Channel, Contract, Installation, Release
from pluginhub.web.operations import Answer

Json = dict[str, Any]

RELEASE_EXAMPLE: Json = {
    "slug": "Dashboard",
    "version": "2.1.0",
    "other_versions": {},
    "digest": "4f6c1a0b" * 8,
    "size": 48210,
    "modules": ["Overview", "Details"],
    "dependencies": {"Charts": "^3"},
    "conflicts": {},
    "requires": {"host": ">=1.0"},
    "permissions": ["storage"],
    "hooks": "pluginhub",
    "source_type": "github",
    "source_url": "https://github.com/example/dashboard",
    "source_tag": "v2.1.0",
    "published_at": "2026-05-01T09:30:00Z",
    "approved": True,
    "yanked": False,
    "yank_reason": None,
    "keep": False,
}
INSTALLATION_EXAMPLE: Json = {
    "slug": "Dashboard",
    "version": "2.1.0",
    "enabled": True,
    "config": {"columns": 2},
    "modules": [{"name": "Overview", "enabled": True}],
    "pin": "^2",
    "channel": "stable",
    "as_dependency": False,
    "notice": None,
    "installed_at": "2026-05-01T09:30:00Z",
    "updated_at": "2026-05-02T11:00:00Z",
}
ENTRY_EXAMPLE: Json = {
    "id": 17,
    "at": "2026-05-01T09:30:00Z",
    "actor": "ann",
    "action": "update",
    "target": "Dashboard@2.1.0",
    "slug": "Dashboard",
    "result": "done",
    "details": {"previous": "2.0.0"},
}


class Host(Answer):
    """What a release asks of the application."""

    host: str | None


class ReleaseAnswer(Answer):
    """A release."""

    model_config = ConfigDict(json_schema_extra={"examples": [RELEASE_EXAMPLE]})

    slug: str
    version: str
    other_versions: dict[str, str]
    digest: str
    size: int
    modules: list[str]
    dependencies: dict[str, str]
    conflicts: dict[str, str]
    requires: Host
    permissions: list[str]
    hooks: Contract | None
    source_type: str
    source_url: str
    source_tag: str | None
    published_at: str
    approved: bool
    yanked: bool
    yank_reason: str | None
    keep: bool

    @classmethod
    def of(cls, found: Release, **more: Any) -> Self:
        """Return how a release is shown; ``more`` are the fields of a derived model."""
        manifest = found.manifest
        return cls(
            slug=found.slug,
            version=found.version,
            other_versions=dict(found.other_versions),
            digest=found.digest,
            size=found.size,
            modules=[module.name for module in manifest.modules],
            dependencies=manifest.dependencies,
            conflicts=manifest.conflicts,
            requires=Host(host=manifest.requires.host),
            permissions=manifest.permissions,
            hooks=found.contract,
            source_type=found.source_type,
            source_url=found.source_url,
            source_tag=found.source_tag,
            published_at=moment(found.published_at),
            approved=found.approved_at is not None,
            yanked=found.yanked_at is not None,
            yank_reason=found.yank_reason,
            keep=found.keep,
            **more,
        )


class ModuleSwitch(Answer):
    """A module, and whether its user has it on."""

    name: str
    enabled: bool


class InstallationAnswer(Answer):
    """An installation, with its configuration as it is in force."""

    model_config = ConfigDict(json_schema_extra={"examples": [INSTALLATION_EXAMPLE]})

    slug: str
    version: str
    enabled: bool
    config: Json
    modules: list[ModuleSwitch]
    pin: str | None
    channel: Channel
    as_dependency: bool
    notice: str | None
    installed_at: str
    updated_at: str

    @classmethod
    def of(cls, found: Installation, **more: Any) -> Self:
        """Return how an installation is shown; ``more`` are the fields of a derived model."""
        return cls(
            slug=found.slug,
            version=found.release.version,
            enabled=found.enabled,
            config=configuration.effective(found),
            modules=[
                ModuleSwitch(name=module.name, enabled=module.name not in found.disabled_modules)
                for module in found.release.manifest.modules
            ],
            pin=found.pin,
            channel=found.channel,
            as_dependency=found.as_dependency,
            notice=notice_of(found.release),
            installed_at=moment(found.installed_at),
            updated_at=moment(found.updated_at),
            **more,
        )


class NoteAnswer(Answer):
    """A reason: a code for programs, a sentence for people."""

    code: str
    slug: str
    text: str

    @classmethod
    def of(cls, found: Note) -> Self:
        """Return how a reason is shown."""
        return cls(code=found.code, slug=found.slug, text=found.text)


class EntryAnswer(Answer):
    """A line of the audit as the user may see it whose plugin it is about."""

    model_config = ConfigDict(json_schema_extra={"examples": [ENTRY_EXAMPLE]})

    id: int
    at: str
    actor: str
    action: str
    target: str
    slug: str | None
    result: str
    details: Json

    @classmethod
    def of(cls, found: Entry, **more: Any) -> Self:
        """Return how a line is shown; ``more`` are the fields of a derived model."""
        return cls(
            id=found.id,
            at=moment(found.at),
            actor=found.actor_name,
            action=found.action,
            target=found.target,
            slug=found.slug,
            result=found.result,
            details=found.details,
            **more,
        )


def moment(seconds: float) -> str:
    """Return a time, given in seconds since 1970, as RFC 3339 writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def notice_of(found: Release) -> str | None:
    """Return what those should know who have a release, or None."""
    if found.yanked_at is not None:
        because = f": {found.yank_reason}" if found.yank_reason else ""
        return f"{found.slug} {found.version} was withdrawn{because}"
    if found.contract is not None and found.approved_at is None:
        return f"the hooks of {found.slug} {found.version} wait for an admin to approve them"
    return None
