"""What an admin does to accounts and to API tokens of users."""

import secrets
from typing import Annotated

from aiohttp import web
from pydantic import StringConstraints

from pluginhub.accounts import api_tokens, users
from pluginhub.database import users as rows
from pluginhub.errors import ConflictError
from pluginhub.models import Role, User
from pluginhub.web import keys
from pluginhub.web.credentials import Email, Password, UserName
from pluginhub.web.pages import account, forms, rendering
from pluginhub.web.pages.status import people


class NewUser(forms.Form):
    """A user to make; without a password, one is made up."""

    name: UserName
    email: Email | None = None
    password: Password | None = None
    role: Role = "user"


class OfUser(forms.Form):
    """Which user."""

    user: Annotated[str, StringConstraints(max_length=320)]


class NewPassword(OfUser):
    """Another password; without one, it is made up."""

    password: Password | None = None


class NewToken(account.NewToken, OfUser):
    """A token to make for a user."""


class Revoked(account.Revoked, OfUser):
    """A token of a user to revoke."""


async def add(request: web.Request) -> web.Response:
    """Make an account, and show a password that was made up."""
    form = await forms.read(request, NewUser)
    password = form.password or _made_up()
    user = await users.add(
        request.app[keys.DATABASE],
        request.app[keys.PASSWORDS],
        form.name,
        actor=request[keys.ACTOR],
        email=form.email,
        password=password,
        role=form.role,
    )
    if form.password:
        return rendering.see(request, f"/status/users/{user.name}", "user-added")
    return await people.page_of(request, user, password=password)


async def enable(request: web.Request) -> web.Response:
    """Let a user in again."""
    user = await _user(request, (await forms.read(request, OfUser)).user)
    database, actor = request.app[keys.DATABASE], request[keys.ACTOR]
    await users.set_enabled(database, user.name, enabled=True, actor=actor)
    return rendering.see(request, f"/status/users/{user.name}", "user-enabled")


async def disable(request: web.Request) -> web.Response:
    """Keep a user out.

    Raises:
        ConflictError: It is the one who asks.
    """
    user = await _other(request, (await forms.read(request, OfUser)).user)
    database, actor = request.app[keys.DATABASE], request[keys.ACTOR]
    await users.set_enabled(database, user.name, enabled=False, actor=actor)
    return rendering.see(request, f"/status/users/{user.name}", "user-disabled")


async def remove(request: web.Request) -> web.Response:
    """Delete a user with everything that is theirs.

    Raises:
        ConflictError: It is the one who asks.
    """
    user = await _other(request, (await forms.read(request, OfUser)).user)
    await request.app[keys.STORAGE].make_way()
    await users.remove(request.app[keys.DATABASE], user.name, actor=request[keys.ACTOR])
    return rendering.see(request, "/status/users", "user-removed")


async def set_password(request: web.Request) -> web.Response:
    """Replace a user's password, and show one that was made up."""
    form = await forms.read(request, NewPassword)
    user, password = await _user(request, form.user), form.password or _made_up()
    database, passwords = request.app[keys.DATABASE], request.app[keys.PASSWORDS]
    actor = request[keys.ACTOR]
    await users.set_password(database, passwords, user.name, password, actor=actor)
    if form.password:
        return rendering.see(request, f"/status/users/{user.name}", "password-set")
    return await people.page_of(request, user, password=password)


async def create_token(request: web.Request) -> web.Response:
    """Make an API token, and show its secret."""
    form = await forms.read(request, NewToken)
    user = await _user(request, form.user)
    database, actor = request.app[keys.DATABASE], request[keys.ACTOR]
    _, secret = await api_tokens.create(
        database, user, form.name, (form.scope,), form.lifetime, actor=actor
    )
    return await people.page_of(request, user, secret=secret)


async def revoke_token(request: web.Request) -> web.Response:
    """Delete an API token."""
    form = await forms.read(request, Revoked)
    user = await _user(request, form.user)
    await api_tokens.revoke(request.app[keys.DATABASE], form.id, user, actor=request[keys.ACTOR])
    return rendering.see(request, f"/status/users/{user.name}", "token-revoked")


async def _user(request: web.Request, name: str) -> User:
    async with request.app[keys.DATABASE].snapshot() as connection:
        return await rows.get(connection, name)


async def _other(request: web.Request, name: str) -> User:
    user = await _user(request, name)
    if user.id == request[keys.ACTOR].user_id:
        raise ConflictError("this is your own account; another admin has to do that")
    return user


def _made_up() -> str:
    return secrets.token_urlsafe(12)
