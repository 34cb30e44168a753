"""Who sees a development release, for every question that is asked on behalf of somebody."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pluginhub.database import catalogue, plugins, releases, remote_versions, requirements
from pluginhub.database.connection import Connection, Database
from tests.database import rows

OWNER, OTHER = "a" * 32, "b" * 32
Reading = Callable[[Connection, str | None], Awaitable[Any]]


async def versions(found: Any) -> set[str]:
    return {item.version for item in await found}


async def of_one(connection: Connection, viewer: str | None) -> set[str]:
    return await versions(releases.list_of(connection, "Clock", viewer))


async def offers(connection: Connection, viewer: str | None) -> set[str]:
    return await versions(requirements.offers(connection, ["Clock"], viewer))


async def news(connection: Connection, viewer: str | None) -> set[str]:
    known = await remote_versions.published(connection, ["Clock"], viewer)
    return {item.version for item in known["Clock"]}


@pytest.mark.parametrize("read", [of_one, offers, news])
async def test_only_its_user_sees_a_development_release(database: Database, read: Reading) -> None:
    await one_of_each(database)
    async with database.snapshot() as reader:
        assert await read(reader, OWNER) == {"1.0.0", "1.0.0+dev.2"}
        for viewer in (OTHER, None):
            assert await read(reader, viewer) == {"1.0.0"}


async def everything(connection: Connection) -> set[str]:
    return await versions(releases.list_all(connection))


async def of_many(connection: Connection) -> set[str]:
    return {it.version for it in (await releases.list_of_many(connection, ["Clock"]))["Clock"]}


async def published(connection: Connection) -> set[str]:
    return await versions(releases.list_published(connection))


@pytest.mark.parametrize("read", [everything, of_many, published])
async def test_what_is_asked_for_everybody_has_none(
    database: Database, read: Callable[[Connection], Awaitable[Any]]
) -> None:
    await one_of_each(database)
    async with database.snapshot() as reader:
        assert await read(reader) == {"1.0.0"}


async def test_what_lies_on_the_disk_is_known_all_the_same(database: Database) -> None:
    await one_of_each(database)
    async with database.snapshot() as reader:
        assert await versions(releases.list_known(reader)) == {"1.0.0", "1.0.0+dev.2"}


async def test_the_catalogue_neither_finds_it_nor_its_words(database: Database) -> None:
    await one_of_each(database)
    await only_in_development(database)
    async with database.snapshot() as reader:
        assert await catalogue.search(reader) == (1, ["Clock"])
        assert await plugins.is_published(reader, "Clock")
        assert not await plugins.is_published(reader, "Sundial")


async def one_of_each(database: Database) -> None:
    await rows.publish(database, "Clock", "1.0.0")
    await rows.publish(database, "Clock", "1.0.0+dev.2")
    await hide(database, "1.0.0+dev.2")


async def only_in_development(database: Database) -> None:
    await rows.publish(database, "Sundial", "1.0.0+dev.3")
    await hide(database, "1.0.0+dev.3")


async def hide(database: Database, version: str) -> None:
    async with database.transaction() as tx:
        await tx.execute("UPDATE releases SET only_for = ? WHERE version = ?", (OWNER, version))
