"""E32 to E39: what plugins store for the user who is signed in."""

from typing import Annotated

from aiohttp import web
from pydantic import ConfigDict, Field, RootModel

from pluginhub.database import state_records
from pluginhub.database.state_records import State
from pluginhub.errors import ConflictError, InvalidError, NotFoundError, TooLargeError
from pluginhub.lifecycle import state_sync, states
from pluginhub.lifecycle.states import Failure
from pluginhub.web import auth, keys
from pluginhub.web.compat.state_shapes import (
    Changes,
    Filter,
    NewState,
    NewStates,
    StateRecord,
    Sync,
    moment,
)
from pluginhub.web.operations import Answer, operation


class StateRecords(RootModel[list[StateRecord]]):
    """States of plugins."""


class Message(Answer):
    """What was done."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message": "Plugin state deleted successfully"}]}
    )

    message: str


class Refused(Answer):
    """A state that was not stored; ``index`` is its place among those that were sent."""

    index: int
    plugin_id: str
    error: str

    @classmethod
    def of(cls, failure: Failure) -> "Refused":
        """Return how a failure is shown."""
        return cls(index=failure.index, plugin_id=failure.plugin_id, error=failure.reason)


class Bulk(Answer):
    """What was stored, and what was not."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "created": [],
                    "errors": [
                        {"index": 0, "plugin_id": "WeatherPanel", "error": "State already exists"}
                    ],
                }
            ]
        }
    )

    created: list[StateRecord]
    errors: list[Refused]


class Stats(Answer):
    """What a user's states come to; sizes in bytes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "total_states": 1,
                    "active_states": 1,
                    "total_size": 16,
                    "plugins_with_state": 1,
                    "average_state_size": 16.0,
                    "last_activity": "2026-05-01T09:30:00",
                }
            ]
        }
    )

    total_states: int
    active_states: int
    total_size: int
    plugins_with_state: int
    average_state_size: float
    last_activity: str | None


class Cleaned(Answer):
    """How many states were deleted whose time was over."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"message": "Cleaned up 0 expired plugin states", "deleted_count": 0}]
        }
    )

    message: str
    deleted_count: int


class Synced(Answer):
    """What was stored, what the server has in another version, and what changed there."""

    synced: list[StateRecord]
    conflicts: list[StateRecord]
    errors: list[Refused]
    states: Annotated[list[StateRecord], Field(max_length=1000)]
    sync_timestamp: str


@operation(any_query=True, errors=(ConflictError, TooLargeError, InvalidError))
async def create(request: web.Request, body: NewState) -> StateRecord:
    """Store something new."""
    user = auth.signed_in(request)
    return StateRecord.of(await states.create(request.app[keys.RESOURCES], user.id, body.draft()))


@operation()
async def search(request: web.Request, query: Filter) -> StateRecords:
    """Answer states, the last accessed first."""
    user, database = auth.signed_in(request), request.app[keys.DATABASE]
    async with database.snapshot() as connection:
        found = await state_records.search(
            connection,
            user.id,
            database.now(),
            query.model_dump(),
            limit=query.limit,
            offset=query.offset,
        )
    return StateRecords(_records(found))


@operation(any_query=True, errors=(NotFoundError,))
async def show(request: web.Request) -> StateRecord:
    """Answer a state, and count that it was read."""
    user, state_id = auth.signed_in(request), request.match_info["state"]
    return StateRecord.of(await states.read(request.app[keys.DATABASE], user.id, state_id))


@operation(any_query=True, errors=(NotFoundError, TooLargeError))
async def change(request: web.Request, body: Changes) -> StateRecord:
    """Change some of a state."""
    user, state_id = auth.signed_in(request), request.match_info["state"]
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    return StateRecord.of(
        await states.change(request.app[keys.RESOURCES], user.id, state_id, changes)
    )


@operation(any_query=True, errors=(NotFoundError,))
async def remove(request: web.Request) -> Message:
    """Delete a state."""
    user, state_id = auth.signed_in(request), request.match_info["state"]
    await states.remove(request.app[keys.DATABASE], user.id, state_id)
    return Message(message="Plugin state deleted successfully")


@operation(any_query=True)
async def create_many(request: web.Request, body: NewStates) -> Bulk:
    """Store several new states, as far as they can be stored."""
    user = auth.signed_in(request)
    created, failures = await states.create_many(
        request.app[keys.RESOURCES], user.id, [item.draft() for item in body.states]
    )
    return Bulk(created=_records(created), errors=[Refused.of(failure) for failure in failures])


@operation(any_query=True)
async def stats(request: web.Request) -> Stats:
    """Answer what the user's states come to."""
    user, database = auth.signed_in(request), request.app[keys.DATABASE]
    async with database.snapshot() as connection:
        found = await state_records.totals(connection, user.id, database.now())
    return Stats(
        total_states=found.number,
        active_states=found.active,
        total_size=found.size,
        plugins_with_state=found.plugins,
        average_state_size=found.size / found.number if found.number else 0.0,
        last_activity=None if found.last_activity is None else moment(found.last_activity),
    )


@operation(any_query=True)
async def cleanup(request: web.Request) -> Cleaned:
    """Delete the user's states whose time is over."""
    user = auth.signed_in(request)
    count = await states.remove_expired(request.app[keys.DATABASE], user.id)
    return Cleaned(message=f"Cleaned up {count} expired plugin states", deleted_count=count)


@operation(any_query=True, errors=(InvalidError,))
async def sync(request: web.Request, body: Sync) -> Synced:
    """Store what a device has, and answer what changed since it asked last.

    A state that was changed meanwhile stays as it is, and is answered as a conflict.
    """
    user, database = auth.signed_in(request), request.app[keys.DATABASE]
    drafts = []
    for index, item in enumerate(body.states):
        plugin_id = item.plugin_id or body.plugin_id
        if plugin_id is None:
            raise InvalidError(f"states[{index}].plugin_id: required")
        device_id = item.device_id or body.device_id
        drafts.append(item.draft(plugin_id=plugin_id, device_id=device_id))
    merged = await state_sync.merge(request.app[keys.RESOURCES], user.id, drafts)
    now, wanted = database.now(), {"plugin_id": body.plugin_id}
    async with database.snapshot() as connection:
        changed = await state_records.search(
            connection, user.id, now, wanted, since=body.last_sync or 0
        )
    return Synced(
        synced=_records(merged.stored),
        conflicts=_records(merged.conflicts),
        errors=[Refused.of(failure) for failure in merged.failures],
        states=_records(changed),
        sync_timestamp=moment(now),
    )


def _records(found: list[State]) -> list[StateRecord]:
    return [StateRecord.of(state) for state in found]
