"""What the server has of one user, for them to keep and for another server to take over."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pluginhub.database import (
    api_tokens,
    audit,
    catalogue,
    installations,
    plugin_rows,
    releases,
    state_records,
    users,
)
from pluginhub.database.api_tokens import ApiToken
from pluginhub.database.audit import Entry
from pluginhub.database.connection import Connection, Database
from pluginhub.database.plugin_rows import Rows
from pluginhub.database.state_records import State
from pluginhub.models import Actor, Channel, Installation, ModuleSettings, Release, User

_NEWEST = 10_000  # entries of the history


@dataclass(frozen=True, slots=True)
class Version:
    """A release of a plugin, whatever server it is on."""

    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Holding:
    """What a user has of a plugin, whatever server they have it on.

    Attributes:
        digest: Of the release.
        previous: The release to roll back to, or None.
        rows: What the plugin keeps in tables of the application.
    """

    slug: str
    version: str
    digest: str
    enabled: bool
    config: dict[str, Any]
    attributes: Mapping[str, Any]
    pin: str | None
    channel: Channel
    as_dependency: bool
    previous: Version | None
    previous_config: dict[str, Any] | None
    installed_at: int
    updated_at: int
    modules: Mapping[str, ModuleSettings]
    rows: Rows

    @classmethod
    def of(cls, found: Installation, previous: Release | None, rows: Rows) -> Self:
        """Return what an installation says, without what only this server understands."""
        return cls(
            slug=found.slug,
            version=found.release.version,
            digest=found.release.digest,
            enabled=found.enabled,
            config=found.config,
            attributes=found.attributes,
            pin=found.pin,
            channel=found.channel,
            as_dependency=found.as_dependency,
            previous=Version(previous.version, previous.digest) if previous else None,
            previous_config=found.previous_config,
            installed_at=found.installed_at,
            updated_at=found.updated_at,
            modules=found.modules,
            rows=rows,
        )

    def installation(
        self, user_id: str, release: Release, previous_release_id: int | None
    ) -> Installation:
        """Return a new installation that says the same.

        Args:
            user_id: Whose.
            release: As it is here.
            previous_release_id: Of the release to roll back to; None leaves no way back.
        """
        way_back = self.previous is None or previous_release_id is not None
        return Installation(
            id=secrets.token_hex(16),
            user_id=user_id,
            release=release,
            enabled=self.enabled,
            config=self.config,
            installed_at=self.installed_at,
            updated_at=self.updated_at,
            modules=self.modules,
            attributes=self.attributes,
            pin=self.pin,
            channel=self.channel,
            as_dependency=self.as_dependency,
            previous_release_id=previous_release_id,
            previous_config=self.previous_config if way_back else None,
        )


@dataclass(frozen=True, slots=True)
class Export:
    """What a server has of a user.

    Attributes:
        at: When it was so, seconds since 1970.
        published: Slugs of the plugins that belong to the user.
        history: What they did and what was done to what is theirs, the newest first.
        history_complete: Whether that is all.
    """

    at: int
    user: User
    holdings: list[Holding]
    states: list[State]
    api_tokens: list[ApiToken]
    published: list[str]
    history: list[Entry]
    history_complete: bool


async def export_user(database: Database, user_id: str, *, actor: Actor) -> Export:
    """Return what there is of a user, without anything secret.

    Args:
        database: Has it.
        user_id: Whose.
        actor: Who gets it, for the audit.

    Raises:
        NotFoundError: There is no such user.
    """
    async with database.snapshot() as connection:
        history = await audit.about(connection, user_id, _NEWEST + 1)
        found = Export(
            at=database.now(),
            user=await users.get_by_id(connection, user_id),
            holdings=await _holdings(connection, user_id),
            states=await state_records.list_of(connection, user_id),
            api_tokens=await api_tokens.list_of(connection, user_id),
            published=await catalogue.owned_by(connection, user_id),
            history=history[:_NEWEST],
            history_complete=len(history) <= _NEWEST,
        )
    async with database.transaction() as tx:
        now = database.now()
        await audit.record(tx, actor, "export-user", found.user.name, now, user_id=user_id)
    return found


async def _holdings(connection: Connection, user_id: str) -> list[Holding]:
    found = await installations.list_of(connection, user_id)
    rows = await plugin_rows.of_user(connection, user_id)
    ids = [item.previous_release_id for item in found if item.previous_release_id is not None]
    before = await releases.get_many(connection, ids)
    return [
        Holding.of(item, before.get(item.previous_release_id or 0), rows[item.id]) for item in found
    ]
