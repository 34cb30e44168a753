from pluginhub.care.doctor.examine import examine
from tests.care.doctor.cases import case, causes
from tests.conftest import Hub
from tests.web.api.calling import everything


async def test_a_new_server_lacks_an_admin_and_a_backup(hub: Hub) -> None:
    before = await everything(hub)
    assert set(await causes(case(hub))) == {"no-admin", "backup-none"}
    await hub.add_user("ann", "admin")
    assert set(await causes(case(hub))) == {"backup-none"}
    assert {**await everything(hub), "users": 0, "audit": 0} == {**before, "users": 0, "audit": 0}


async def test_the_worst_comes_first(hub: Hub) -> None:
    found = await examine(case(hub, safe_mode=True))
    severities = [it.severity for it in found]
    assert severities[0] == "error"
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
