"""Pages to sign in, to sign out, and to make the first admin."""

import hmac
import re
import secrets

from aiohttp import web

from pluginhub.accounts import sessions
from pluginhub.accounts import users as accounts
from pluginhub.database import users
from pluginhub.errors import HubError, NotFoundError, TooManyRequestsError, UnauthenticatedError
from pluginhub.models import Actor
from pluginhub.web import credentials, keys, problems
from pluginhub.web.identity import cookies, forgery
from pluginhub.web.pages import forms, rendering

_LOCAL = re.compile(r"/(?![/\\])[ -~]*")


class Credentials(forms.Form):
    """Who, and where to afterwards: a path on this server."""

    name: str = ""
    password: str = ""
    next: str = "/"


class Welcome:
    """The code of the address where the first admin is made."""

    def __init__(self) -> None:
        self.code = secrets.token_urlsafe(24)

    def fits(self, code: str) -> bool:
        """Return whether somebody knows the code."""
        return hmac.compare_digest(self.code.encode(), code.encode(errors="replace"))


WELCOME = web.AppKey("welcome", Welcome)


async def show(request: web.Request) -> web.Response:
    """Answer the form to sign in."""
    next_ = _local(request.query.get("next", "/"))
    return await _form(request, Credentials(next=next_))


async def submit(request: web.Request) -> web.Response:
    """Sign in, and lead to where the user wanted to go."""
    forgery.refuse_forged(request, unmarked=True)
    form = await forms.read(request, Credentials)
    try:
        return await _sign_in(request, form)
    except (UnauthenticatedError, TooManyRequestsError) as error:
        return await _form(request, form, error)


async def sign_out(request: web.Request) -> web.Response:
    """End the session of this browser."""
    await sessions.sign_out(request.app[keys.DATABASE], cookies.read(request) or "")
    response = rendering.see(request, "/sign-in")
    cookies.take_away(request, response)
    return response


async def welcome(request: web.Request) -> web.Response:
    """Answer the form that makes the first admin.

    Raises:
        NotFoundError: There is an admin, or the code is another.
    """
    await _require_code(request)
    return await rendering.render(request, "welcome.html", name="", problem="")


async def make_admin(request: web.Request) -> web.Response:
    """Make the first admin, and sign them in.

    Raises:
        NotFoundError: There is an admin, or the code is another.
    """
    forgery.refuse_forged(request, unmarked=True)
    await _require_code(request)
    form = await forms.read(request, Credentials)
    actor = Actor(None, "operator", admin=True, address=request.remote)
    database, passwords = request.app[keys.DATABASE], request.app[keys.PASSWORDS]
    try:
        await accounts.add(
            database, passwords, form.name, actor=actor, password=form.password, role="admin"
        )
    except HubError as error:
        status = problems.status_of(type(error))
        return await rendering.render(
            request, "welcome.html", status=status, name=form.name, problem=error.message
        )
    return await _sign_in(request, form.model_copy(update={"next": "/status"}))


async def _require_code(request: web.Request) -> None:
    async with request.app[keys.DATABASE].snapshot() as connection:
        there = await users.count(connection)
    if there or not request.app[WELCOME].fits(request.match_info["code"]):
        raise NotFoundError("there is no such page")


async def _sign_in(request: web.Request, form: Credentials) -> web.Response:
    signed_in = await credentials.sign_in(request, form.name, form.password)
    response = rendering.see(request, _local(form.next))
    cookies.put(request, response, signed_in.refresh_token)
    return response


async def _form(
    request: web.Request, form: Credentials, error: HubError | None = None
) -> web.Response:
    return await rendering.render(
        request,
        "sign_in.html",
        status=problems.status_of(type(error)) if error else 200,
        name=form.name,
        next=_local(form.next),
        problem=error.message if error else "",
    )


def _local(path: str) -> str:
    """Return a path on this server; anything else leads to the first page."""
    return path if _LOCAL.fullmatch(path) else "/"
