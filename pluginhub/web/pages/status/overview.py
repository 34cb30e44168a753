"""The first page of the status: what is wrong, how much there is, and what goes on."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from pluginhub.care.doctor.examine import examine
from pluginhub.care.doctor.findings import Finding
from pluginhub.database import overview
from pluginhub.database.overview import PluginNumbers
from pluginhub.web import keys
from pluginhub.web.api import system
from pluginhub.web.api.doctor import case_of
from pluginhub.web.pages import rendering
from pluginhub.web.pages.status import charts, machine
from pluginhub.web.pages.status.charts import Chart, Share
from pluginhub.web.pages.status.history import DAY, HISTORY, HOUR, by_day
from pluginhub.web.pages.status.parts import shares_of

_HOURS, _DAYS = 24, 30  # that charts show
_MOST_USED = 8  # plugins
# Where something is done about what the doctor found.
_PLACES: Mapping[str, str] = {
    "yanked-in-use": "/status/releases?show=yanked",
    "approval-waiting": "/status/releases?show=waiting",
    "updates-at-source": "/status/releases",
    "jobs-failed": "/status/releases#jobs",
    "no-admin": "/status/users",
    "hooks-rest": "#managers",
    "cleanup-failing": "/status/cleanup",
    "cleanup-late": "/status/cleanup",
    "backup-late": "#backups",
    "backup-none": "#backups",
    "backup-unreadable": "#backups",
    "webhook-failing": "/status/webhooks",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A finding, and the page on which something is done about it; empty if there is none."""

    finding: Finding
    place: str


@dataclass(frozen=True, slots=True)
class Operations:
    """Operations on plugins over time."""

    day: Chart
    month: Chart


@dataclass(frozen=True, slots=True)
class Used:
    """A plugin, and which of its versions users have."""

    plugin: PluginNumbers
    shares: list[Share]


async def show(request: web.Request) -> web.Response:
    """Answer the page."""
    app = request.app
    works = app[keys.WORKING]
    return await rendering.render(
        request,
        "status.html",
        findings=await _findings(app),
        stats=await system.collect(app),
        machine=await machine.look(app),
        operations=await _operations(app),
        used=await _used(app),
        cleanup=app[keys.CLEANUP],
        working=list(works),
    )


async def _findings(app: web.Application) -> list[Told]:
    return [Told(it, _PLACES.get(it.code, "")) for it in await examine(case_of(app))]


async def _operations(app: web.Application) -> Operations:
    database = app[keys.DATABASE]
    hours = await app[HISTORY].hours(database, _DAYS)
    now, days = database.now(), by_day(hours)
    return Operations(
        charts.over_time(hours, now, HOUR, _HOURS), charts.over_time(days, now, DAY, _DAYS)
    )


async def _used(app: web.Application) -> list[Used]:
    async with app[keys.DATABASE].snapshot() as connection:
        found = await overview.most_used(connection, _MOST_USED)
        users = await overview.users_on(connection, [plugin.slug for plugin in found])
    return [Used(plugin, await shares_of(app, users[plugin.slug])) for plugin in found]
