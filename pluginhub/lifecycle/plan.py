"""A plan: what a verb would do, before it does it."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pluginhub.models import Installation, ModuleSettings


@dataclass(frozen=True, slots=True)
class Note:
    """Why something is done, held, blocked or skipped.

    Attributes:
        code: For programs: ``asked-for``, ``dependency``, ``up-to-date``, ``pinned`` ...
        text: One sentence for people.
    """

    code: str
    slug: str
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One installation goes from one state to another.

    Attributes:
        action: The verb for the audit, for instance ``update``.
        before: None: the user does not have the plugin yet.
        after: None: the user gives the plugin up.
        reason: Why.
        changelog: What the bundle says of the releases in between, or None.
        new_permissions: What the release asks for that the one before did not.
        config_problems: Paths and reasons where the release refuses the configuration.
        reset_config: Whether what is refused may go.
    """

    action: str
    before: Installation | None
    after: Installation | None
    reason: Note
    changelog: str | None = None
    new_permissions: tuple[str, ...] = ()
    config_problems: tuple[dict[str, str], ...] = ()
    reset_config: bool = False

    @property
    def slug(self) -> str:
        """Of the plugin."""
        return self.either.slug

    @property
    def either(self) -> Installation:
        """The state afterwards, or before if there is none afterwards."""
        found = self.after or self.before
        if found is None:
            raise AssertionError("a step has a state before or afterwards")
        return found

    @property
    def moves(self) -> bool:
        """Whether the installation goes from one release to another."""
        if self.before is None or self.after is None:
            return False
        return self.before.release.id != self.after.release.id


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a verb, in the order in which they are carried out.

    Attributes:
        verb: What was asked for.
        steps: Empty if there is nothing to do.
        notes: What is held or skipped, and why.
        blocked: Why the plan cannot be carried out; empty if it can.
        slug: What was named; empty where a verb is about no one plugin.
        skip_hooks: Whether hooks are left out.
    """

    verb: str
    user_id: str
    steps: tuple[Step, ...] = ()
    notes: tuple[Note, ...] = ()
    blocked: tuple[Note, ...] = ()
    slug: str = ""
    skip_hooks: bool = False

    @property
    def id(self) -> str:
        """A digest of everything the plan rests on and leads to: other inputs, another id."""
        states = [[step.action, _state(step.before), _state(step.after)] for step in self.steps]
        said = [[note.code, note.slug] for note in (*self.notes, *self.blocked)]
        asked = [self.verb, self.user_id, self.slug.lower(), self.skip_hooks]
        content = [*asked, states, said]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def digest_of(installation: Installation) -> str:
    """Return a digest of a configuration, to be shown where the values may not be.

    The random id of the installation is its key, so that nobody can try short values.
    """
    content = json.dumps(installation.config, sort_keys=True).encode()
    return hmac.digest(installation.id.encode(), content, hashlib.sha256).hex()[:16]


def tag_of(installation: Installation) -> str:
    """Return what is another whenever anything of an installation is."""
    content = json.dumps(_state(installation), sort_keys=True).encode()
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def new_permissions(before: Installation | None, after: Installation) -> tuple[str, ...]:
    """Return what a release asks for that the one before did not."""
    had: Sequence[str] = before.release.manifest.permissions if before else ()
    return tuple(name for name in after.release.manifest.permissions if name not in had)


def _state(installation: Installation | None) -> dict[str, Any] | None:
    if installation is None:
        return None
    return {
        "id": installation.id,
        "release": [installation.slug, installation.release.version, installation.release.digest],
        "yanked": installation.release.yanked_at is not None,
        "approved": installation.release.approved_at is not None,
        "enabled": installation.enabled,
        "config": digest_of(installation),
        "modules": {name: _module(item) for name, item in installation.modules.items()},
        "pin": installation.pin,
        "channel": installation.channel,
        "attributes": dict(installation.attributes),
        "previous": installation.previous_release_id,
        "updated_at": installation.updated_at,
    }


def _module(settings: ModuleSettings) -> list[Any]:
    return [settings.enabled, dict(settings.attributes)]
