from pluginhub.database import release_files
from pluginhub.database.connection import Database
from pluginhub.models import ReleaseFile
from tests.database import rows

ICON = ReleaseFile("assets/icon.png", 7, "a" * 64, "image/png")


async def test_files_are_found_by_their_exact_path(database: Database) -> None:
    release = await rows.publish(database)
    async with database.transaction() as tx:
        await release_files.add(tx, release.id, [ICON])
        assert await release_files.find(tx, release.id, ICON.path) == ICON
        assert await release_files.list_of(tx, release.id) == [ICON, rows.FILE]
        for path in ("assets", "assets/", "Assets/icon.png", "./assets/icon.png", "%"):
            assert await release_files.find(tx, release.id, path) is None
        assert await release_files.find(tx, release.id + 1, ICON.path) is None


async def test_a_directory_is_there_if_a_file_lies_in_it(database: Database) -> None:
    release = await rows.publish(database)
    async with database.transaction() as tx:
        await release_files.add(tx, release.id, [ICON])
        there = {
            path: await release_files.has_directory(tx, release.id, path)
            for path in ("assets", "dist", "asset", "assets/icon.png", "nowhere")
        }
    assert there == {
        "assets": True,
        "dist": True,
        "asset": False,
        "assets/icon.png": False,
        "nowhere": False,
    }
