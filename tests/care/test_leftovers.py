"""What belongs to nothing goes after a while, and a lost database takes no files with it."""

from pathlib import Path

from pluginhub.care.leftovers import Leftovers
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.encodings import Encodings
from tests import bundles
from tests.conftest import Hub

HOUR = 3600


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def leftovers(hub: Hub, clock: Clock) -> Leftovers:
    encodings = Encodings(DataDirectory.at(hub.data))
    return Leftovers(hub.database, hub.storage, encodings, 24 * HOUR, clock)


def stray(hub: Hub, name: str = "v9.9.9") -> Path:
    folder = hub.data / "shared/Clock" / name
    folder.mkdir(parents=True)
    (folder / "file.js").write_bytes(b"x")
    return folder


async def test_a_stray_goes_when_it_was_seen_for_long_enough(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    clock, folder = Clock(), stray(hub)
    found = leftovers(hub, clock)
    first = await found.remove()
    assert (first.strays, [path for path, _ in first.kept]) == ([], [folder])
    clock.now = 24 * HOUR
    assert (await found.find()).strays == [folder]
    assert folder.is_dir()
    assert (await found.remove()).strays == [folder]
    assert [path.name for path in (hub.data / "shared/Clock").iterdir()] == ["v1.0.0"]


async def test_where_the_rows_are_lost_no_file_goes(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    clock = Clock()
    folders = [stray(hub, f"v{number}.0.0") for number in (2, 3)]
    found = leftovers(hub, clock)
    await found.remove()
    clock.now = 1000 * HOUR
    removed = await found.remove()
    assert removed.strays == []
    assert all("has the database been lost?" in why for _, why in removed.kept)
    assert all(folder.is_dir() for folder in folders)


async def test_what_is_published_in_the_place_of_a_stray_stays(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    clock, folder = Clock(), stray(hub, "v2.0.0")
    found = leftovers(hub, clock)
    await found.remove()
    await hub.publish(bundles.bundle(version="2.0.0"))
    clock.now = 1000 * HOUR
    await found._discard(folder)
    assert (await found.remove()).strays == []
    assert (folder / bundles.ENTRY).is_file()


async def test_staging_that_is_lent_stays_and_what_was_forgotten_there_goes(hub: Hub) -> None:
    old = hub.data / "staging/forgotten"
    old.mkdir()
    young = leftovers(hub, Clock())
    async with hub.storage.staging() as folder:
        assert (await young.remove()).rubbish == 0
        at_once = Leftovers(
            hub.database, hub.storage, Encodings(DataDirectory.at(hub.data)), 0, Clock()
        )
        assert (await at_once.remove()).rubbish == 1
        assert folder.is_dir()
    assert not old.exists()


async def test_compressed_files_of_a_release_that_is_gone_go(hub: Hub) -> None:
    release = (await hub.publish(bundles.bundle())).release
    for digest in (release.digest, "e" * 64):
        (hub.data / "encoded" / digest).mkdir(parents=True, exist_ok=True)
    found = leftovers(hub, Clock())
    assert (await found.find()).variants == ["e" * 64]
    assert (await found.remove()).variants == ["e" * 64]
    assert [path.name for path in (hub.data / "encoded").iterdir()] == [release.digest]
