from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pluginhub.care.reconcile import Reconciled, reconcile
from pluginhub.database.connection import Database
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.shared import SharedStorage
from tests.database import rows
from tests.storage.forms import as_directory, listing


class Place:
    """A data directory with its database."""

    def __init__(self, data: DataDirectory, database: Database) -> None:
        self.data = data
        self.database = database
        self.storage = SharedStorage(data)

    async def reconcile(self) -> Reconciled:
        return await reconcile(self.database, self.storage)

    def put(self, path: str) -> Path:
        (self.data.shared / path).parent.mkdir(parents=True, exist_ok=True)
        return as_directory([("x", b"x")], self.data.shared / path)


@pytest.fixture(name="place")
async def _place(tmp_path: Path) -> AsyncIterator[Place]:
    data = DataDirectory.at(tmp_path)
    for folder in (data.shared, data.staging, data.trash):
        folder.mkdir()
    async with Database.open(data.database) as database:
        yield Place(data, database)


async def test_a_data_directory_in_order_needs_nothing_and_no_words(place: Place) -> None:
    await rows.publish(place.database)
    place.put("Clock/v1.0.0")
    with capture_logs() as lines:
        assert await place.reconcile() == Reconciled(0, [], [])
    assert lines == []


async def test_leftovers_in_staging_and_trash_are_removed_and_counted(place: Place) -> None:
    as_directory([("a/b", b"x")], place.data.staging / "one")
    (place.data.staging / "two").write_bytes(b"x")
    as_directory([("a", b"x")], place.data.trash / "three")
    with capture_logs() as lines:
        assert await place.reconcile() == Reconciled(3, [], [])
    assert listing(place.data.staging) == listing(place.data.trash) == {}
    assert [(line["log_level"], line["n"]) for line in lines] == [("info", 3)]


async def test_strays_are_named_and_kept(place: Place) -> None:
    await rows.publish(place.database)
    place.put("Clock/v1.0.0")
    strays = [place.put("Clock/v2.0.0"), place.put("Other/v1.0.0")]
    with capture_logs() as lines:
        assert await place.reconcile() == Reconciled(0, strays, [])
    assert [(line["log_level"], line["path"]) for line in lines] == [
        ("warning", str(stray)) for stray in strays
    ]
    assert all((stray / "x").is_file() for stray in strays)


async def test_releases_without_files_are_named(place: Place) -> None:
    present, gone = (
        await rows.publish(place.database),
        await rows.publish(place.database, version="2.0.0"),
    )
    place.put("Clock/v1.0.0")
    with capture_logs() as lines:
        found = await place.reconcile()
    assert found == Reconciled(0, [], [(gone.slug, gone.version)])
    assert (present.slug, present.version) not in found.missing
    assert lines[0]["log_level"] == "error"
    assert (lines[0]["slug"], lines[0]["version"]) == ("Clock", "2.0.0")


async def test_everything_is_found_at_once_and_again_at_the_next_start(place: Place) -> None:
    gone = await rows.publish(place.database)
    stray = place.put("clock/v1.0.0")
    (place.data.trash / "x").write_bytes(b"x")
    missing = [(gone.slug, gone.version)]
    assert await place.reconcile() == Reconciled(1, [stray], missing)
    assert await place.reconcile() == Reconciled(0, [stray], missing)
