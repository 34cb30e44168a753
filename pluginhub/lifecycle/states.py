"""What plugins store for a user by way of the frontend, within limits."""

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pluginhub.database import state_records
from pluginhub.database.connection import Connection, Database
from pluginhub.database.state_records import State, Strategy
from pluginhub.errors import ConflictError, HubError, InvalidError, NotFoundError, TooLargeError
from pluginhub.lifecycle.resources import Resources

LARGEST = 256 * 1024  # bytes of one state
MOST = 1000  # states of a user
_HIGHEST = 2**53  # that a count reaches: hooks of plugins may write any


@dataclass(frozen=True, slots=True)
class Draft:
    """A state to store.

    Attributes:
        ttl_expires_at: Seconds since 1970.
        version: Of the state that it is to replace, as far as the client knows.
    """

    plugin_id: str
    state_data: Mapping[str, Any]
    page_id: str | None = None
    state_key: str | None = None
    state_schema_version: str | None = None
    state_strategy: Strategy = "persistent"
    compression_type: Literal["gzip"] | None = None
    ttl_expires_at: int | None = None
    device_id: str | None = None
    version: int | None = None

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """Plugin, page and key, of which there is one state only."""
        return self.plugin_id, self.page_id, self.state_key


@dataclass(frozen=True, slots=True)
class Failure:
    """A draft that was not stored.

    Attributes:
        index: Its place among all drafts.
    """

    index: int
    plugin_id: str
    reason: str


async def create(resources: Resources, user_id: str, draft: Draft) -> State:
    """Store something new.

    Raises:
        ConflictError: The user has a state of this plugin, page and key.
        TooLargeError: It is too large, or all of the user's states would be.
        InvalidError: The user has too many states.
    """
    async with resources.database.transaction() as tx:
        now = resources.database.now()
        return await add(tx, user_id, draft, now, resources.quotas.states)


async def create_many(
    resources: Resources, user_id: str, drafts: Iterable[Draft]
) -> tuple[list[State], list[Failure]]:
    """Store what can be stored, and return it, and what could not be."""
    created: list[State] = []
    failures: list[Failure] = []
    async with resources.database.transaction() as tx:
        now = resources.database.now()
        for index, draft in enumerate(drafts):
            try:
                created.append(await add(tx, user_id, draft, now, resources.quotas.states))
            except HubError as error:
                failures.append(Failure(index, draft.plugin_id, error.message))
    return created, failures


async def read(database: Database, user_id: str, state_id: str) -> State:
    """Return a state, and count that it was read.

    Raises:
        NotFoundError: The user has none of this id.
    """
    async with database.transaction() as tx:
        now = database.now()
        found = await _get(tx, user_id, state_id, now)
        accessed = replace(found, last_accessed=now, access_count=_next(found.access_count))
        await state_records.put(tx, accessed)
        return accessed


async def change(
    resources: Resources, user_id: str, state_id: str, changes: Mapping[str, Any]
) -> State:
    """Change some of a state.

    Args:
        resources: What the verbs work with.
        user_id: Whose.
        state_id: Which.
        changes: New values by name, ``state_data`` as a mapping.

    Raises:
        NotFoundError: The user has none of this id.
        TooLargeError: It is too large, or all of the user's states would be.
    """
    async with resources.database.transaction() as tx:
        now = resources.database.now()
        before = await _get(tx, user_id, state_id, now)
        return await rewrite(tx, before, changes, now, resources.quotas.states)


async def remove(database: Database, user_id: str, state_id: str) -> None:
    """Delete a state.

    Raises:
        NotFoundError: The user has none of this id.
    """
    async with database.transaction() as tx:
        await _get(tx, user_id, state_id, database.now())
        await state_records.remove(tx, user_id, state_id)


async def remove_expired(database: Database, user_id: str) -> int:
    """Delete a user's states whose time is over, and return how many they were."""
    async with database.transaction() as tx:
        return await state_records.remove_expired(tx, user_id, database.now())


async def _get(tx: Connection, user_id: str, state_id: str, now: int) -> State:
    if found := await state_records.find(tx, user_id, state_id, now):
        return found
    raise NotFoundError("Plugin state not found")


async def add(tx: Connection, user_id: str, draft: Draft, now: int, most: int) -> State:
    """Store something new, in a transaction; raises what ``create`` does.

    Args:
        tx: The transaction.
        user_id: Whose.
        draft: What to store.
        now: Seconds since 1970.
        most: Bytes that all states of the user may have.
    """
    if await state_records.find_by_key(tx, user_id, draft.key, now):
        raise ConflictError("State already exists")
    text = json.dumps(draft.state_data, ensure_ascii=False)
    size = len(text.encode())
    await _check_room(tx, user_id, size, now, most, more=1)
    state = State(
        id=str(uuid.uuid4()),
        user_id=user_id,
        plugin_id=draft.plugin_id,
        page_id=draft.page_id,
        state_key=draft.state_key,
        state_data=text,
        state_schema_version=draft.state_schema_version,
        state_strategy=draft.state_strategy,
        compression_type=draft.compression_type,
        state_size=size,
        last_accessed=now,
        access_count=0,
        ttl_expires_at=draft.ttl_expires_at,
        is_active=True,
        version=1,
        device_id=draft.device_id,
        sync_status="synced",
        created_at=now,
        updated_at=now,
    )
    await state_records.put(tx, state)
    return state


async def rewrite(
    tx: Connection, before: State, changes: Mapping[str, Any], now: int, most: int
) -> State:
    """Change some of a state, in a transaction; raises what ``change`` does."""
    values = dict(changes)
    if "state_data" in values:
        text = json.dumps(values["state_data"], ensure_ascii=False)
        values |= {"state_data": text, "state_size": len(text.encode())}
        size = values["state_size"]
        await _check_room(tx, before.user_id, size, now, most, instead=before.state_size)
    after = replace(
        before, **values, version=_next(before.version), last_accessed=now, updated_at=now
    )
    await state_records.put(tx, after)
    return after


async def _check_room(
    tx: Connection,
    user_id: str,
    size: int,
    now: int,
    most: int,
    *,
    more: int = 0,
    instead: int = 0,
) -> None:
    if size > LARGEST:
        raise TooLargeError(f"a state may have {LARGEST} bytes, and this has {size}", limit=LARGEST)
    await state_records.remove_expired(tx, user_id, now)  # nobody counts them
    has = await state_records.totals(tx, user_id, now)
    if has.number + more > MOST:
        raise InvalidError(f"there are {MOST} states already; delete some", limit=MOST)
    if has.size + size - instead > max(most, has.size):
        raise TooLargeError(
            f"all states of a user may have {most} bytes (quotas.states); delete some",
            limit=most,
            setting="quotas.states",
        )


def _next(count: int) -> int:
    return min(count + 1, _HIGHEST)
