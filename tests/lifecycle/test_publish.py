import asyncio
import errno
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aiosqlite
import pytest

from pluginhub.errors import (
    BadBundleError,
    ConflictError,
    ForbiddenError,
    NoSpaceError,
    ReleaseExistsError,
)
from pluginhub.lifecycle.publish import Publication, publish
from pluginhub.models import Actor
from pluginhub.storage import bundle, tree
from pluginhub.storage.shared import SharedStorage
from tests import bundles
from tests.conftest import OPERATOR
from tests.lifecycle.conftest import Shelf, id_of
from tests.packages.files import package
from tests.packages.template import source

TABLES = ("plugins", "releases", "release_files", "modules", "installations")


async def counts(shelf: Shelf) -> list[int]:
    queries = " UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in TABLES)
    return [row[0] for row in await shelf.rows(queries)]


async def test_a_new_bundle_becomes_a_release(shelf: Shelf) -> None:
    published = await shelf.publish(bundles.bundle(name="Wall clock"))
    release = published.release
    assert published.created
    assert (release.slug, release.version, release.manifest.name) == (
        "Clock",
        "1.0.0",
        "Wall clock",
    )
    assert release.published_at == shelf.clock.time
    assert release.source_url


async def test_the_files_lie_where_the_release_says_with_the_bytes_of_the_bundle(
    shelf: Shelf,
) -> None:
    await shelf.publish(bundles.bundle())
    place = shelf.storage.release_path("Clock", "1.0.0")
    found = {str(path.relative_to(place)): path for path in place.rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in found.items()} == bundles.files()
    recorded = await shelf.rows("SELECT path, size, sha256 FROM release_files")
    assert {name: (size, digest) for name, size, digest in recorded} == {
        name: (len(content), hashlib.sha256(content).hexdigest())
        for name, content in bundles.files().items()
    }


async def test_the_same_bytes_again_are_the_same_release(shelf: Shelf) -> None:
    first = await shelf.publish(bundles.bundle())
    before = await counts(shelf), shelf.releases()
    shelf.clock.time += 1000
    again = await shelf.publish(bundles.bundle())
    assert (again.created, again.release) == (False, first.release)
    assert (await counts(shelf), shelf.releases()) == before
    assert await shelf.audit() == [("operator", "publish", "Clock@1.0.0")] * 2


async def test_files_that_were_lost_come_back_when_the_bundle_is_published_again(
    shelf: Shelf,
) -> None:
    first = await shelf.publish(bundles.bundle())
    place = shelf.storage.release_path("Clock", "1.0.0")
    shutil.rmtree(place)
    again = await shelf.publish(bundles.bundle())
    assert (again.created, again.release) == (False, first.release)
    assert (place / bundles.ENTRY).read_bytes() == bundles.files()[bundles.ENTRY]


