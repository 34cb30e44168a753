from pluginhub.care.cleanup import clean_up
from tests.conftest import Hub
from tests.database.test_expired import fill


async def test_a_dry_run_counts_what_a_pass_removes(hub: Hub) -> None:
    await fill(hub.database, await hub.add_user("ann"))
    counted = await clean_up(hub.database, dry_run=True)
    assert sum(counted.removed.values()) == 5
    removed = await clean_up(hub.database)
    assert removed.removed == counted.removed
    assert sum((await clean_up(hub.database)).removed.values()) == 0
    assert min(counted.seconds, removed.seconds) >= 0
