"""The native API: accounts, for admins."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from pluginhub.accounts import users as verbs
from pluginhub.database import users
from pluginhub.errors import InvalidError
from pluginhub.models import Role, User
from pluginhub.web import keys
from pluginhub.web.api import queries
from pluginhub.web.bodies import read_json


class NewUser(BaseModel):
    """A user to make."""

    model_config = ConfigDict(extra="forbid")

    name: str
    email: str | None = None
    password: str | None = None
    role: Role = "user"


class Change(BaseModel):
    """What may be changed of a user; absent keys stay as they are."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None = None
    password: str | None = None


async def list_all(request: web.Request) -> web.Response:
    """Answer all users, by name."""
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await users.list_all(connection)
    return web.json_response({"users": [_user(user) for user in found]})


async def add(request: web.Request) -> web.Response:
    """Make an account."""
    queries.refuse_unknown(request)
    new = await read_json(request, NewUser)
    user = await verbs.add(
        request.app[keys.DATABASE],
        request.app[keys.PASSWORDS],
        new.name,
        actor=request[keys.ACTOR],
        email=new.email,
        password=new.password,
        role=new.role,
    )
    return web.json_response(_user(user), status=201)


async def change(request: web.Request) -> web.Response:
    """Enable or disable an account, or set its password."""
    queries.refuse_unknown(request)
    name, wanted = request.match_info["name"], await read_json(request, Change)
    database, actor = request.app[keys.DATABASE], request[keys.ACTOR]
    if wanted.password is not None and wanted.enabled is not None:
        raise InvalidError("change either the password or the switch, one at a time")
    if wanted.password is not None:
        passwords = request.app[keys.PASSWORDS]
        await verbs.set_password(database, passwords, name, wanted.password, actor=actor)
    if wanted.enabled is not None:
        await verbs.set_enabled(database, name, enabled=wanted.enabled, actor=actor)
    async with database.snapshot() as connection:
        return web.json_response(_user(await users.get(connection, name)))


async def remove(request: web.Request) -> web.Response:
    """Delete a user with their installations."""
    queries.refuse_unknown(request)
    name, actor = request.match_info["name"], request[keys.ACTOR]
    await verbs.remove(request.app[keys.DATABASE], name, actor=actor)
    return web.Response(status=204)


def _user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "role": user.role,
        "enabled": user.enabled,
    }
