import json

import pytest

from pluginhub.errors import NotFoundError
from pluginhub.lifecycle.uninstall import uninstall
from pluginhub.lifecycle.update import update
from tests import bundles
from tests.lifecycle.conftest import Shelf, id_of


async def test_a_user_gives_up_a_plugin_and_the_others_keep_it(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    mine = await shelf.install(ann, "Clock")
    await shelf.install(ben, "Clock")
    assert await uninstall(shelf.database, id_of(ann), "cLOCK", actor=ann) == mine
    assert await shelf.installed() == [("ben", "Clock", "1.0.0", 1)]
    assert (shelf.storage.release_path("Clock", "1.0.0") / bundles.ENTRY).is_file()


async def test_everything_that_belongs_to_the_installation_goes_with_it(shelf: Shelf) -> None:
    ann = await shelf.user()
    for version in ("1.0.0", "2.0.0"):
        await shelf.publish(bundles.bundle(version=version))
    await shelf.install(ann, "Clock", "1.0.0")
    await update(shelf.database, id_of(ann), "Clock", actor=ann)
    async with shelf.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO installation_modules (installation_id, name, enabled)"
            " SELECT id, 'Face', 0 FROM installations"
        )
    await uninstall(shelf.database, id_of(ann), "Clock", actor=ann)
    for table in ("installations", "former_releases", "installation_modules"):
        assert await shelf.rows(f"SELECT * FROM {table}") == []
    assert (await shelf.install(ann, "Clock")).disabled_modules == frozenset()


async def test_a_plugin_without_users_stays_published(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    first = await shelf.install(ann, "Clock")
    await uninstall(shelf.database, id_of(ann), "Clock", actor=ann)
    again = await shelf.install(ann, "Clock")
    assert again.id != first.id
    assert shelf.releases() == ["Clock/v1.0.0"]


async def test_what_is_not_installed_is_not_found(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await shelf.install(ben, "Clock")
    for slug in ("Clock", "Ghost", "", "%"):
        with pytest.raises(NotFoundError):
            await uninstall(shelf.database, id_of(ann), slug, actor=ann)
    assert await shelf.installed() == [("ben", "Clock", "1.0.0", 1)]


async def test_the_audit_tells_who_gave_up_what(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, root = await shelf.user("ann"), await shelf.user("root", admin=True)
    await shelf.install(ann, "Clock")
    await uninstall(shelf.database, id_of(ann), "clock", actor=root)
    assert (await shelf.audit())[-1] == ("root", "uninstall", "Clock@1.0.0")
    [(details,)] = await shelf.rows("SELECT details FROM audit WHERE action = 'uninstall'")
    assert json.loads(details) == {"user_id": ann.user_id}
