"""What is wanted again while a sweep removes it, or may remove something else first."""

from pluginhub.care.leftovers import Leftovers
from pluginhub.errors import NotFoundError, PlanChangedError
from pluginhub.lifecycle.keep import keep
from pluginhub.lifecycle.yank import withdraw
from pluginhub.storage.encodings import Encodings
from tests import bundles
from tests.conftest import OPERATOR
from tests.races.world import World, done

_A_SWEEP = 0.01  # seconds
_TOO_LATE = (NotFoundError, PlanChangedError)


async def install_and_sweep(world: World) -> None:
    """A release is installed, or tried out for a moment."""
    shelf, ann, ben = world.shelf, await world.actor("ann"), await world.actor("ben")

    async def get() -> None:
        await world.a_moment(_A_SWEEP)
        await shelf.install(ann, "Clock", "1.0.0")

    async def try_out() -> None:
        await shelf.install(ben, "Clock", "1.0.0")
        await shelf.uninstall(ben, "Clock")

    works = world.chance.sample([get, try_out], world.chance.randrange(1, 3))
    *answers, swept = await world.race(*(work() for work in works), world.sweep())
    wanted = {work for work, it in zip(works, answers, strict=True) if done(it, *_TOO_LATE)}
    assert done(swept)
    assert await shelf.installed() == [("ann", "Clock", "1.0.0", 1)] * (get in wanted)
    assert await world.versions() == ["1.0.0"] * bool(wanted) + ["2.0.0"]


async def keep_and_sweep(world: World) -> None:
    """A release is marked to be kept."""

    async def mark() -> None:
        await world.a_moment(_A_SWEEP)
        await keep(world.shelf.database, "Clock", "1.0.0", actor=OPERATOR)

    kept, swept = await world.race(mark(), world.sweep())
    assert done(swept)
    assert await world.versions() == ["1.0.0"] * done(kept, *_TOO_LATE) + ["2.0.0"]


async def withdraw_and_sweep(world: World) -> None:
    """A release becomes the highest, because the one above it is withdrawn."""
    higher = await world.release("2.0.0")
    withdrawn, swept = await world.race(
        withdraw(world.shelf.resources, higher, actor=OPERATOR), world.sweep()
    )
    assert done(withdrawn)
    assert done(swept)
    history = await world.history()
    if withdrawn and ("remove", "Clock@1.0.0") in history:  # it was not the highest then
        assert history[-1] == ("withdraw", "Clock@2.0.0")


async def lease_and_sweep(world: World) -> None:
    """A hook of a release runs."""
    resources = world.shelf.resources
    code = resources.hook_code(await world.release("1.0.0"))

    async def run_a_hook() -> bool:
        await world.a_moment(_A_SWEEP)
        async with resources.registry.lease(code):
            is_there = "1.0.0" in await world.versions()
            await world.a_moment()
            assert code.path.is_dir() or not is_there
            return is_there

    ran, swept = await world.race(run_a_hook(), world.sweep())
    assert done(ran)
    assert done(swept)
    assert await world.versions() == ["1.0.0"] * ran + ["2.0.0"]


async def publish_and_sweep(world: World) -> None:
    """Releases are published again, and installed."""

    async def publish_and_install(version: str, name: str) -> None:
        await world.a_moment(_A_SWEEP)
        await world.shelf.publish(bundles.bundle(version=version))
        await world.shelf.install(await world.actor(name), "Clock", version)

    works = map(publish_and_install, ("0.9.0", "1.0.0"), ("ann", "ben"))
    *installed, swept = await world.race(*works, world.sweep())
    assert all(done(each) for each in installed)
    assert done(swept)
    assert await world.versions() == ["0.9.0", "1.0.0", "2.0.0"]


async def publish_over_a_stray_and_clear(world: World) -> None:
    """A release is published where a stray lies, and whatever belongs to nothing goes at once."""
    shelf = world.shelf
    leftovers = Leftovers(shelf.database, shelf.storage, Encodings(shelf.data), retention=0)
    stray = shelf.storage.release_path("Clock", "3.0.0")
    stray.mkdir()
    (stray / "old").touch()
    published, *cleared = await world.race(
        shelf.publish(bundles.bundle(version="3.0.0")), leftovers.remove(), leftovers.remove()
    )
    assert done(published)
    assert all(done(each) for each in cleared)
    assert "3.0.0" in await world.versions()
