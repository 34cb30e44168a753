from pluginhub.database import checkup
from tests import bundles
from tests.conftest import Hub, hooked
from tests.web.api.calling import ask, user


async def test_rows_tell_what_there_is_to_look_at(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    await hub.publish(hooked("pass", "Hooked"))
    await hub.add_user("root", "admin")
    await hub.install("Clock", await user(hub))
    await ask(hub, "PUT", "Clock/releases/1.0.0/yank", hub.operator, {})
    async with hub.database.snapshot() as connection:
        found = await checkup.look(connection, 0)
    assert found == checkup.Checkup(
        users=2,
        admins=1,
        yanked={"Clock@1.0.0": 1},
        waiting=[],
        webhooks=[],
        hooked=1,
        with_extra=0,
        failed_jobs=0,
        last_sweep=None,
    )
