"""Limits and conflicts of states are tested where they are asked for, in web/compat."""

import asyncio

import pytest

from pluginhub.errors import ConflictError, NotFoundError
from pluginhub.lifecycle import states
from pluginhub.lifecycle.states import Draft
from pluginhub.web import keys
from tests.conftest import Hub

DRAFT = Draft("Clock", {"a": "ä"})


async def test_a_state_is_stored_once_however_many_ask_at_once(hub: Hub) -> None:
    ann = await hub.add_user("ann")
    asked = [states.create(hub.app[keys.RESOURCES], ann.id, DRAFT) for _ in range(5)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in found].count(ConflictError) == 4


async def test_a_state_is_read_changed_and_removed(hub: Hub) -> None:
    ann = await hub.add_user("ann")
    created = await states.create(hub.app[keys.RESOURCES], ann.id, DRAFT)
    assert (created.state_data, created.state_size) == ('{"a": "ä"}', 11)
    read = await states.read(hub.database, ann.id, created.id)
    assert read.access_count == 1
    changed = await states.change(hub.app[keys.RESOURCES], ann.id, created.id, {"state_data": {}})
    assert (changed.state_data, changed.version, changed.access_count) == ("{}", 2, 1)
    await states.remove(hub.database, ann.id, created.id)
    with pytest.raises(NotFoundError):
        await states.read(hub.database, ann.id, created.id)
