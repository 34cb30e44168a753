"""A1 and A5-A7: make an account, see it, change name and password (http-api section 3.9)."""

import secrets
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.config import JsonDict

import pluginhub
from pluginhub.accounts import users as verbs
from pluginhub.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from pluginhub.models import Actor, User
from pluginhub.web import auth, credentials, keys
from pluginhub.web.credentials import Email, Password
from pluginhub.web.identity import forgery
from pluginhub.web.operations import Answer, operation
from pluginhub.web.problems import CompatError

_SHORTEST = 8  # characters of a password, as the frontend's forms say
_EXAMPLE: JsonDict = {
    "id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f",
    "username": "jane",
    "email": "jane@example.com",
    "full_name": None,
    "profile_picture": None,
    "is_active": True,
    "is_verified": False,
    "version": "0.1.0",
}


class UserAnswer(Answer):
    """A user, as the existing frontend knows them."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    username: str
    email: str | None
    full_name: None
    profile_picture: None
    is_active: bool
    is_verified: bool
    version: str

    @classmethod
    def of(cls, user: User) -> "UserAnswer":
        """Return how a user is shown."""
        return cls(
            id=user.id,
            username=user.name,
            email=user.email,
            full_name=None,
            profile_picture=None,
            is_active=user.enabled,
            is_verified=False,
            version=pluginhub.__version__,
        )


class MessageAnswer(Answer):
    """That it is done, in a sentence."""

    message: str


class Registration(BaseModel):
    """Body of A1; what else the frontend sends is not read."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"username": "jane", "email": "jane@example.com", "password": "correct horse"}
            ]
        }
    )

    username: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{2,49}$")]
    email: Email
    password: Password


class NewName(BaseModel):
    """Body of A6."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"username": "jane"}]})

    username: str = ""


class NewPassword(BaseModel):
    """Body of A7."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "current_password": "correct horse",
                    "new_password": "battery staple",
                    "confirm_password": "battery staple",
                }
            ]
        }
    )

    current_password: str = ""
    new_password: str = ""
    confirm_password: str = ""


@operation(any_query=True, errors=(ForbiddenError, TooManyRequestsError))
async def register(request: web.Request, body: Registration) -> UserAnswer:
    """Make an account for whoever asks, where registration is open (A1)."""
    forgery.refuse_forged(request, unmarked=True)
    if request.app[keys.CONFIG].auth.registration != "open":
        raise ForbiddenError("Registration is closed here: ask an admin for an account")
    request.app[keys.LIMITS].registration(request.remote)
    user_id = secrets.token_hex(16)
    try:
        user = await verbs.add(
            request.app[keys.DATABASE],
            request.app[keys.PASSWORDS],
            body.username,
            actor=Actor(user_id, body.username, admin=False, address=request.remote),
            email=body.email,
            password=body.password,
            user_id=user_id,
        )
    except ConflictError as error:
        taken = "Email already registered" if "email" in error.fields else "Username already taken"
        raise CompatError(400, taken) from error
    return UserAnswer.of(user)


@operation(any_query=True)
async def me(request: web.Request) -> UserAnswer:
    """Answer the signed-in user (A5)."""
    return UserAnswer.of(auth.signed_in(request))


@operation(any_query=True, errors=(ForbiddenError,))
async def rename(request: web.Request, body: NewName) -> UserAnswer:
    """Change the name that one signs in with (A6)."""
    user, actor = auth.signed_in(request), request[keys.ACTOR]
    if request.app[keys.CONFIG].auth.proxy_header:
        # Who took the name of somebody whom the proxy has not brought yet would share an account.
        raise ForbiddenError("Names come from the reverse proxy here")
    try:
        renamed = await verbs.rename(request.app[keys.DATABASE], user, body.username, actor=actor)
    except ConflictError as error:
        raise CompatError(400, "Username already taken") from error
    except InvalidError as error:
        raise CompatError(400, "Invalid request body") from error
    return UserAnswer.of(renamed)


@operation(any_query=True, errors=(TooManyRequestsError,))
async def change_password(request: web.Request, body: NewPassword) -> MessageAnswer:
    """Change the password, and sign out everywhere else (A7)."""
    user = auth.signed_in(request)
    _check(body)
    try:
        await credentials.change_password(request, user, body.current_password, body.new_password)
    except UnauthenticatedError as error:
        raise CompatError(400, "Current password is incorrect") from error
    except InvalidError as error:
        raise CompatError(400, "Invalid request body") from error
    return MessageAnswer(message="Password updated successfully")


def _check(body: NewPassword) -> None:
    problems = {
        "Invalid request body": not (body.current_password and body.new_password),
        "New password and confirmation do not match": body.new_password != body.confirm_password,
        "New password must be at least 8 characters long": len(body.new_password) < _SHORTEST,
    }
    for text, broken in problems.items():
        if broken:
            raise CompatError(400, text)
