from pluginhub.database import modules
from pluginhub.database.connection import Database
from tests.database import rows


async def test_modules_come_back_as_they_were_declared_each_with_its_release(
    database: Database,
) -> None:
    declared = [{"name": "Z", "tags": ["a"], "props": {"days": 5}}, {"name": "A"}]
    clock = await rows.publish(database, "Clock", modules=declared)
    news = await rows.publish(database, "News", modules=[{"name": "Feed"}])
    async with database.snapshot() as connection:
        found = await modules.of_releases(connection, "releases.slug <> ?", ["Other"])
        none = await modules.of_releases(connection, "releases.slug = ?", ["Other"])
    assert found == {clock.id: clock.manifest.modules, news.id: news.manifest.modules}
    assert [module.name for module in found[clock.id]] == ["Z", "A"]
    assert none == {}
