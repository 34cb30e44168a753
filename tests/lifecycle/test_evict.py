import pytest

from pluginhub.errors import NotFoundError
from pluginhub.lifecycle.evict import evict
from pluginhub.web import keys
from tests.conftest import OPERATOR, Hub, hooked
from tests.web.api.calling import ask


async def test_a_manager_leaves_and_is_loaded_anew(hub: Hub) -> None:
    await hub.publish(hooked("async def on_install(self, context):\n    pass"))
    resources = hub.app[keys.RESOURCES]
    for name, loads in [("ann", 1), ("ben", 2)]:
        await hub.install("Clock", await hub.sign_in(await hub.add_user(name)))
        assert (await resources.registry.statistics()).loads == loads
        await evict(resources, "clock", "1.0.0", actor=OPERATOR)
        assert (await resources.registry.statistics()).managers == []
    entry = (await ask(hub, "GET", "../audit?action=evict", hub.operator))["audit"][0]
    assert (entry["slug"], entry["actor"]) == ("clock", "operator")


async def test_what_is_not_in_memory_is_not_there(hub: Hub) -> None:
    with pytest.raises(NotFoundError):
        await evict(hub.app[keys.RESOURCES], "Clock", "1.0.0", actor=OPERATOR)
