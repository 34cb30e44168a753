"""The pages of plugins and their releases, for admins."""

from dataclasses import dataclass

from aiohttp import web

from pluginhub.database import jobs, overview, plugins
from pluginhub.database.jobs import Job
from pluginhub.database.overview import PluginNumbers, ReleaseNumbers, Show
from pluginhub.errors import NotFoundError
from pluginhub.lifecycle.job_progress import Progress
from pluginhub.web import keys
from pluginhub.web.pages import forms, rendering
from pluginhub.web.pages.status import parts
from pluginhub.web.pages.status.charts import Share

_PLUGINS = 20  # on a page
_RELEASES = 5  # of each
_ALL_RELEASES = 50  # on the page of one plugin
_JOBS = 10


class Wanted(parts.Search):
    """Which plugins."""

    show: Show = "all"


@dataclass(frozen=True, slots=True)
class Listed:
    """A plugin with its newest releases, and which of them users have."""

    plugin: PluginNumbers
    releases: list[ReleaseNumbers]
    shares: list[Share]


@dataclass(frozen=True, slots=True)
class Pending:
    """A job, and how far it is."""

    job: Job
    progress: Progress


async def show(request: web.Request) -> web.Response:
    """Answer a page of plugins with their newest releases, and what is being published."""
    wanted = forms.query(request, Wanted)
    async with request.app[keys.DATABASE].snapshot() as connection:
        total, found = await overview.plugins(
            connection,
            wanted.search,
            wanted.show,
            offset=(wanted.page - 1) * _PLUGINS,
            limit=_PLUGINS,
        )
        slugs = [plugin.slug for plugin in found]
        listed = await overview.releases_of(connection, slugs, most=_RELEASES)
        users = await overview.users_on(connection, slugs)
    plugins = [
        Listed(it, listed[it.slug], await parts.shares_of(request.app, users[it.slug]))
        for it in found
    ]
    return await rendering.render(
        request,
        "status_releases.html",
        wanted=wanted,
        total=total,
        plugins=plugins,
        jobs=await _jobs(request.app),
        largest=request.app[keys.CONFIG].server.max_upload,
        pages=parts.pages(total, _PLUGINS),
        here=parts.here(request),
        address=lambda page: parts.address(request, page=page),
    )


async def show_plugin(request: web.Request) -> web.Response:
    """Answer the page of one plugin with all its releases.

    Raises:
        NotFoundError: There is no such plugin.
    """
    page = forms.query(request, parts.Search).page
    async with request.app[keys.DATABASE].snapshot() as connection:
        slug = await plugins.find_slug(connection, request.match_info["slug"])
        plugin = await overview.plugin(connection, slug) if slug else None
        if plugin is None:
            raise NotFoundError("there is no such plugin")
        offset = (page - 1) * _ALL_RELEASES
        listed = await overview.releases_of(
            connection, [plugin.slug], most=_ALL_RELEASES, offset=offset
        )
        users = await overview.users_on(connection, [plugin.slug])
    shares = await parts.shares_of(request.app, users[plugin.slug])
    return await rendering.render(
        request,
        "status_plugin.html",
        listed=Listed(plugin, listed[plugin.slug], shares),
        page=page,
        pages=parts.pages(plugin.releases, _ALL_RELEASES),
        here=parts.here(request),
        address=lambda number: parts.address(request, page=number),
    )


async def _jobs(app: web.Application) -> list[Pending]:
    async with app[keys.DATABASE].snapshot() as connection:
        found = await jobs.list_of(connection, None, _JOBS)
    return [Pending(job, app[keys.JOBS].progress(job)) for job in found]
