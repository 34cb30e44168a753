"""How the native API shows releases, installations, plans and what happened."""

import time
from typing import Any

from pluginhub.database.audit import Entry
from pluginhub.lifecycle import configuration
from pluginhub.lifecycle.plan import Note, Plan, Step, digest_of
from pluginhub.models import Installation, Release

Json = dict[str, Any]


def release(found: Release) -> Json:
    """Return a release."""
    return {
        "slug": found.slug,
        "version": found.version,
        "other_versions": dict(found.other_versions),
        "digest": found.digest,
        "size": found.size,
        "modules": [module.name for module in found.manifest.modules],
        "dependencies": found.manifest.dependencies,
        "conflicts": found.manifest.conflicts,
        "requires": {"host": found.manifest.requires.host},
        "permissions": found.manifest.permissions,
        "hooks": found.contract,
        "published_at": moment(found.published_at),
        "yanked": found.yanked_at is not None,
        "yank_reason": found.yank_reason,
    }


def installation(found: Installation) -> Json:
    """Return an installation, with its configuration as it is in force."""
    return {
        "slug": found.slug,
        "version": found.release.version,
        "enabled": found.enabled,
        "config": configuration.effective(found),
        "modules": [
            {"name": module.name, "enabled": module.name not in found.disabled_modules}
            for module in found.release.manifest.modules
        ],
        "pin": found.pin,
        "channel": found.channel,
        "as_dependency": found.as_dependency,
        "notice": _notice(found.release),
        "installed_at": moment(found.installed_at),
        "updated_at": moment(found.updated_at),
    }


def plan(found: Plan) -> Json:
    """Return a plan."""
    return {
        "id": found.id,
        "verb": found.verb,
        "steps": [_step(item) for item in found.steps],
        "notes": [note(item) for item in found.notes],
        "blocked": [note(item) for item in found.blocked],
    }


def note(found: Note) -> Json:
    """Return a reason."""
    return {"code": found.code, "slug": found.slug, "text": found.text}


def entry(found: Entry) -> Json:
    """Return a line of the audit as the user may see it whose plugin it is about."""
    return {
        "id": found.id,
        "at": moment(found.at),
        "actor": found.actor_name,
        "action": found.action,
        "target": found.target,
        "slug": found.slug,
        "result": found.result,
        "details": found.details,
    }


def moment(seconds: float) -> str:
    """Return a time, given in seconds since 1970, as RFC 3339 writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _notice(found: Release) -> str | None:
    if found.yanked_at is None:
        return None
    because = f": {found.yank_reason}" if found.yank_reason else ""
    return f"{found.slug} {found.version} was withdrawn{because}"


def _step(found: Step) -> Json:
    before, after = found.before, found.after
    return {
        "action": found.action,
        "slug": found.slug,
        "from": before.release.version if before else None,
        "to": after.release.version if after else None,
        "reason": note(found.reason),
        "changes": _changes(before, after) if before and after else {},
        "changelog": found.changelog,
        "new_permissions": list(found.new_permissions),
        "config_problems": list(found.config_problems),
    }


def _changes(before: Installation, after: Installation) -> Json:
    pairs: dict[str, tuple[Any, Any]] = {
        "enabled": (before.enabled, after.enabled),
        "pin": (before.pin, after.pin),
        "channel": (before.channel, after.channel),
        "config": (digest_of(before), digest_of(after)),
        "disabled_modules": (
            sorted(before.disabled_modules),
            sorted(after.disabled_modules),
        ),
    }
    return {name: {"from": old, "to": new} for name, (old, new) in pairs.items() if old != new}
