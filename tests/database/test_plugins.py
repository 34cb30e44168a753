from pluginhub.database import plugins, releases, tombstones
from pluginhub.database.connection import Database
from pluginhub.database.tombstones import Tombstone
from tests.database import rows


async def test_a_plugin_is_found_in_any_case_and_keeps_its_spelling(database: Database) -> None:
    ann = await rows.add_user(database)
    async with database.transaction() as tx:
        await plugins.add(tx, "Clock", ann.id, 1)
        await plugins.add(tx, "Other", None, 1)
        assert await plugins.find_slug(tx, "cLOCK") == "Clock"
        assert await plugins.owner_of(tx, "cLOCK") == ann.id
        assert await plugins.owner_of(tx, "Other") is None
        assert await plugins.find_slug(tx, "Cloc") is None
        assert await plugins.owner_of(tx, "Cloc") is None


async def test_a_slug_is_given_free_when_it_has_no_release(database: Database) -> None:
    clock, other = await rows.publish(database), await rows.publish(database, "Other")
    async with database.transaction() as tx:
        for slug in ("Clock", "cLOCK"):
            await plugins.remove_without_releases(tx, slug)
            assert await plugins.find_slug(tx, "Clock") == "Clock"
        await releases.remove(tx, clock.id)
        assert await plugins.find_slug(tx, "Clock") == "Clock"
        await plugins.remove_without_releases(tx, "cLOCK")
        assert await plugins.find_slug(tx, "Clock") is None
        assert await releases.list_all(tx) == [other]


async def test_a_slug_of_which_a_release_is_remembered_is_not_given_free(
    database: Database,
) -> None:
    clock = await rows.publish(database)
    async with database.transaction() as tx:
        await tombstones.add(tx, Tombstone("Clock", "1.0.0", clock.digest, 1))
        await releases.remove(tx, clock.id)
        await plugins.remove_without_releases(tx, "Clock")
        assert await plugins.find_slug(tx, "Clock") == "Clock"
        assert await plugins.is_published(tx, "cLOCK")


async def test_a_plugin_changes_hands(database: Database) -> None:
    ann = await rows.add_user(database)
    await rows.publish(database)
    async with database.transaction() as tx:
        await plugins.set_owner(tx, "cLOCK", ann.id)
        assert await plugins.owner_of(tx, "Clock") == ann.id
