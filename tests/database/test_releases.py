import dataclasses
import json
from typing import Any

import pytest

from pluginhub import manifest
from pluginhub.database import plugins, release_files, releases
from pluginhub.database.connection import Database, fetch_all
from pluginhub.errors import ConflictError, NotFoundError
from pluginhub.manifest import Manifest, Module, Requirements
from pluginhub.models import Release, ReleaseFile
from tests.database import rows

DEEP = {"text": "ä\u2028\0'\"", "list": [1, 2.5, None, True, {"x": []}], "big": 2**70}
FULL_MODULE: dict[str, Any] = {
    "name": "Face",
    "display_name": "Clock face",
    "description": "Shows the time\nof day",
    "icon": "clock",
    "category": "time",
    "tags": ["time", "clock"],
    "priority": -7,
    "props": DEEP,
    "config_fields": {"zone": {"type": "text", "default": "UTC"}},
    "required_services": {"settings": {"methods": ["get"], "version": "1.0.0"}},
    "layout": {"minWidth": 2},
    "messages": {"sends": [{"type": "tick"}], "receives": []},
    "dependencies": ["x", {"y": 1}],
}
FULL: dict[str, Any] = {
    "manifest_version": 1,
    "slug": "Clock",
    "name": "The Clock",
    "version": "1.0.0",
    "description": "Long\ntext",
    "author": "Ann",
    "license": "MIT",
    "homepage": "https://example.org/",
    "icon": "clock",
    "category": "time",
    "tags": ["a", "b"],
    "scope": "Clock",
    "entry": "build/entry.js",
    "modules": [{**FULL_MODULE, "name": "Z"}, FULL_MODULE, {"name": "A"}],
    "dependencies": {"Charts": "^3"},
    "conflicts": {"Sundial": "*"},
    "requires": {"host": ">=1"},
    "config_schema": {"type": "object", "properties": DEEP},
    "permissions": ["storage"],
    "hooks": "lifecycle_manager.py",
}


def test_the_full_manifest_sets_every_key() -> None:
    assert FULL.keys() == Manifest.model_fields.keys()
    assert FULL_MODULE.keys() == Module.model_fields.keys()


async def test_a_manifest_with_every_key_survives_unchanged(database: Database) -> None:
    full = manifest.parse(json.dumps(FULL).encode())
    release = dataclasses.replace(rows.release(), manifest=full)
    async with database.transaction() as tx:
        await plugins.add(tx, "Clock", None, 1)
        await releases.add(tx, release, [rows.FILE], full.modules)
    async with database.snapshot() as reader:
        found = await releases.get(reader, "Clock", "1.0.0")
    assert found.manifest == full
    assert found.manifest.model_dump() == full.model_dump()
    assert [module.name for module in found.manifest.modules] == ["Z", "Face", "A"]


LEAST = {key: FULL[key] for key in ("slug", "name", "version", "scope")}
MANIFESTS: dict[str, dict[str, Any]] = {
    "least": {**LEAST, "modules": [{"name": "A"}]},
    "full": FULL,
    "nulls": {
        **dict.fromkeys(("author", "license", "homepage", "icon", "config_schema")),
        **LEAST,
        "modules": [{"name": "A", "display_name": None, "category": None}],
        "requires": {"host": None},
    },
    "empty": {**LEAST, "modules": [{"name": "A", "tags": []}], "requires": {}, "tags": []},
    **{key: {**LEAST, "modules": [{"name": "A"}], key: FULL[key]} for key in FULL},
    **{
        f"module {key}": {**LEAST, "modules": [{"name": "A", key: FULL_MODULE[key]}]}
        for key in FULL_MODULE
    },
}


