from pluginhub.web.metrics.seen import look
from tests import bundles
from tests.conftest import Hub


async def test_sizes_and_numbers_are_those_of_now(hub: Hub) -> None:
    before = await look(hub.app)
    release = (await hub.publish(bundles.bundle())).release
    after = await look(hub.app)
    assert (before.numbers.releases, after.numbers.releases) == (0, 1)
    assert after.numbers.stored == release.size
    log = hub.data / "pluginhub.db-wal"
    assert after.log == log.stat().st_size > 0
    assert after.database == (hub.data / "pluginhub.db").stat().st_size
    assert after.free > 0
    assert after.jobs == {}
