from pluginhub.lifecycle import state_sync, states
from pluginhub.lifecycle.states import Draft
from pluginhub.web import keys
from tests.conftest import Hub


async def test_a_draft_without_a_version_takes_the_place_of_what_there_is(hub: Hub) -> None:
    ann = await hub.add_user("ann")
    created = await states.create(hub.app[keys.RESOURCES], ann.id, Draft("Clock", {"a": 1}))
    merged = await state_sync.merge(hub.app[keys.RESOURCES], ann.id, [Draft("Clock", {})])
    assert [(state.id, state.version) for state in merged.stored] == [(created.id, 2)]
    assert (merged.conflicts, merged.failures) == ([], [])


async def test_a_draft_of_an_older_version_changes_nothing(hub: Hub) -> None:
    ann = await hub.add_user("ann")
    created = await states.create(hub.app[keys.RESOURCES], ann.id, Draft("Clock", {"a": 1}))
    merged = await state_sync.merge(
        hub.app[keys.RESOURCES], ann.id, [Draft("Clock", {}, version=7)]
    )
    assert (merged.conflicts, merged.stored) == ([created], [])
