"""Rows of what was seen at sources."""

from dataclasses import replace

from pluginhub.database import plugins, releases, remote_versions
from pluginhub.database.connection import Database
from pluginhub.database.remote_versions import Known, RemoteVersion
from tests.database import rows

URL = "https://github.com/example/clock"
SEEN = RemoteVersion(URL, "v1.0.0", 100, 200)


async def publish(database: Database, slug: str, version: str, url: str, kind: str) -> None:
    new = replace(
        rows.release(slug, version), source_type=kind, source_url=url, source_tag=f"v{version}"
    )
    async with database.transaction() as tx:
        if not await plugins.find_slug(tx, slug):
            await plugins.add(tx, slug, None, 1)
        await releases.add(tx, new, [rows.FILE], new.manifest.modules)


async def record(database: Database, seen: RemoteVersion) -> None:
    async with database.transaction() as tx:
        await remote_versions.record(tx, seen)


async def due(database: Database, now: int) -> str | None:
    async with database.snapshot() as connection:
        return await remote_versions.due(connection, now)


async def test_what_was_seen_is_kept_and_replaced(database: Database) -> None:
    await record(database, SEEN)
    async with database.snapshot() as connection:
        assert await remote_versions.find(connection, URL) == SEEN
        assert await remote_versions.find(connection, f"{URL}s") is None
        assert await remote_versions.of_sources(connection, [URL, URL, "x"]) == {URL: SEEN}
        assert await remote_versions.of_sources(connection, []) == {}
    failed = replace(SEEN, checked_at=300, next_check_at=500, failures=1, error="gone")
    await record(database, failed)
    async with database.snapshot() as connection:
        assert await remote_versions.find(connection, URL) == failed


async def test_only_repositories_of_installed_plugins_are_due(database: Database) -> None:
    ann = await rows.add_user(database)
    await publish(database, "Clock", "1.0.0", URL, "github")
    await publish(database, "Clock", "2.0.0", f"{URL}-not-installed", "github")
    await publish(database, "Alarm", "1.0.0", "https://example.org/alarm.zip", "url")
    assert await due(database, 1000) is None
    async with database.snapshot() as connection:
        wanted = [await releases.get(connection, slug, "1.0.0") for slug in ("Clock", "Alarm")]
    for release in wanted:
        await rows.install(database, ann, release)
    assert await due(database, 1000) == URL
    await record(database, SEEN)
    assert await due(database, 199) is None
    assert await due(database, 200) == URL


async def test_published_releases_are_known_by_version_and_tag(database: Database) -> None:
    await publish(database, "Clock", "1.0.0", URL, "github")
    other = await rows.publish(database, "Clock", "2.0.0")
    async with database.transaction() as tx:
        await releases.set_yanked(tx, other.id, 5, None)
    async with database.snapshot() as connection:
        assert await remote_versions.published(connection, ["Clock", "Nothing"]) == {
            "Clock": [Known("1.0.0", "v1.0.0", False), Known("2.0.0", None, True)],
            "Nothing": [],
        }
