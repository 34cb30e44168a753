"""The native API: what is published."""

from typing import Annotated, Literal

from aiohttp import web
from pydantic import ConfigDict, Field, RootModel

from pluginhub import errors, manifest
from pluginhub.database import catalogue as rows
from pluginhub.database import installations, releases
from pluginhub.lifecycle.approve import approve as approve_release
from pluginhub.lifecycle.yank import plan_yank
from pluginhub.lifecycle.yank import unyank as unyank_release
from pluginhub.lifecycle.yank import yank as yank_release
from pluginhub.models import Release
from pluginhub.web import keys, operations
from pluginhub.web.api.plans import OnlyPlan, PlanAnswer
from pluginhub.web.api.plugin_shapes import PLUGIN_EXAMPLE, PluginAnswer, ReleaseOfPlugin, ordered
from pluginhub.web.api.shapes import RELEASE_EXAMPLE, ReleaseAnswer
from pluginhub.web.operations import Answer, operation
from pluginhub.web.queries import NUMBER, Switch

_REFUSALS = (errors.NotFoundError, errors.ConflictError)


class DryRun(operations.Query):
    """Whether to change nothing."""

    dry_run: Switch = False


class Yank(operations.Body):
    """Why a release is withdrawn, for those who have it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "it loses data"}]})

    reason: manifest.Line | None = None


class Search(operations.Query):
    """Which plugins, in which order, and which page of them.

    Attributes:
        search: Part of a slug, name, description or tag, in whatever case.
        category: Exactly this.
        tag: One of the tags.
        sort: By name, newest release first, or most users first.
        page: From 1.
        limit: How many.
    """

    search: Annotated[str, Field(max_length=200)] = ""
    category: Annotated[str, Field(max_length=200)] | None = None
    tag: Annotated[str, Field(max_length=200)] | None = None
    sort: Literal["name", "newest", "most-used"] = "name"
    page: Annotated[int, Field(ge=1, le=1_000_000), NUMBER] = 1
    limit: Annotated[int, Field(ge=1, le=1000), NUMBER] = 100


class Catalogue(Answer):
    """A page of plugins; ``total`` counts all that were asked for."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"plugins": [PLUGIN_EXAMPLE], "total": 1}]}
    )

    plugins: list[PluginAnswer]
    total: int


class Releases(Answer):
    """The releases of a plugin, the highest version first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"releases": [{**RELEASE_EXAMPLE, "users": 12}]}]}
    )

    releases: list[ReleaseOfPlugin]


class Changed(RootModel[ReleaseAnswer | OnlyPlan]):
    """The release as it is now, or with ``dry_run`` what would be changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [RELEASE_EXAMPLE]})


@operation(answer=Catalogue)
async def catalogue(request: web.Request, query: Search) -> web.Response:
    """Answer plugins with their releases, page by page; Link has the next one (RFC 8288)."""
    async with request.app[keys.DATABASE].snapshot() as connection:
        total, slugs = await rows.search(
            connection,
            text=query.search,
            category=query.category,
            tag=query.tag,
            sort=query.sort,
            offset=(query.page - 1) * query.limit,
            limit=query.limit,
        )
        found = await releases.list_of_many(connection, slugs)
        users = await installations.count_of(connection, slugs)
    plugins = [PluginAnswer.of(found[slug], users) for slug in slugs]
    response = operations.respond(Catalogue(plugins=plugins, total=total), 200)
    if query.page * query.limit < total:
        following = request.rel_url.update_query(page=str(query.page + 1))
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


@operation(errors=(errors.NotFoundError,))
async def show(request: web.Request) -> PluginAnswer:
    """Answer one plugin with its releases."""
    return PluginAnswer.of(*await _releases(request))


@operation(errors=(errors.NotFoundError,))
async def list_releases(request: web.Request) -> Releases:
    """Answer the releases of one plugin."""
    return Releases(releases=ordered(*await _releases(request)))


@operation(errors=(errors.NotFoundError,))
async def show_release(request: web.Request) -> ReleaseOfPlugin:
    """Answer one release."""
    slug, version = request.match_info["slug"], request.match_info["version"]
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await releases.get(connection, slug, version)
        users = await installations.count_of(connection, [found.slug])
    return ReleaseOfPlugin.of(found, users=users.get(found.id, 0))


@operation(errors=_REFUSALS)
async def yank(request: web.Request, query: DryRun, body: Yank) -> Changed:
    """Withdraw a release: nobody new gets it."""
    if query.dry_run:
        return await _plan(request)
    release = await yank_release(
        request.app[keys.DATABASE],
        request.match_info["slug"],
        request.match_info["version"],
        actor=request[keys.ACTOR],
        reason=body.reason,
    )
    return Changed(ReleaseAnswer.of(release))


@operation(errors=_REFUSALS)
async def unyank(request: web.Request, query: DryRun) -> Changed:
    """Bring a withdrawn release back."""
    if query.dry_run:
        return await _plan(request, undo=True)
    release = await unyank_release(
        request.app[keys.DATABASE],
        request.match_info["slug"],
        request.match_info["version"],
        actor=request[keys.ACTOR],
    )
    return Changed(ReleaseAnswer.of(release))


@operation(errors=_REFUSALS)
async def approve(request: web.Request) -> ReleaseAnswer:
    """Let the hooks of a release run that a user published."""
    release = await approve_release(
        request.app[keys.DATABASE],
        request.match_info["slug"],
        request.match_info["version"],
        actor=request[keys.ACTOR],
    )
    return ReleaseAnswer.of(release)


@operation(answer="application/schema+json")
async def manifest_schema(_request: web.Request) -> web.Response:
    """Answer the JSON Schema of ``pluginhub.json``."""
    return web.json_response(manifest.schema(), content_type="application/schema+json")


async def _releases(request: web.Request) -> tuple[list[Release], dict[int, int]]:
    async with request.app[keys.DATABASE].snapshot() as connection:
        viewer = request[keys.ACTOR].user_id
        found = await releases.list_of(connection, request.match_info["slug"], viewer)
        return found, await installations.count_of(connection, [found[0].slug])


async def _plan(request: web.Request, *, undo: bool = False) -> Changed:
    plan = await plan_yank(
        request.app[keys.DATABASE],
        request.match_info["slug"],
        request.match_info["version"],
        actor=request[keys.ACTOR],
        undo=undo,
    )
    return Changed(OnlyPlan(plan=PlanAnswer.of(plan)))
