from tests.conftest import Hub
from tests.web.api.calling import ask, call, user


async def test_admins_are_told_what_is_wrong_and_what_mends_it(hub: Hub) -> None:
    found = (await ask(hub, "GET", "system/doctor", hub.operator))["findings"]
    assert {
        "code": "no-admin",
        "severity": "warning",
        "cause": "none of 0 accounts is an admin who may sign in",
        "mend": "pluginhub user add --admin NAME",
    } in found


async def test_nobody_else_is(hub: Hub) -> None:
    headers = await user(hub)
    assert (await call(hub, "GET", "/api/plugins/system/doctor", headers))[0] == 403
