"""Everything that is known of a user, handed out; and taken in, from another server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pluginhub.database import (
    api_tokens,
    audit,
    catalogue,
    installations,
    plugin_rows,
    releases,
    state_records,
    states,
    users,
)
from pluginhub.database.api_tokens import ApiToken
from pluginhub.database.audit import Entry
from pluginhub.database.connection import Connection, Database
from pluginhub.database.plugin_rows import Rows
from pluginhub.database.state_records import State
from pluginhub.errors import ConflictError, HookAnswerError, InvalidError
from pluginhub.models import Actor, Installation, Release, User

_MOST_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class ReleaseName:
    """Which release is meant, by its bytes as well."""

    slug: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a user has of one plugin.

    Attributes:
        previous: The release to roll back to, or None.
        rows: What hooks keep in tables of the application.
    """

    installation: Installation
    previous: ReleaseName | None
    rows: Rows


@dataclass(frozen=True, slots=True)
class Everything:
    """All that is known of a user.

    Attributes:
        published: Slugs that belong to the user.
        history: What was done by them or to what is theirs, the newest first.
        complete: Whether that is all of it.
    """

    user: User
    held: Sequence[Held]
    states: Sequence[State]
    tokens: Sequence[ApiToken]
    published: Sequence[str]
    history: Sequence[Entry]
    complete: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a user shall have of one plugin.

    Attributes:
        previous: The release to roll back to, or None.
        id: Of the new installation.
        rows: What hooks keep in tables of the application.
        columns: Everything else of an ``Installation``, by name.
    """

    release: ReleaseName
    previous: ReleaseName | None
    id: str
    rows: Rows
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Missing:
    """What could not be taken in, and why."""

    release: ReleaseName
    reason: str


async def export(database: Database, user: User, *, actor: Actor) -> Everything:
    """Return all that is known of a user; that it was handed out is on record."""
    async with database.transaction() as tx:
        await audit.record(tx, actor, "export-user", user.name, database.now(), user_id=user.id)
    async with database.snapshot() as connection:
        history = await audit.search(connection, user_id=user.id, limit=_MOST_ENTRIES + 1)
        found = await installations.list_of(connection, user.id)
        return Everything(
            user,
            [await _held(connection, installation) for installation in found],
            await state_records.list_of(connection, user.id),
            await api_tokens.list_of(connection, user.id),
            await catalogue.owned_by(connection, user.id),
            history[:_MOST_ENTRIES],
            len(history) <= _MOST_ENTRIES,
        )


async def take_in(
    database: Database,
    user: User,
    wanted: Sequence[Wanted],
    kept: Sequence[State],
    *,
    actor: Actor,
) -> tuple[int, list[Missing]]:
    """Make a user with what they had elsewhere; all of it or nothing, and no hooks run.

    Args:
        database: Gets the rows.
        user: Nobody here has this id, name or address.
        wanted: What they shall have of each plugin.
        kept: States of plugins.
        actor: Who asks.

    Returns:
        How many plugins the user has, and which are missing because they are not published here.

    Raises:
        ConflictError: Somebody here has the id, the name or the address.
        InvalidError: A state cannot be kept, or its id is somebody else's.
    """
    async with database.transaction() as tx:
        await _require_free(tx, user)
        await users.add(tx, user, password_hash=None)
        reasons = [await _install(tx, user, item) for item in wanted]
        await _keep(tx, user, kept, database.now())
        await audit.record(tx, actor, "import-user", user.name, database.now(), user_id=user.id)
    missing = [
        Missing(item.release, reason)
        for item, reason in zip(wanted, reasons, strict=True)
        if reason
    ]
    return len(wanted) - len(missing), missing


async def _held(connection: Connection, installation: Installation) -> Held:
    previous = installation.previous_release_id
    known = await releases.get_many(connection, [previous] if previous else [])
    return Held(
        installation,
        _name(known[previous]) if previous in known else None,
        await plugin_rows.of_installation(connection, installation.id),
    )


def _name(release: Release) -> ReleaseName:
    return ReleaseName(release.slug, release.version, release.digest)


async def _require_free(tx: Connection, user: User) -> None:
    if await users.find_by_id(tx, user.id):
        raise ConflictError(f"there is a user with the id {user.id} already", user=user.id)
    for login in filter(None, (user.name, user.email)):
        if await users.find(tx, login):
            raise ConflictError(f"{login!r} is taken by another user", user=login)


async def _install(tx: Connection, user: User, wanted: Wanted) -> str | None:
    """Give a user a plugin, or return why they cannot have it."""
    name = wanted.release
    release = await releases.find(tx, name.slug, name.version)
    if release is None:
        return "it is not published here"
    if release.digest != name.digest:
        return "it is published here with other bytes"
    before = await _known(tx, wanted.previous)
    made = Installation(wanted.id, user.id, release, previous_release_id=before, **wanted.columns)
    await installations.add(tx, made)
    await plugin_rows.replace(tx, made.id, wanted.rows)
    return None


async def _known(tx: Connection, name: ReleaseName | None) -> int | None:
    if name is None:
        return None
    release = await releases.find(tx, name.slug, name.version)
    return release.id if release and release.digest == name.digest else None


async def _keep(tx: Connection, user: User, kept: Sequence[State], now: int) -> None:
    for state in kept:
        row = state_records.columns(state)
        try:
            await states.change(tx, user.id, removed=(), written=[row], now=now)
        except HookAnswerError as error:
            raise InvalidError(f"the state {state.id} cannot be kept here") from error
