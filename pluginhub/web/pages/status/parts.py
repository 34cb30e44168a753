"""What several pages of the status have in common."""

from collections.abc import Iterable
from typing import Annotated

from aiohttp import web
from pydantic import Field, StringConstraints

from pluginhub.web.pages import forms, rendering
from pluginhub.web.pages.status import charts
from pluginhub.web.pages.status.charts import Share
from pluginhub.web.queries import NUMBER

Text = Annotated[str, StringConstraints(max_length=320)]
Page = Annotated[int, Field(ge=1, le=1_000_000), NUMBER]
Next = Annotated[str, StringConstraints(pattern=r"^/status(?:[/?][ -~]{0,600})?$")]


class Search(forms.Form):
    """What is looked for, and which page of it."""

    search: Text = ""
    page: Page = 1


def here(request: web.Request) -> str:
    """Return the address of a page below the base path, to lead back to it."""
    kept = {name: value for name, value in request.query.items() if name != "done"}
    return str(request.rel_url.with_query(kept)).removeprefix(rendering.base_of(request))


def address(request: web.Request, **changed: object) -> str:
    """Return the address of the same page with another query."""
    kept = {name: value for name, value in request.query.items() if name != "done"}
    return str(request.rel_url.with_query({**kept, **{k: str(v) for k, v in changed.items()}}))


def pages(total: int, on_a_page: int) -> int:
    """Return how many pages there are, at least one."""
    return max(1, -(-total // on_a_page))


async def shares_of(app: web.Application, users: Iterable[tuple[str, int]]) -> list[Share]:
    """Return how users are spread over versions.

    Args:
        app: Has the words.
        users: Version and number of users, most first.
    """
    texts = (await app[rendering.SHELF].pages()).texts
    return charts.shares(users, str(texts("status.others")))
