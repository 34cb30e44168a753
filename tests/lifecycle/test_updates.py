"""Which updates there are for a user."""

from dataclasses import replace

from pluginhub.database import remote_versions
from pluginhub.database.connection import Connection
from pluginhub.database.remote_versions import RemoteVersion
from pluginhub.lifecycle import updates
from pluginhub.lifecycle.publish import publish
from pluginhub.lifecycle.yank import yank
from pluginhub.models import Actor, Origin
from tests import bundles
from tests.conftest import OPERATOR
from tests.lifecycle.conftest import Shelf, id_of

URL = "https://github.com/example/clock"


async def publish_from(shelf: Shelf, version: str, tag: str) -> None:
    async with shelf.storage.staging() as folder:
        (folder / "bundle").write_bytes(bundles.bundle(version=version))
        origin = Origin("github", URL, tag)
        database, storage = shelf.database, shelf.storage
        await publish(database, storage, folder / "bundle", actor=OPERATOR, origin=origin)


async def available(
    shelf: Shelf, user: Actor, *, may_publish: bool = False
) -> dict[str, tuple[str | None, bool]]:
    found = await updates.available(shelf.resources, id_of(user), may_publish=may_publish)
    return {news.installation.slug: (news.latest, news.at_source) for news in found}


async def see(shelf: Shelf, tag: str | None) -> None:
    async with shelf.database.transaction() as tx:
        await remote_versions.record(tx, RemoteVersion(URL, tag, 1_750_000_000, 0))


async def test_what_is_published_higher_is_an_update_where_the_verb_leads_there(
    shelf: Shelf,
) -> None:
    ann = await shelf.user()
    assert await available(shelf, ann) == {}
    for slug in ("Clock", "Pinned", "Early", "Held", "Yanked", "Current"):
        await shelf.publish(bundles.bundle(slug, "1.9.0"))
        await shelf.install(ann, slug)
    assert await available(shelf, ann) == {}
    for slug in ("Clock", "Pinned"):
        await shelf.publish(bundles.bundle(slug, "1.10.0"))
        await shelf.publish(bundles.bundle(slug, "2.0.0"))
    await shelf.publish(bundles.bundle("Early", "2.0.0-beta"))
    await shelf.publish(bundles.bundle("Held", "2.0.0", dependencies={"Nowhere": "*"}))
    await shelf.publish(bundles.bundle("Yanked", "2.0.0"))
    await shelf.publish(bundles.bundle("Current", "1.8.0"))
    await yank(shelf.database, "Yanked", "2.0.0", actor=OPERATOR)
    await shelf.pin(ann, "Pinned", "^1")
    expected = {"Clock": ("2.0.0", False), "Pinned": ("1.10.0", False)}
    assert await available(shelf, ann) == expected
    assert await available(shelf, ann, may_publish=True) == expected
    for slug in ("Clock", "Pinned", "Early", "Held", "Yanked", "Current"):
        plan = await shelf.update(ann, slug)
        reached = {
            step.slug: (step.after.release.version, False) for step in plan.steps if step.after
        }
        assert reached.get(slug) == expected.get(slug)
    assert await available(shelf, ann) == {}


async def test_what_is_seen_at_the_source_is_for_those_who_may_publish(shelf: Shelf) -> None:
    ann = await shelf.user()
    await publish_from(shelf, "1.0.0", "v1.0.0")
    await shelf.install(ann, "Clock")
    await see(shelf, "v1.1.0")
    assert await available(shelf, ann) == {}
    assert await available(shelf, ann, may_publish=True) == {"Clock": ("1.1.0", True)}
    await publish_from(shelf, "1.1.0", "v1.1.0")
    assert await available(shelf, ann) == {"Clock": ("1.1.0", False)}
    assert await available(shelf, ann, may_publish=True) == {"Clock": ("1.1.0", False)}
    await see(shelf, "v1.2.0")
    assert await available(shelf, ann) == {"Clock": ("1.1.0", False)}
    assert await available(shelf, ann, may_publish=True) == {"Clock": ("1.2.0", True)}
    await see(shelf, None)
    assert await available(shelf, ann, may_publish=True) == {"Clock": ("1.1.0", False)}


async def test_the_columns_say_the_same(shelf: Shelf) -> None:
    ann = await shelf.user()
    await publish_from(shelf, "1.0.0", "v1.0.0")
    installation = await shelf.install(ann, "Clock")
    [news] = await updates.about(shelf.resources, [installation])
    nothing = {"update_available": False, "latest_version": None, "last_update_check": None}
    assert news.columns() == nothing
    await see(shelf, "v1.1.0")
    [news] = await updates.about(shelf.resources, [installation])
    checked = {"last_update_check": "2025-06-15T15:06:40Z"}
    assert news.columns() == {**nothing, **checked}
    [news] = await updates.about(shelf.resources, [installation], may_publish=True)
    assert news.columns() == {"update_available": True, "latest_version": "1.1.0", **checked}
    assert replace(news, at_source=False).columns() == news.columns()


async def test_what_nobody_has_to_update_costs_two_queries(shelf: Shelf) -> None:
    ann = await shelf.user()
    installed = []
    for number in range(5):
        await shelf.publish(bundles.bundle(f"Clock{number}"))
        installed.append(await shelf.install(ann, f"Clock{number}"))
    statements = 0
    connection: Connection = shelf.database._reader
    execute = connection.execute_fetchall

    async def counted(*arguments: object) -> object:
        nonlocal statements
        statements += 1
        return await execute(*arguments)

    connection.execute_fetchall = counted  # type: ignore[method-assign, assignment]
    await updates.about(shelf.resources, installed, may_publish=True)
    assert statements == 2
