"""Names, addresses and passwords of accounts: what they look like, and where they are checked."""

from typing import Annotated

from aiohttp import web
from pydantic import AfterValidator, Field, WithJsonSchema

from pluginhub.accounts import sessions, users
from pluginhub.accounts.sessions import SignedIn
from pluginhub.errors import InvalidError
from pluginhub.models import User
from pluginhub.web import keys

_SHORTEST, _LONGEST = 8, 256  # characters; so many never have more bytes than are allowed


def _name(text: str) -> str:
    try:
        users.check_name(text)
    except InvalidError as error:
        raise ValueError(error.message) from error
    return text


def _email(text: str) -> str:
    if not users.is_email(text):
        raise ValueError(f"{text[:100]!r} is no e-mail address")
    return text


def _password(text: str) -> str:
    if len(text) < _SHORTEST:
        raise ValueError(f"a password has at least {_SHORTEST} characters")
    return text


UserName = Annotated[
    str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{users.NAME}$"})
]
Email = Annotated[
    str, AfterValidator(_email), WithJsonSchema({"type": "string", "pattern": f"^{users.EMAIL}$"})
]
Password = Annotated[
    str,
    Field(max_length=_LONGEST),
    AfterValidator(_password),
    WithJsonSchema({"type": "string", "minLength": _SHORTEST, "maxLength": _LONGEST}),
]


async def sign_in(request: web.Request, login: str, password: str) -> SignedIn:
    """Check a password and start a session; a wrong one counts.

    Args:
        request: Says where it comes from.
        login: User name or e-mail address.
        password: As typed.

    Raises:
        UnauthenticatedError: Name or password is wrong, or the account is disabled.
        TooManyRequestsError: There were too many wrong ones.
    """
    with request.app[keys.LIMITS].sign_in(request.remote, login):
        return await sessions.sign_in(
            request.app[keys.DATABASE],
            request.app[keys.PASSWORDS],
            request.app[keys.CONFIG].auth,
            login,
            password,
        )


async def change_password(request: web.Request, user: User, current: str, new: str) -> None:
    """Replace the password of a user who knows it, and end their other sessions.

    Whoever sits at an open page guesses as much as anybody else: a wrong one counts.

    Args:
        request: Of the user.
        user: Who.
        current: The password until now.
        new: The password from now on.

    Raises:
        UnauthenticatedError: The current password is another one.
        TooManyRequestsError: There were too many wrong ones.
        InvalidError: The new password breaks a rule.
    """
    with request.app[keys.LIMITS].sign_in(request.remote, user.id):
        await users.change_password(
            request.app[keys.DATABASE],
            request.app[keys.PASSWORDS],
            user,
            current,
            new,
            session=request.get(keys.SESSION),
            actor=request[keys.ACTOR],
        )
