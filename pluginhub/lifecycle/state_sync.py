"""A device brings what plugins stored on it for a user."""

from collections.abc import Sequence
from dataclasses import dataclass

from pluginhub.database import state_records
from pluginhub.database.connection import Connection
from pluginhub.database.state_records import State
from pluginhub.errors import HubError
from pluginhub.lifecycle import states
from pluginhub.lifecycle.resources import Resources
from pluginhub.lifecycle.states import Draft, Failure


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of drafts of a device.

    Attributes:
        conflicts: States as they are kept, which were changed since the device saw them.
    """

    stored: list[State]
    conflicts: list[State]
    failures: list[Failure]


async def merge(resources: Resources, user_id: str, drafts: Sequence[Draft]) -> Merged:
    """Store what a device has, new or in place of what there is.

    A draft that says another version than the state has is a conflict: the state stays.
    """
    merged = Merged([], [], [])
    most = resources.quotas.states
    async with resources.database.transaction() as tx:
        now = resources.database.now()
        for index, draft in enumerate(drafts):
            try:
                await _merge(tx, user_id, draft, merged, now, most=most)
            except HubError as error:
                merged.failures.append(Failure(index, draft.plugin_id, error.message))
    return merged


async def _merge(
    tx: Connection, user_id: str, draft: Draft, merged: Merged, now: int, *, most: int
) -> None:
    found = await state_records.find_by_key(tx, user_id, draft.key, now)
    if found is None:
        merged.stored.append(await states.add(tx, user_id, draft, now, most))
    elif draft.version not in {None, found.version}:
        merged.conflicts.append(found)
    else:
        changes = {
            "state_data": draft.state_data,
            "state_schema_version": draft.state_schema_version,
            "state_strategy": draft.state_strategy,
            "compression_type": draft.compression_type,
            "ttl_expires_at": draft.ttl_expires_at,
            "device_id": draft.device_id,
            "sync_status": "synced",
        }
        merged.stored.append(await states.rewrite(tx, found, changes, now, most))
