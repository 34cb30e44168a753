"""What an admin does to releases, managers, jobs, and the data directory."""

from typing import Annotated

from aiohttp import web
from pydantic import StringConstraints

from pluginhub import manifest
from pluginhub.lifecycle import approve as approving
from pluginhub.lifecycle import evict as evicting
from pluginhub.lifecycle import keep as keeping
from pluginhub.lifecycle import yank as yanking
from pluginhub.web import keys, tending
from pluginhub.web.api.publishing import FromSource
from pluginhub.web.pages import forms, rendering
from pluginhub.web.pages.status.parts import Next

Version = Annotated[str, StringConstraints(max_length=64)]


class OfRelease(forms.Form):
    """Which release, and where to go afterwards."""

    slug: manifest.Slug
    version: Version
    next: Next = "/status/releases"


class Yanked(OfRelease):
    """A release to withdraw, and why."""

    reason: manifest.Line | None = None


class OfJob(forms.Form):
    """Which job."""

    id: Annotated[str, StringConstraints(max_length=64)]


class Source(forms.Form):
    """Where a bundle is: the address of an archive or of a repository, and a tag of it."""

    source_url: Annotated[str, StringConstraints(min_length=1, max_length=2048)]
    version: Annotated[str, StringConstraints(max_length=255)] = "latest"


class Nothing(forms.Form):
    """A form without fields."""


async def yank(request: web.Request) -> web.Response:
    """Withdraw a release."""
    form = await forms.read(request, Yanked)
    database, actor = request.app[keys.DATABASE], request[keys.ACTOR]
    await yanking.yank(database, form.slug, form.version, actor=actor, reason=form.reason)
    return rendering.see(request, form.next, "yanked")


async def unyank(request: web.Request) -> web.Response:
    """Bring a release back."""
    form = await forms.read(request, OfRelease)
    database, actor = request.app[keys.DATABASE], request[keys.ACTOR]
    await yanking.unyank(database, form.slug, form.version, actor=actor)
    return rendering.see(request, form.next, "unyanked")


async def approve(request: web.Request) -> web.Response:
    """Let the hooks of a release run."""
    form = await forms.read(request, OfRelease)
    database, actor = request.app[keys.DATABASE], request[keys.ACTOR]
    await approving.approve(database, form.slug, form.version, actor=actor)
    return rendering.see(request, form.next, "approved")


async def keep(request: web.Request) -> web.Response:
    """Let a release stay although nobody has it."""
    return await _keep(request, undo=False)


async def unkeep(request: web.Request) -> web.Response:
    """Let a release go once nobody has had it for long enough."""
    return await _keep(request, undo=True)


async def _keep(request: web.Request, *, undo: bool) -> web.Response:
    form = await forms.read(request, OfRelease)
    database, actor = request.app[keys.DATABASE], request[keys.ACTOR]
    await keeping.keep(database, form.slug, form.version, actor=actor, undo=undo)
    return rendering.see(request, form.next, "unkept" if undo else "kept")


async def evict(request: web.Request) -> web.Response:
    """Let a lifecycle manager go."""
    form = await forms.read(request, OfRelease)
    resources, actor = request.app[keys.RESOURCES], request[keys.ACTOR]
    await evicting.evict(resources, form.slug, form.version, actor=actor)
    return rendering.see(request, form.next, "evicted")


async def sweep(request: web.Request) -> web.Response:
    """Sweep now."""
    await forms.read(request, Nothing)
    await tending.sweep(request)
    return rendering.see(request, "/status/cleanup", "swept")


async def backup(request: web.Request) -> web.Response:
    """Make a backup now."""
    await forms.read(request, Nothing)
    made = await tending.back_up(request)
    return rendering.see(request, "/status", "backup-lacks" if made.missing else "backup")


async def fetch(request: web.Request) -> web.Response:
    """Have a job load a bundle and publish it."""
    form = await forms.read(request, Source)
    source = FromSource(source_url=form.source_url, version=form.version).model_dump()
    await request.app[keys.JOBS].create(request[keys.ACTOR], source=source)
    return rendering.see(request, "/status/releases", "queued")


async def cancel_job(request: web.Request) -> web.Response:
    """End a job soon."""
    jobs, form = request.app[keys.JOBS], await forms.read(request, OfJob)
    await jobs.cancel(await jobs.get(form.id))
    return rendering.see(request, "/status/releases", "cancelled")


async def retry_job(request: web.Request) -> web.Response:
    """Begin a job again."""
    jobs, form = request.app[keys.JOBS], await forms.read(request, OfJob)
    await jobs.retry(await jobs.get(form.id))
    return rendering.see(request, "/status/releases", "queued")
