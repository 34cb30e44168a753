"""What has to be looked up for the metrics: in the database, on the disk, in processes."""

import asyncio
import shutil
from dataclasses import dataclass

from aiohttp import web

from pluginhub.database import jobs, statistics
from pluginhub.database.statistics import Numbers
from pluginhub.managers.registry import RegistryStatistics
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.web import keys


@dataclass(frozen=True, slots=True)
class Seen:
    """How things were at one moment.

    Attributes:
        jobs: How many there are, by state.
        database: Bytes of its file.
        log: Bytes of its write-ahead log.
        free: Bytes on the disk of the data directory.
    """

    numbers: Numbers
    jobs: dict[str, int]
    registry: RegistryStatistics
    database: int
    log: int
    free: int


async def look(app: web.Application) -> Seen:
    """Look how things are."""
    data = DataDirectory.at(app[keys.CONFIG].storage.plugins_base_dir)
    async with app[keys.DATABASE].snapshot() as connection:
        numbers = await statistics.numbers(connection)
        states = await jobs.count_by_state(connection)
    registry = await app[keys.RESOURCES].registry.statistics()
    database, log, free = await asyncio.to_thread(_sizes, data)
    return Seen(numbers, states, registry, database, log, free)


def _sizes(data: DataDirectory) -> tuple[int, int, int]:
    log = data.database.with_name(f"{data.database.name}-wal")
    sizes = [path.stat().st_size if path.exists() else 0 for path in (data.database, log)]
    return sizes[0], sizes[1], shutil.disk_usage(data.path).free
