"""The page of a user's account: their password, and tokens for programs."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from aiohttp import web
from pydantic import AfterValidator, StringConstraints

from pluginhub.accounts import api_tokens as tokens
from pluginhub.accounts.api_tokens import Scope
from pluginhub.database import api_tokens
from pluginhub.errors import InvalidError, NotFoundError, UnauthenticatedError
from pluginhub.web import auth, credentials, keys
from pluginhub.web.api.tokens import Name
from pluginhub.web.pages import forms, rendering

_DAY = 24 * 3600  # seconds


def _days(text: str) -> str:
    if text not in {"30", "90", "365", "never"}:
        raise ValueError("must be one of the choices")
    return text


class NewToken(forms.Form):
    """A token to make."""

    name: Name
    scope: Scope = "read"
    expires: Annotated[str, AfterValidator(_days)] = "90"

    @property
    def lifetime(self) -> int | None:
        """Seconds, or None for a token that does not expire."""
        return None if self.expires == "never" else int(self.expires) * _DAY


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
    _, secret = await tokens.create(
        request.app[keys.DATABASE],
        auth.signed_in(request),
        form.name,
        (form.scope,),
        form.lifetime,
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
        await credentials.change_password(request, user, form.current, form.password)
    except UnauthenticatedError as error:
        raise InvalidError(error.message) from error
    return rendering.see(request, "/account", "password-changed")


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