@pytest.mark.parametrize("name", MANIFESTS)
async def test_what_was_published_comes_out_as_if_it_were_read_again(
    database: Database, name: str
) -> None:
    published = manifest.parse(json.dumps(MANIFESTS[name]).encode())
    release = dataclasses.replace(rows.release(), manifest=published)
    async with database.transaction() as tx:
        await plugins.add(tx, "Clock", None, 1)
        await releases.add(tx, release, [], published.modules)
        found = (await releases.get(tx, "Clock", "1.0.0")).manifest
    assert found == published
    assert repr(found) == repr(published)
    assert found.model_dump_json(exclude_defaults=True) == published.model_dump_json(
        exclude_defaults=True
    )
    assert Manifest.model_validate(found.model_dump()) == published
    assert (type(found.requires), found.requires.model_dump()) == (
        Requirements,
        published.requires.model_dump(),
    )
    assert {type(module) for module in found.modules} == {Module}


async def test_releases_share_no_default_that_one_could_change(database: Database) -> None:
    await rows.publish(database)
    await rows.publish(database, version="2.0.0")
    async with database.snapshot() as reader:
        one, two = await releases.list_of(reader, "Clock")
    for key in ("permissions", "tags", "dependencies", "conflicts", "requires"):
        assert getattr(one.manifest, key) == getattr(two.manifest, key)
        assert getattr(one.manifest, key) is not getattr(two.manifest, key)


async def test_no_fact_has_two_homes(database: Database) -> None:
    full = manifest.parse(json.dumps(FULL).encode())
    release = dataclasses.replace(rows.release(), manifest=full)
    async with database.transaction() as tx:
        await plugins.add(tx, "Clock", None, 1)
        await releases.add(tx, release, [], full.modules)
        [row] = await fetch_all(tx, "SELECT * FROM releases")
    stored = json.loads(row["manifest"])
    elsewhere = {"slug", "version", "modules", "requires", "dependencies", "conflicts"}
    assert stored.keys() == FULL.keys() - elsewhere - {"manifest_version"}
    assert row["requires_host"] == ">=1"


async def test_a_release_comes_out_as_it_went_in(database: Database) -> None:
    ann = await rows.add_user(database)
    new = dataclasses.replace(
        rows.release(version="1.0.0-rc.1+b", dependencies={"Charts": "^3"}),
        published_by=ann.id,
        contract="braindrive",
        application={"plugin_type": "frontend", "tags": ["ä", None]},
        other_versions={"package.json": "1.1.0"},
    )
    async with database.transaction() as tx:
        await plugins.add(tx, "Clock", ann.id, 1)
        number = await releases.add(tx, new, [], new.manifest.modules)
        assert await releases.get(tx, "Clock", new.version) == dataclasses.replace(new, id=number)


async def test_a_missing_release_is_named(database: Database) -> None:
    await rows.publish(database)
    async with database.snapshot() as reader:
        assert await releases.find(reader, "Clock", "2.0.0") is None
        with pytest.raises(NotFoundError, match=r"Clock has no release 2\.0\.0"):
            await releases.get(reader, "Clock", "2.0.0")
        with pytest.raises(NotFoundError, match="there is no plugin 'Sundial'"):
            await releases.list_of(reader, "Sundial")


async def test_releases_are_listed_by_slug_and_then_as_they_were_published(
    database: Database,
) -> None:
    for slug, version in (("b", "2.0.0"), ("a", "1.0.0"), ("b", "1.0.0"), ("C", "1.0.0")):
        await rows.publish(database, slug, version)
    async with database.snapshot() as reader:
        every = [(one.slug, one.version) for one in await releases.list_all(reader)]
        known = await releases.list_known(reader)
        assert [(one.slug, one.version) for one in known] == every
        assert [one.version for one in await releases.list_of(reader, "B")] == ["2.0.0", "1.0.0"]
    assert every == [("a", "1.0.0"), ("b", "2.0.0"), ("b", "1.0.0"), ("C", "1.0.0")]


