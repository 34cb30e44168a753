import asyncio
import json

import pytest

from pluginhub.database import installations
from pluginhub.errors import AlreadyInstalledError, NotFoundError
from pluginhub.lifecycle.install import install
from tests import bundles
from tests.conftest import OPERATOR
from tests.lifecycle.conftest import Shelf, id_of


@pytest.mark.parametrize(
    ("published", "highest"),
    [
        (["1.0.0"], "1.0.0"),
        (["1.9.0", "1.10.0", "1.2.0"], "1.10.0"),
        (["1.0.0", "2.0.0-rc.1"], "1.0.0"),
        (["2.0.0-rc.1", "2.0.0-rc.2"], "2.0.0-rc.2"),
    ],
)
async def test_without_a_version_the_highest_final_one_is_installed(
    shelf: Shelf, published: list[str], highest: str
) -> None:
    for version in published:
        await shelf.publish(bundles.bundle(version=version))
    installation = await shelf.install(await shelf.user(), "Clock")
    assert installation.release.version == highest


async def test_an_exact_version_is_installed_even_if_it_is_a_prerelease(shelf: Shelf) -> None:
    for version in ("1.0.0", "2.0.0-rc.1"):
        await shelf.publish(bundles.bundle(version=version))
    installation = await shelf.install(await shelf.user(), "Clock", "2.0.0-rc.1")
    assert installation.release.version == "2.0.0-rc.1"


async def test_a_new_installation_is_enabled_with_everything_as_published(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    shelf.clock.time += 5
    installation = await shelf.install(ann, "Clock")
    assert installation.enabled
    assert (installation.user_id, installation.config) == (ann.user_id, {})
    assert installation.disabled_modules == frozenset()
    assert installation.installed_at == installation.updated_at == shelf.clock.time
    async with shelf.database.snapshot() as connection:
        assert await installations.get(connection, id_of(ann), "Clock") == installation


async def test_the_case_of_a_slug_does_not_matter(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle("Weather_Panel"))
    installation = await shelf.install(await shelf.user(), "weather_PANEL")
    assert installation.release.slug == "Weather_Panel"


async def test_what_is_not_published_is_not_found(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    choices = [("Map", None), ("Map", "1.0.0"), ("", None), ("%", None), ("Cloc_", None)]
    for slug, version in [*choices, ("Clock", "9.9.9"), ("Clock", "")]:
        with pytest.raises(NotFoundError):
            await shelf.install(ann, slug, version)
    assert await shelf.installed() == []


async def test_a_user_who_was_removed_meanwhile_is_not_found(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    with pytest.raises(NotFoundError):
        await install(shelf.database, "0" * 32, "Clock", actor=OPERATOR)


@pytest.mark.parametrize("version", [None, "1.0.0", "2.0.0"])
async def test_a_plugin_is_installed_once_in_whatever_version(
    shelf: Shelf, version: str | None
) -> None:
    for published in ("1.0.0", "2.0.0"):
        await shelf.publish(bundles.bundle(version=published))
    ann = await shelf.user()
    first = await shelf.install(ann, "Clock", "1.0.0")
    with pytest.raises(AlreadyInstalledError) as caught:
        await shelf.install(ann, "clock", version)
    assert caught.value.fields == {"slug": "Clock", "version": "1.0.0"}
    assert await shelf.rows("SELECT id FROM installations") == [(first.id,)]


async def test_of_many_installations_at_once_one_succeeds(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    tries = [shelf.install(ann, "Clock") for _ in range(10)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, AlreadyInstalledError) for result in results) == 9
    assert await shelf.installed() == [("ann", "Clock", "1.0.0", 1)]


async def test_many_users_share_one_release(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    users = [await shelf.user(name) for name in ("ann", "ben", "cleo")]
    made = [await shelf.install(user, "Clock") for user in users]
    assert len({installation.id for installation in made}) == 3
    assert {installation.release.id for installation in made} == {1}
    assert shelf.releases() == ["Clock/v1.0.0"]


async def test_the_audit_tells_who_installed_what_for_whom(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, root = await shelf.user("ann"), await shelf.user("root", admin=True)
    await install(shelf.database, id_of(ann), "clock", actor=root)
    assert (await shelf.audit())[-1] == ("root", "install", "Clock@1.0.0")
    [(details,)] = await shelf.rows("SELECT details FROM audit WHERE action = 'install'")
    assert json.loads(details) == {"user_id": ann.user_id}


async def test_a_refused_installation_is_not_in_the_audit(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    before = await shelf.audit()
    for slug in ("Clock", "Map"):
        with pytest.raises((AlreadyInstalledError, NotFoundError)):
            await shelf.install(ann, slug)
    assert await shelf.audit() == before
