"""The pages of users, for admins."""

from aiohttp import web

from pluginhub.database import api_tokens, installations, people, users
from pluginhub.models import User
from pluginhub.web import keys
from pluginhub.web.pages import forms, rendering
from pluginhub.web.pages.status import parts

_ON_A_PAGE = 50


async def show(request: web.Request) -> web.Response:
    """Answer a page of users, those that suit a search."""
    wanted = forms.query(request, parts.Search)
    offset = (wanted.page - 1) * _ON_A_PAGE
    async with request.app[keys.DATABASE].snapshot() as connection:
        total, found = await people.page(connection, wanted.search, offset=offset, limit=_ON_A_PAGE)
    return await rendering.render(
        request,
        "status_users.html",
        wanted=wanted,
        total=total,
        people=found,
        pages=parts.pages(total, _ON_A_PAGE),
        address=lambda page: parts.address(request, page=page),
    )


async def show_user(request: web.Request) -> web.Response:
    """Answer the page of one user.

    Raises:
        NotFoundError: There is no such user.
    """
    async with request.app[keys.DATABASE].snapshot() as connection:
        user = await users.get(connection, request.match_info["name"])
    return await page_of(request, user)


async def page_of(
    request: web.Request, user: User, *, password: str = "", secret: str = ""
) -> web.Response:
    """Return the page of one user.

    Args:
        request: Of the admin.
        user: Whose page.
        password: One that was made up, to be shown this once.
        secret: Of a token that was made, to be shown this once.
    """
    async with request.app[keys.DATABASE].snapshot() as connection:
        installed = await installations.list_of(connection, user.id)
        tokens = await api_tokens.list_of(connection, user.id)
        has_password = await users.password_hash(connection, user.id) is not None
    return await rendering.render(
        request,
        "status_user.html",
        user=user,
        own=user.id == request[keys.ACTOR].user_id,
        installed=installed,
        tokens=tokens,
        has_password=has_password,
        password=password,
        secret=secret,
    )
