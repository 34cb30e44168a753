from pluginhub.config import Cleanup
from pluginhub.web import keys
from tests import bundles
from tests.conftest import Hub, hooked
from tests.web.api.calling import ask, user


async def test_the_numbers_are_those_of_what_there_is(hub: Hub) -> None:
    release = (await hub.publish(bundles.bundle())).release
    await hub.publish(hooked("pass", "Hooked"))
    signed_in = [await user(hub, name) for name in ("ann", "ben", "cleo")]
    for headers in signed_in:
        await hub.install("Clock", headers)
    await hub.install("Hooked", signed_in[0])
    found = await ask(hub, "GET", "system/stats", hub.operator)
    expected = {"users": 3, "plugins": 2, "releases": 2, "installations": 4}
    assert {name: found[name] for name in expected} == expected
    hooks = found["bytes_stored"] - release.size
    assert found["bytes_unshared"] == 3 * release.size + hooks
    assert found["operations"] == {"done": 6}
    assert found["managers"]["loads"] == 1
    assert min(found["bytes_free"], found["bytes_database"]) > 0


async def test_a_sweep_says_what_it_removed_and_what_it_kept(hub: Hub) -> None:
    for version in ("1.0.0", "2.0.0"):
        await hub.publish(bundles.bundle(version=version))
    assert (await ask(hub, "GET", "system/stats", hub.operator))["cleanup"]["last_at"] is None
    hub.app[keys.CLEANUP].change(Cleanup(version_retention_days=0))
    preview = await ask(hub, "POST", "system/cleanup?dry_run=true", hub.operator)
    report = await ask(hub, "POST", "system/cleanup", hub.operator)
    [removed] = report["releases"]
    assert (removed["slug"], removed["version"]) == ("Clock", "1.0.0")
    assert report["bytes"] == removed["bytes"] > 0
    assert report["removed"]["releases"] == 1
    assert report["kept"] == [
        {
            "slug": "Clock",
            "version": "2.0.0",
            "reason": "it is the highest version of its plugin",
        }
    ]
    assert {**preview, "dry_run": False, "seconds": 0} == {**report, "seconds": 0}
    found = (await ask(hub, "GET", "system/stats", hub.operator))["cleanup"]
    assert (found["removed"], found["bytes"], found["failures"]) == (1, report["bytes"], 0)


async def test_cleanup_removes_what_has_run_out_and_says_so(hub: Hub) -> None:
    headers = await user(hub)
    async with hub.database.transaction() as tx:
        await tx.execute("UPDATE tokens SET expires_at = 1 WHERE kind = 'refresh'")
    for dry_run, number in [(True, 1), (False, 1), (True, 0)]:
        path = f"system/cleanup?dry_run={str(dry_run).lower()}"
        report = await ask(hub, "POST", path, hub.operator)
        assert (report["dry_run"], report["removed"]["tokens"]) == (dry_run, number)
    assert (await ask(hub, "GET", "installed", headers))["installations"] == []
