"""The native API: accounts, for admins."""

from typing import Self

from aiohttp import web
from pydantic import ConfigDict

from pluginhub import errors
from pluginhub.accounts import users as verbs
from pluginhub.database import users
from pluginhub.models import Role, User
from pluginhub.web import keys
from pluginhub.web.credentials import Email, Password, UserName
from pluginhub.web.operations import Answer, Body, operation


class NewUser(Body):
    """A user to make."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "ann", "password": "correct horse battery"}]}
    )

    name: UserName
    email: Email | None = None
    password: Password | None = None
    role: Role = "user"


class Change(Body):
    """What may be changed of a user; absent keys stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": False}]})

    enabled: bool | None = None
    password: Password | None = None


class UserAnswer(Answer):
    """An account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f",
                    "name": "ann",
                    "email": "ann@example.org",
                    "role": "user",
                    "enabled": True,
                }
            ]
        }
    )

    id: str
    name: str
    email: str | None
    role: Role
    enabled: bool

    @classmethod
    def of(cls, user: User) -> Self:
        """Return how an account is shown."""
        return cls(
            id=user.id, name=user.name, email=user.email, role=user.role, enabled=user.enabled
        )


class UsersAnswer(Answer):
    """All accounts, by name."""

    users: list[UserAnswer]


@operation()
async def list_all(request: web.Request) -> UsersAnswer:
    """Answer all users, by name."""
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await users.list_all(connection)
    return UsersAnswer(users=[UserAnswer.of(user) for user in found])


@operation(status=201, errors=(errors.ConflictError,), creates=True)
async def add(request: web.Request, body: NewUser) -> UserAnswer:
    """Make an account."""
    user = await verbs.add(
        request.app[keys.DATABASE],
        request.app[keys.PASSWORDS],
        body.name,
        actor=request[keys.ACTOR],
        email=body.email,
        password=body.password,
        role=body.role,
    )
    return UserAnswer.of(user)


@operation(errors=(errors.NotFoundError,))
async def change(request: web.Request, body: Change) -> UserAnswer:
    """Enable or disable an account, or set its password."""
    name, actor = request.match_info["name"], request[keys.ACTOR]
    database = request.app[keys.DATABASE]
    if body.password is not None:
        passwords = request.app[keys.PASSWORDS]
        await verbs.set_password(database, passwords, name, body.password, actor=actor)
    if body.enabled is not None:
        await verbs.set_enabled(database, name, enabled=body.enabled, actor=actor)
    async with database.snapshot() as connection:
        return UserAnswer.of(await users.get(connection, name))


@operation(status=204, errors=(errors.NotFoundError,))
async def remove(request: web.Request) -> None:
    """Delete a user with their installations."""
    name, actor = request.match_info["name"], request[keys.ACTOR]
    await request.app[keys.STORAGE].make_way()
    await verbs.remove(request.app[keys.DATABASE], name, actor=actor)