async def test_other_bytes_are_refused_and_the_first_ones_stay(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    before = await counts(shelf)
    changed = bundles.tar_gz({**bundles.files(), bundles.ENTRY: b"evil"})
    with pytest.raises(ReleaseExistsError) as caught:
        await shelf.publish(changed)
    assert caught.value.fields["version"] == "1.0.0"
    entry = shelf.storage.release_path("Clock", "1.0.0") / bundles.ENTRY
    assert entry.read_bytes() == bundles.files()[bundles.ENTRY]
    assert (await counts(shelf), shelf.leftovers()) == (before, [])


@pytest.mark.parametrize(("one", "other"), [("1.0.0-RC", "1.0.0-rc"), ("v1.0.0", "1.0.0")])
async def test_versions_that_differ_in_spelling_only_are_the_same(
    shelf: Shelf, one: str, other: str
) -> None:
    await shelf.publish(bundles.bundle(version=one))
    with pytest.raises(ReleaseExistsError):
        await shelf.publish(bundles.bundle(version=other))
    assert len(shelf.releases()) == 1


async def test_a_slug_belongs_to_whoever_published_it_first(shelf: Shelf) -> None:
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await shelf.publish(bundles.bundle(), ann)
    before = await counts(shelf)
    for content in (bundles.bundle(), bundles.bundle(version="2.0.0")):
        with pytest.raises(ForbiddenError):
            await shelf.publish(content, ben)
    assert (await counts(shelf), shelf.releases()) == (before, ["Clock/v1.0.0"])


async def test_the_owner_and_admins_publish_further_versions(shelf: Shelf) -> None:
    ann, root = await shelf.user("ann"), await shelf.user("root", admin=True)
    for version, actor in [("1.0.0", ann), ("1.1.0", ann), ("1.2.0", root), ("1.3.0", OPERATOR)]:
        release = (await shelf.publish(bundles.bundle(version=version), actor)).release
        assert release.published_by == actor.user_id
    assert await shelf.rows("SELECT owner_id FROM plugins") == [(ann.user_id,)]


async def test_a_slug_in_another_spelling_is_taken(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Clock"))
    with pytest.raises(ConflictError) as caught:
        await shelf.publish(bundles.bundle("cLOCK", "2.0.0"))
    assert caught.value.fields["taken_by"] == "Clock"
    assert shelf.releases() == ["Clock/v1.0.0"]


async def test_a_version_without_an_order_is_refused(shelf: Shelf) -> None:
    for version in ("one", "1.0.x", "1..0", "latest", "1-2-3-4"):
        with pytest.raises(BadBundleError) as caught:
            await shelf.publish(bundles.bundle(version=version))
        assert caught.value.reason == "bad-version"
    assert (await counts(shelf), shelf.releases()) == ([0] * 5, [])


async def test_a_commit_that_fails_leaves_no_row_and_the_next_try_succeeds(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: aiosqlite.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(aiosqlite.Connection, "commit", fail)
    with pytest.raises(sqlite3.OperationalError):
        await shelf.publish(bundles.bundle(description="never committed"))
    monkeypatch.undo()
    assert (await counts(shelf), shelf.releases()) == ([0] * 5, ["Clock/v1.0.0"])  # a stray
    assert (await shelf.publish(bundles.bundle())).created
    manifest = shelf.storage.release_path("Clock", "1.0.0") / "pluginhub.json"
    assert manifest.read_bytes() == bundles.files()["pluginhub.json"]
    assert (shelf.releases(), shelf.leftovers()) == (["Clock/v1.0.0"], [])


async def test_a_rename_that_fails_leaves_no_row_and_no_directory(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(SharedStorage, "_publish", fail)
    with pytest.raises(NoSpaceError):
        await shelf.publish(bundles.bundle())
    assert (await counts(shelf), shelf.releases(), shelf.leftovers()) == ([0] * 5, [], [])


async def test_twenty_publications_of_one_bundle_make_one_release(shelf: Shelf) -> None:
    results = await asyncio.gather(*(shelf.publish(bundles.bundle()) for _ in range(20)))
    assert [result.created for result in results].count(True) == 1
    assert len({result.release.id for result in results}) == 1
    assert ((await counts(shelf))[:2], shelf.releases()) == ([1, 1], ["Clock/v1.0.0"])
    assert shelf.leftovers() == []


async def test_of_different_bytes_for_one_version_one_wins_whole(shelf: Shelf) -> None:
    contents = [{**bundles.files(), bundles.ENTRY: b"%d" % number} for number in range(10)]
    tries = [shelf.publish(bundles.tar_gz(content)) for content in contents]
    results = await asyncio.gather(*tries, return_exceptions=True)
    [winner] = [number for number, r in enumerate(results) if not isinstance(r, Exception)]
    assert sum(isinstance(result, ReleaseExistsError) for result in results) == 9
    entry = shelf.storage.release_path("Clock", "1.0.0") / bundles.ENTRY
    assert entry.read_bytes() == b"%d" % winner


class Slow:
    """A function that takes its time in its thread, and tells when it begins and ends."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.loop, self.began = asyncio.get_running_loop(), asyncio.Event()
        self.at_work = False

    def __call__(self, *arguments: Any) -> Any:
        self.at_work = True
        self.loop.call_soon_threadsafe(self.began.set)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.02), self.loop).result()
        try:
            return self.function(*arguments)
        finally:
            self.at_work = False


@pytest.mark.parametrize("step", [(bundle, "unpack"), (SharedStorage, "_publish")])
async def test_a_publication_that_is_cancelled_leaves_nothing_at_work(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, step: tuple[Any, str]
) -> None:
    slow = Slow(getattr(*step))
    monkeypatch.setattr(*step, lambda *given: slow(*given))  # noqa: PLW0108 - becomes a method
    task = asyncio.create_task(shelf.publish(bundles.bundle(description="cancelled")))
    await slow.began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not slow.at_work
    monkeypatch.undo()
    assert (await counts(shelf), shelf.leftovers()) == ([0] * 5, [])
    await shelf.publish(bundles.bundle())
    manifest = shelf.storage.release_path("Clock", "1.0.0") / "pluginhub.json"
    assert manifest.read_bytes() == bundles.files()["pluginhub.json"]


async def test_a_full_disk_is_told_in_our_words(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tree, "write_file", full)
    with pytest.raises(NoSpaceError):
        await shelf.publish(bundles.bundle())
    assert (await counts(shelf), shelf.leftovers()) == ([0] * 5, [])


async def test_a_directory_is_published_like_an_archive_and_not_changed(shelf: Shelf) -> None:
    source = shelf.data.path / "source"
    for path, content in bundles.files().items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_bytes(content)
    first = await publish(shelf.database, shelf.storage, source, actor=OPERATOR)
    assert first.created
    assert not (await shelf.publish(bundles.bundle())).created
    assert (source / bundles.ENTRY).is_file()


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"dependencies": {"Map": "newest"}}, "dependencies.Map"),
        ({"conflicts": {"Map": "^1", "Alarm": ">="}}, "conflicts.Alarm"),
        ({"requires": {"host": "1.x.3"}}, "requires.host"),
        ({"config_schema": {"type": "array"}}, "config_schema"),
        ({"config_schema": {"properties": {"a": {"type": "text"}}}}, "config_schema"),
    ],
)
async def test_what_only_the_verbs_can_judge_is_refused_by_its_path(
    shelf: Shelf, more: dict[str, Any], path: str
) -> None:
    with pytest.raises(BadBundleError, match=f"pluginhub.json: {path}: ") as caught:
        await shelf.publish(bundles.bundle(**more))
    assert caught.value.reason == "bad-manifest"
    assert (await counts(shelf), shelf.releases(), shelf.leftovers()) == ([0] * 5, [], [])


async def test_what_a_release_asks_for_is_kept_with_it(shelf: Shelf) -> None:
    more: dict[str, Any] = {
        "dependencies": {"Map": "^1"},
        "conflicts": {"Alarm": "<2"},
        "requires": {"host": ">=1"},
        "config_schema": {"properties": {"zone": {"default": "UTC"}}},
    }
    manifest = (await shelf.publish(bundles.bundle(**more))).release.manifest
    assert manifest.model_dump(include=set(more)) == more


async def test_publishing_runs_nothing_of_the_bundle(shelf: Shelf) -> None:
    traces = [shelf.data.path / "native", shelf.data.path / "existing"]
    touch = [f"open({str(trace)!r}, 'w').close()" for trace in traces]
    files = bundles.files(hooks="hooks.py")
    native = await shelf.publish(bundles.tar_gz({**files, "hooks.py": touch[0].encode()}))
    notes = package("Notes", "1.0.0", source() + "\n" + touch[1])
    existing = await shelf.publish(bundles.tar_gz(notes))
    assert native.release.contract == "pluginhub"
    assert existing.release.contract == "braindrive"
    assert not any(trace.exists() for trace in traces)
    assert (await shelf.resources.registry.statistics()).loads == 0


async def test_the_audit_keeps_the_digest_of_what_was_published(shelf: Shelf) -> None:
    ann = await shelf.user()
    release = (await shelf.publish(bundles.bundle(), ann)).release
    [(at, actor_id, address, details)] = await shelf.rows(
        "SELECT at, actor_id, address, details FROM audit WHERE action = 'publish'"
    )
    assert (at, actor_id, address) == (shelf.clock.time, id_of(ann), "192.0.2.1")
    assert json.loads(details) == {"digest": release.digest, "release": release.id}


async def test_a_dry_run_judges_a_bundle_and_keeps_nothing(shelf: Shelf) -> None:
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    archive = shelf.data.path / "bundle.tar.gz"
    archive.write_bytes(bundles.bundle())

    async def judge(actor: Actor) -> Publication:
        before = await shelf.everything(), await counts(shelf), await shelf.audit()
        try:
            return await publish(shelf.database, shelf.storage, archive, actor=actor, dry_run=True)
        finally:
            assert (await shelf.everything(), await counts(shelf), await shelf.audit()) == before
            assert shelf.leftovers() == []

    shown = await judge(ann)
    assert (shown.created, shown.release.published_by, shelf.releases()) == (True, ann.user_id, [])
    done = await shelf.publish(bundles.bundle(), ann)
    assert shown.release == replace(done.release, id=0)
    assert await judge(ann) == replace(done, created=False)
    with pytest.raises(ForbiddenError):
        await judge(ben)
    shutil.rmtree(shelf.storage.release_path("Clock", "1.0.0"))
    assert not (await judge(ann)).created
    assert shelf.releases() == []
