"""One release, published by several at the same time."""

from pluginhub.errors import NotFoundError, PlanChangedError, ReleaseExistsError
from pluginhub.lifecycle.publish import Publication
from pluginhub.lifecycle.yank import withdraw
from tests import bundles
from tests.conftest import OPERATOR
from tests.races.world import World, done

_WAITS = 25  # of one who publishes


def _bundle(entry: bytes) -> bytes:
    return bundles.tar_gz({**bundles.files(version="3.0.0"), bundles.ENTRY: entry})


async def publish_the_same(world: World) -> None:
    """They have the same bytes, and some give up; a sweep takes away what those leave."""
    works = [
        world.sometimes_cancelled(world.shelf.publish(_bundle(b"same")), _WAITS) for _ in range(4)
    ]
    answers = await world.race(*works)
    assert all(done(answer) for answer in answers)
    told = [answer for answer in answers if answer is not None]
    assert len({publication.release.id for publication in told}) <= 1
    assert sum(publication.created for publication in told) <= 1
    assert world.shelf.leftovers() == []
    await world.sweep()  # a stray may be there; two other releases go as well
    versions = await world.versions()
    assert versions in (["2.0.0"], ["2.0.0", "3.0.0"])
    if told:
        assert versions == ["2.0.0", "3.0.0"]


async def publish_others(world: World) -> None:
    """They have other bytes: one wins, and the others are refused."""
    works = [world.shelf.publish(_bundle(b"%d" % number)) for number in range(3)]
    answers = await world.race(*works)
    [winner] = [n for n, answer in enumerate(answers) if done(answer, ReleaseExistsError)]
    entry = world.shelf.storage.release_path("Clock", "3.0.0") / bundles.ENTRY
    assert entry.read_bytes() == b"%d" % winner


async def withdraw_and_publish(world: World) -> None:
    """A release is taken back while others publish the same bytes, or other ones, or install it."""
    shelf = world.shelf
    await shelf.publish(_bundle(b"first"))
    first, ann = await world.release("3.0.0"), await world.actor("ann")
    content = world.chance.choice([b"first", b"other"])
    withdrawn, published, installed = await world.race(
        withdraw(shelf.resources, first, actor=OPERATOR),
        shelf.publish(_bundle(content)),
        shelf.install(ann, "Clock", "3.0.0"),
    )
    assert done(withdrawn)
    is_published = done(published, ReleaseExistsError)
    is_installed = done(installed, NotFoundError, PlanChangedError)
    assert len(await shelf.installed()) == is_installed
    found = await world.versions()
    assert ("3.0.0" in found) == (not withdrawn or is_published)
    if isinstance(published, Publication):
        now = await world.release("3.0.0")
        assert (now.id, now.digest) == (published.release.id, published.release.digest)


async def look_at_what_appears(world: World) -> None:
    """Whoever sees a release can have its files."""

    async def look() -> None:
        while "3.0.0" not in await world.versions():
            pass
        assert world.shelf.storage.release_path("Clock", "3.0.0").is_dir()

    published, *looked = await world.race(world.shelf.publish(_bundle(b"")), look(), look())
    assert done(published)
    assert all(done(each) for each in looked)
