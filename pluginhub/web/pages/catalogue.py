"""The page of what is published."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from pluginhub.database import catalogue, installations, releases
from pluginhub.database.catalogue import Sort
from pluginhub.web import auth, keys
from pluginhub.web.api.plugin_shapes import PluginAnswer
from pluginhub.web.pages import forms, rendering
from pluginhub.web.queries import NUMBER

_ON_A_PAGE = 24


class Wanted(forms.Form):
    """What is looked for: as the catalogue of the API takes it."""

    search: Annotated[str, Field(max_length=200)] = ""
    category: Annotated[str, Field(max_length=200)] | None = None
    tag: Annotated[str, Field(max_length=200)] | None = None
    sort: Sort = "name"
    page: Annotated[int, Field(ge=1, le=1_000_000), NUMBER] = 1


async def show(request: web.Request) -> web.Response:
    """Answer a page of plugins, those that suit a search."""
    wanted = forms.query(request, Wanted)
    async with request.app[keys.DATABASE].snapshot() as connection:
        total, slugs = await catalogue.search(
            connection,
            text=wanted.search,
            category=wanted.category,
            tag=wanted.tag,
            sort=wanted.sort,
            offset=(wanted.page - 1) * _ON_A_PAGE,
            limit=_ON_A_PAGE,
        )
        found = await releases.list_of_many(connection, slugs)
        users = await installations.count_of(connection, slugs)
        installed = await installations.list_of(connection, auth.signed_in(request).id)
        categories, tags = await catalogue.words(connection)
    return await rendering.render(
        request,
        "catalogue.html",
        wanted=wanted,
        total=total,
        plugins=[PluginAnswer.of(found[slug], users) for slug in slugs],
        installed={item.slug: item.release.version for item in installed},
        categories=categories,
        tags=tags,
        pages=max(1, -(-total // _ON_A_PAGE)),
        address=lambda page: _address(request, page),
    )


def _address(request: web.Request, page: int) -> str:
    """Return the address of another page of the same search."""
    kept = {name: value for name, value in request.query.items() if name != "done"}
    return str(request.rel_url.with_query({**kept, "page": str(page)}))
