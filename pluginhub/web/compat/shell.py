"""What the existing frontend asks for around its plugin pages: empty, if ``compat.shell`` is on.

There are no settings, routes, components or pages here. Without these answers the frontend works
as well, but reports errors.
"""

from typing import Literal

from aiohttp import web
from pydantic import RootModel

from pluginhub.errors import NotFoundError
from pluginhub.web import auth, keys
from pluginhub.web.operations import Answer, operation


class Nothing(RootModel[tuple[()]]):
    """An empty list."""


class NoPages(Answer):
    """An empty list of pages."""

    pages: tuple[()] = ()
    total: Literal[0] = 0


@operation(any_query=True, errors=(NotFoundError,))
async def settings(request: web.Request) -> Nothing:
    """Answer that there are no settings."""
    _require_shell(request)
    return Nothing(())


@operation(any_query=True, errors=(NotFoundError,))
async def nothing(request: web.Request) -> Nothing:
    """Answer a user that there are none."""
    _require_shell(request)
    await auth.require_user(request, "read")
    return Nothing(())


@operation(any_query=True, errors=(NotFoundError,))
async def pages(request: web.Request) -> NoPages:
    """Answer a user that there are no pages."""
    _require_shell(request)
    await auth.require_user(request, "read")
    return NoPages()


@operation(any_query=True, status=404)
async def page(request: web.Request) -> web.Response:
    """Answer that there is no such page."""
    _require_shell(request)
    raise NotFoundError("Page not found")


def _require_shell(request: web.Request) -> None:
    if not request.app[keys.CONFIG].compat.shell:
        raise NotFoundError("Not Found")
