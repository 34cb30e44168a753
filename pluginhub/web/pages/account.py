"""The page of a user's account: their password, and tokens for programs."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from aiohttp import web
from pydantic import AfterValidator, StringConstraints

from pluginhub.accounts import api_tokens as tokens
from pluginhub.accounts import users as accounts
from pluginhub.accounts.api_tokens import Scope
from pluginhub.database import api_tokens
from pluginhub.errors import InvalidError, NotFoundError, UnauthenticatedError
from pluginhub.models import User
from pluginhub.web import auth, keys
from pluginhub.web.api.tokens import Name
from pluginhub.web.pages import forms, rendering

_DAY = 24 * 3600  # seconds


def _days(text: str) -> str:
    if text not in {"30", "90", "365", "never"}:
        raise ValueError("must be one of the choices")
    return text


Days = Annotated[str, AfterValidator(_days)]


class NewToken(forms.Form):
    """A token to make."""

    name: Name
    scope: Scope = "read"
    expires: Days = "90"


class Revoked(forms.Form):
    """A token to revoke."""

    id: Annotated[str, StringConstraints(max_length=64)]


class NewPassword(forms.Form):
    """Another password."""

    current: str = ""
    password: str = ""


async def show(request: web.Request) -> web.Response:
    """Answer the page."""
    return await _page(request)


async def act(request: web.Request) -> web.Response:
    """Do what a form of the page is for.

    Raises:
        NotFoundError: There is no such form, or no such token.
        HubError: Of the verb.
    """
    action = _ACTIONS.get(request.match_info["action"])
    if action is None:
        raise NotFoundError("there is no such page")
    return await action(request)


async def _create_token(request: web.Request) -> web.Response:
    form = await forms.read(request, NewToken)
    lifetime = None if form.expires == "never" else int(form.expires) * _DAY
    _, secret = await tokens.create(
        request.app[keys.DATABASE],
        auth.signed_in(request),
        form.name,
        (form.scope,),
        lifetime,
        actor=request[keys.ACTOR],
    )
    return await _page(request, secret=secret)


async def _revoke_token(request: web.Request) -> web.Response:
    form = await forms.read(request, Revoked)
    user = auth.signed_in(request)
    await tokens.revoke(request.app[keys.DATABASE], form.id, user, actor=request[keys.ACTOR])
    return rendering.see(request, "/account", "token-revoked")


async def _set_password(request: web.Request) -> web.Response:
    form = await forms.read(request, NewPassword)
    user = auth.signed_in(request)
    try:
        with request.app[keys.LIMITS].sign_in(request.remote, user.id):
            await _change(request, user, form)
    except UnauthenticatedError as error:
        raise InvalidError(error.message) from error
    return rendering.see(request, "/account", "password-changed")


async def _change(request: web.Request, user: User, form: NewPassword) -> None:
    await accounts.change_password(
        request.app[keys.DATABASE],
        request.app[keys.PASSWORDS],
        user,
        form.current,
        form.password,
        session=request.get(keys.SESSION),
        actor=request[keys.ACTOR],
    )


_ACTIONS: Mapping[str, Callable[[web.Request], Awaitable[web.Response]]] = {
    "create-token": _create_token,
    "revoke-token": _revoke_token,
    "password": _set_password,
}


async def _page(request: web.Request, secret: str = "") -> web.Response:
    user = auth.signed_in(request)
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await api_tokens.list_of(connection, user.id)
    return await rendering.render(request, "account.html", user=user, tokens=found, secret=secret)