async def test_each_release_has_its_own_modules(database: Database) -> None:
    first, second = rows.release(), rows.release(version="2.0.0", modules=[{"name": "Hand"}])
    async with database.transaction() as tx:
        await plugins.add(tx, "Clock", None, 1)
        numbers = [await releases.add(tx, one, [], one.manifest.modules) for one in (first, second)]
    async with database.snapshot() as reader:
        found = await releases.get_many(reader, [*numbers, numbers[0], 99])
    assert {number: one.manifest.modules for number, one in found.items()} == {
        numbers[0]: first.manifest.modules,
        numbers[1]: second.manifest.modules,
    }


async def test_no_ids_are_no_releases(database: Database) -> None:
    await rows.publish(database)
    async with database.snapshot() as reader:
        assert await releases.get_many(reader, []) == {}


async def test_a_file_is_found_by_its_exact_path_in_its_release(database: Database) -> None:
    kept = ReleaseFile("setup.py", 0, "0" * 64, None)
    new = rows.release()
    async with database.transaction() as tx:
        await plugins.add(tx, "Clock", None, 1)
        number = await releases.add(tx, new, [rows.FILE, kept], new.manifest.modules)
        assert await release_files.find(tx, number, "dist/remoteEntry.js") == rows.FILE
        assert await release_files.find(tx, number, "setup.py") == kept
        for path in ("dist/remoteentry.js", "dist/", "", "./setup.py", "%"):
            assert await release_files.find(tx, number, path) is None
        assert await release_files.find(tx, number + 1, "setup.py") is None


# Yanking and removing


async def test_a_yanked_release_says_since_when_and_why_and_can_be_brought_back(
    database: Database,
) -> None:
    first, second = await rows.publish(database), await rows.publish(database, version="2.0.0")
    assert (first.yanked_at, first.yank_reason) == (None, None)
    async with database.transaction() as tx:
        await releases.set_yanked(tx, second.id, 70, "it eats files")
        yanked = await releases.get(tx, "Clock", "2.0.0")
        assert yanked == dataclasses.replace(second, yanked_at=70, yank_reason="it eats files")
        assert await releases.get(tx, "Clock", "1.0.0") == first
        await releases.set_yanked(tx, second.id, None, None)
        assert await releases.get(tx, "Clock", "2.0.0") == second


async def test_a_release_that_nobody_has_is_removed_and_leaves_the_others(
    database: Database,
) -> None:
    first, second = await rows.publish(database), await rows.publish(database, version="2.0.0")
    async with database.transaction() as tx:
        await releases.remove(tx, second.id)
        assert await releases.list_of(tx, "Clock") == [first]
        assert await release_files.find(tx, second.id, rows.FILE.path) is None
        assert await release_files.find(tx, first.id, rows.FILE.path) == rows.FILE


async def refused(database: Database, release: Release) -> bool:
    async with database.transaction() as tx:
        try:
            await releases.remove(tx, release.id)
        except ConflictError:
            assert await releases.find(tx, release.slug, release.version) == release
            return True
        return False


async def test_an_installed_release_is_not_removed(database: Database) -> None:
    clock = await rows.publish(database)
    await rows.install(database, await rows.add_user(database), clock)
    assert await refused(database, clock)


async def test_a_release_that_somebody_can_go_back_to_is_not_removed(database: Database) -> None:
    first, second = await rows.publish(database), await rows.publish(database, version="2.0.0")
    ann = await rows.add_user(database)
    mine = await rows.install(database, ann, second, previous_release_id=first.id)
    assert await refused(database, first)
    await rows.change(database, mine, previous_release_id=None)
    assert not await refused(database, first)


async def test_a_release_that_pages_may_still_load_is_not_removed(database: Database) -> None:
    first, second = await rows.publish(database), await rows.publish(database, version="2.0.0")
    mine = await rows.install(database, await rows.add_user(database), first)
    await rows.change(database, mine, release=second)
    assert await refused(database, first)
    async with database.transaction() as tx:
        await tx.execute("DELETE FROM former_releases")
    assert not await refused(database, first)
