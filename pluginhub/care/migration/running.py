"""A migration from its beginning to its end."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pluginhub.cancellation import finish_in_thread
from pluginhub.care.migration import planning, record, undoing, validating
from pluginhub.care.migration.applying import Applied, Applier
from pluginhub.care.migration.belongings import Belongings
from pluginhub.care.migration.people import Renamed
from pluginhub.care.migration.plan import Plan
from pluginhub.care.migration.survey import Progress
from pluginhub.care.reconcile import reconcile
from pluginhub.database import fingerprints
from pluginhub.database.connection import Database
from pluginhub.database.old_application import OldApplication
from pluginhub.storage import replacement, temporary
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.shared import SharedStorage

Shown = Callable[[str], AbstractContextManager[Progress]]  # shows how far a step of this name is


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be migrated.

    Attributes:
        source: Directory of the old system.
        database: Its database; None if it is not given.
        names: What users are to be called, by id.
    """

    source: Path
    database: Path | None
    names: Mapping[str, Renamed]


@dataclass(frozen=True, slots=True, repr=False)  # as of plans
class Result:
    """What a migration came to.

    Attributes:
        migration: Its id.
        problems: What is not as it was; empty if all is well.
    """

    migration: str
    plan: Plan
    applied: Applied
    problems: list[str]
    seconds: float


async def preview(order: Order, data: DataDirectory, shown: Shown) -> Plan:
    """Return what a migration would do; neither source nor target are touched.

    Raises:
        BadSourceError: The source or its database cannot be read.
    """
    async with (
        _application(order) as application,
        planning.copy_of_target(data.database) as connection,
    ):
        with shown("reading") as progress:
            return await planning.make(order.source, connection, application, order.names, progress)


async def apply(order: Order, data: DataDirectory, reserve: int, shown: Shown) -> Result:
    """Migrate, or go on with a migration that was interrupted.

    Args:
        order: What is to be migrated.
        data: Where to; no server runs on it.
        reserve: Bytes of free space that are left.
        shown: Shows how far it is.

    Raises:
        BadSourceError: The source or its database cannot be read; nothing was changed.
        DataDirectoryError: The data directory cannot be used.
    """
    began = time.monotonic()
    entries = await asyncio.to_thread(_entries, data.path)
    lock = await asyncio.to_thread(data.lock)
    try:
        await asyncio.to_thread(replacement.finish, data)
        async with _application(order) as application:
            noted = await finish_in_thread(_record, data, order.source, entries)
            storage = SharedStorage(data, reserve)
            async with Database.open(data.database) as database:
                await reconcile(database, storage)
                with shown("reading") as progress:
                    async with database.snapshot() as connection:
                        plan = await planning.make(
                            order.source, connection, application, order.names, progress
                        )
                applier = Applier(database, storage, Belongings(application), noted.id)
                with shown("migrating") as progress:
                    await applier.apply(plan, progress)
                with shown("validating") as progress:
                    problems = await validating.validate(plan, database, storage, progress)
                async with database.snapshot() as connection:
                    fingerprint = await fingerprints.of_rows(connection)
            await finish_in_thread(record.finish, data, noted, fingerprint)
    finally:
        os.close(lock)
    return Result(noted.id, plan, applier.applied, problems, time.monotonic() - began)


async def roll_back(data: DataDirectory, migration: str, *, force: bool) -> None:
    """Take a migration back.

    Args:
        data: Where it went; no server runs on it.
        migration: Its id.
        force: Also if users changed something since, which they lose.

    Raises:
        NotFoundError: There is no such migration.
        ConflictError: Users changed something since.
    """
    lock = await asyncio.to_thread(data.lock)
    try:
        noted = await asyncio.to_thread(record.load, data, migration)
        if not force:
            await undoing.require_unchanged(data, noted)
        await finish_in_thread(undoing.undo, data, noted)
    finally:
        os.close(lock)


@asynccontextmanager
async def _application(order: Order) -> AsyncIterator[OldApplication | None]:
    if order.database is None:
        yield None
        return
    async with (
        temporary.directory() as folder,
        OldApplication.open(order.database, folder) as application,
    ):
        yield application


def _record(data: DataDirectory, source: Path, entries: list[str] | None) -> record.Record:
    return record.unfinished(data, source) or record.begin(data, source, int(time.time()), entries)


def _entries(path: Path) -> list[str] | None:
    try:
        return os.listdir(path)  # noqa: PTH208 - names are wanted
    except FileNotFoundError:
        return None
