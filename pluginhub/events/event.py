"""What an event is: an entry of the audit that was done; and who sees it."""

import json
import time
from dataclasses import dataclass

from pluginhub.database.audit import DONE, Entry
from pluginhub.events.actions import PUBLIC, TYPE_OF


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who sees events.

    Attributes:
        user_id: None for who is no user, such as the command line.
    """

    user_id: str | None
    admin: bool


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        id: Of the entry of the audit.
        user_id: Whose account or installation it is about; None if it is about no one's.
        actor_id: Who did it; None for who is no user.
        whole: As JSON.
        anonymous: The same without names of users.
    """

    id: int
    type: str
    user_id: str | None
    actor_id: str | None
    whole: bytes
    anonymous: bytes


def of(entry: Entry) -> Event | None:
    """Return the event that an entry of the audit is, or None if it is none."""
    kind = TYPE_OF.get(entry.action)
    if kind is None or entry.result != DONE:
        return None
    version = entry.target.partition("@")[2] if entry.slug else ""
    whole = content(
        entry.id,
        kind,
        entry.at,
        slug=entry.slug,
        version=version or None,
        user=entry.user_name,
        actor=entry.actor_name,
    )
    anonymous = content(entry.id, kind, entry.at, slug=entry.slug, version=version or None)
    return Event(entry.id, kind, entry.user_id, entry.actor_id, whole, anonymous)


def content(
    event_id: int | None,
    kind: str,
    at: int,
    *,
    slug: str | None = None,
    version: str | None = None,
    user: str | None = None,
    actor: str | None = None,
) -> bytes:
    """Return an event as JSON.

    Args:
        event_id: Of the entry of the audit; None if there is none.
        kind: The type.
        at: Seconds since 1970.
        slug: Of which plugin.
        version: Of which release.
        user: Name of whose account or installation it is.
        actor: Name of who did it.
    """
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    told = {
        "id": event_id,
        "type": kind,
        "at": moment,
        "slug": slug,
        "version": version,
        "user": user,
        "actor": actor,
    }
    return json.dumps(told).encode()


def shown(event: Event, viewer: Viewer) -> bytes | None:
    """Return what somebody sees of an event, as JSON, or None if they see nothing of it.

    This is the whole rule. Admins see everything, users what is about them, and of what is about
    no one that happened to a release. What is about somebody is private, whatever its type.
    """
    if viewer.admin or (event.user_id is not None and event.user_id == viewer.user_id):
        return event.whole
    if event.user_id is not None or event.type not in PUBLIC:
        return None
    if event.actor_id is not None and event.actor_id == viewer.user_id:
        return event.whole
    return event.anonymous
