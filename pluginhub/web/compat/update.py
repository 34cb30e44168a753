"""E26: an installation moves to the newest release, loaded from its source if need be."""

from aiohttp import web

from pluginhub import errors
from pluginhub.cancellation import finish
from pluginhub.lifecycle import application
from pluginhub.lifecycle.plan import Plan
from pluginhub.lifecycle.publish import Publication, publish
from pluginhub.lifecycle.update import update
from pluginhub.lifecycle.yank import withdraw
from pluginhub.models import Installation
from pluginhub.web import auth, keys
from pluginhub.web.compat import lookup
from pluginhub.web.compat.answers import Done
from pluginhub.web.operations import Answer, operation
from pluginhub.web.problems import CompatError

_REFUSALS = (
    errors.BadBundleError,
    errors.ConflictError,
    errors.ForbiddenError,
    errors.HookError,
    errors.NotFoundError,
    errors.SourceError,
)


class UpdatedData(Answer):
    """From which release to which; the same where there was nothing newer."""

    plugin_slug: str
    plugin_id: str
    previous_version: str
    new_version: str


class Updated(Done):
    """E26."""

    data: UpdatedData


@operation(any_query=True, errors=(errors.NotFoundError,))
async def make(request: web.Request) -> Updated:
    """Update one of the user's plugins to the newest release that they may have (E26).

    Who may publish gets what is newest at the source of the plugin; others get what is published.
    """
    before = await lookup.find(request)
    if before is None:
        raise CompatError(404, f"Plugin '{request.match_info['id']}' not found")
    try:
        published = await _publish_newer(request, before)
        try:
            plan = await update(request.app[keys.RESOURCES], lookup.order(request), before.slug)
        except BaseException:
            await _take_back(request, published)
            raise
    except _REFUSALS as error:
        raise CompatError(400, error.message) from error
    return _updated(before, _reached(plan, before), plan)


async def _publish_newer(request: web.Request, installation: Installation) -> Publication | None:
    """Look at the source now, and publish what is newer there, if the user may."""
    if not auth.may_publish(request) or installation.release.source_type != "github":
        return None
    seen = await request.app[keys.UPDATE_CHECKS].check(installation.release.source_url)
    now = (await lookup.news_of(request, [installation]))[installation.slug]
    if not now.at_source or seen.tag is None:
        if seen.error and now.latest is None:
            raise errors.SourceError("unreachable", seen.error)
        return None
    sources, storage = request.app[keys.SOURCES], request.app[keys.STORAGE]
    async with storage.staging(sources.largest) as folder:
        origin = await sources.fetch_github(seen.source_url, seen.tag, folder / "bundle")
        published = await publish(
            request.app[keys.DATABASE],
            storage,
            folder / "bundle",
            actor=request[keys.ACTOR],
            origin=origin,
            operations=request.app[keys.OPERATIONS],
        )
    if published.release.slug != installation.slug:
        await _take_back(request, published)
        raise errors.ConflictError(
            f"{seen.tag} of {seen.source_url} is {published.release.slug}, not {installation.slug}"
        )
    return published


async def _take_back(request: web.Request, published: Publication | None) -> None:
    """Do not keep a new release to which nobody could update."""
    if published and published.created:
        resources, actor = request.app[keys.RESOURCES], request[keys.ACTOR]
        await finish(withdraw(resources, published.release, actor=actor))


def _reached(plan: Plan, before: Installation) -> str:
    step = next((step for step in plan.steps if step.slug == before.slug), None)
    return step.after.release.version if step and step.after else before.release.version


def _updated(before: Installation, version: str, plan: Plan) -> Updated:
    slug, current = before.slug, before.release.version
    held = [note.text for note in plan.notes if note.code != "up-to-date"]
    if version == current and held:
        raise CompatError(400, held[0])
    message = f"Plugin '{slug}' updated successfully"
    if version == current:
        message = f"Plugin '{slug}' is up to date"
    data = UpdatedData(
        plugin_slug=slug,
        plugin_id=application.id_of(before),
        previous_version=current,
        new_version=version,
    )
    return Updated(message=message, data=data)
