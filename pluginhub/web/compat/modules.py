"""E3, E4, E5 and E10: the modules of a user's plugins, those that are off as well."""

from typing import Annotated

from aiohttp import web
from pydantic import ConfigDict, Field

from pluginhub.errors import NotFoundError
from pluginhub.lifecycle import application
from pluginhub.web.compat import lookup, records
from pluginhub.web.compat.records import MODULE_EXAMPLE, Json, ModuleRecord
from pluginhub.web.operations import Answer, Query, operation
from pluginhub.web.queries import NUMBER

_SEARCHED = ("name", "display_name", "description")


class Page(Query):
    """Which modules; ``tags`` stand between commas, and one of them is enough."""

    model_config = ConfigDict(extra="ignore")

    search: str = ""
    category: str = ""
    tags: str = ""
    page: Annotated[int, Field(ge=1, le=1_000_000), NUMBER] = 1
    page_size: Annotated[int, Field(ge=1, le=100, alias="pageSize"), NUMBER] = 16


class ListedModule(ModuleRecord):
    """A module with what its plugin says of it."""

    author: str | None
    last_updated: str


class ModulePage(Answer):
    """A page of modules; ``totalItems`` counts those of all pages."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "modules": [
                        {
                            **MODULE_EXAMPLE,
                            "author": "Example Co",
                            "lastUpdated": "2026-05-01 09:30:00",
                        }
                    ],
                    "totalItems": 1,
                }
            ]
        }
    )

    modules: list[ListedModule]
    total_items: Annotated[int, Field(serialization_alias="totalItems")]


class Modules(Answer):
    """The modules of a plugin."""

    modules: list[ModuleRecord]


class Categories(Answer):
    """Categories of modules, sorted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"categories": ["ai", "utility"]}]})

    categories: list[str]


class Tags(Answer):
    """Tags of modules, sorted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tags": ["starter", "weather"]}]})

    tags: list[str]


@operation()
async def manager(request: web.Request, query: Page) -> ModulePage:
    """Answer a page of the modules of the user's plugins, by plugin.

    Case does not matter to ``search``, which looks for text in names and descriptions.
    """
    found = [row for row in await _all(request) if _fits(row, query)]
    first = (query.page - 1) * query.page_size
    return ModulePage(
        modules=[
            ListedModule.model_validate(row) for row in found[first : first + query.page_size]
        ],
        total_items=len(found),
    )


@operation(any_query=True)
async def categories(request: web.Request) -> Categories:
    """Answer the categories that the user's modules have."""
    found = {row["category"] for row in await _all(request) if row["category"]}
    return Categories(categories=sorted(found))


@operation(any_query=True)
async def tags(request: web.Request) -> Tags:
    """Answer the tags that the user's modules have."""
    return Tags(tags=sorted({tag for row in await _all(request) for tag in row["tags"]}))


@operation(any_query=True, errors=(NotFoundError,))
async def of_plugin(request: web.Request) -> Modules:
    """Answer the modules of one of the user's plugins."""
    plugin = request.match_info["id"]
    found = await lookup.get(request, f"Plugin {plugin} not found or you don't have permission")
    return Modules(modules=records.module_records(found))


async def _all(request: web.Request) -> list[Json]:
    return [
        {**row, "author": plugin["author"], "last_updated": plugin["last_updated"]}
        for item in await lookup.installed(request)
        for plugin in [application.plugin_row(item)]
        for row in records.module_rows(item)
    ]


def _fits(row: Json, query: Page) -> bool:
    searched = query.search.casefold()
    return (
        any(searched in (row[name] or "").casefold() for name in _SEARCHED)
        and query.category in {"", row["category"]}
        and (not query.tags or not {*query.tags.split(",")}.isdisjoint(row["tags"]))
    )
