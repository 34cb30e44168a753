"""Users whom somebody else vouches for: an account is made when they come for the first time."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pluginhub.accounts.users import check_name, is_email
from pluginhub.database import audit, users
from pluginhub.database.connection import Connection, Database
from pluginhub.errors import InvalidError
from pluginhub.models import Actor, User


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is said of a user.

    Attributes:
        id: 32 lowercase hexadecimal digits, the same each time.
        names: Names that they would like, the best first; each may be unfit or taken.
        email: May be unfit or taken as well.
    """

    id: str
    names: tuple[str, ...] = ()
    email: str | None = None


def id_of(*parts: str) -> str:
    """Return the id of a user who is known by something else; always the same one."""
    text = "\n".join(parts)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]


async def by_id(database: Database, newcomer: Newcomer, address: str | None) -> User:
    """Return the user with the newcomer's id, and make them if there is none.

    Args:
        database: Has, or gets, the user.
        newcomer: Who comes.
        address: From where, for the audit.
    """
    async with database.snapshot() as connection:
        user = await users.find_by_id(connection, newcomer.id)
    return user or await _welcome(database, newcomer, address)


async def by_name(database: Database, name: str, address: str | None) -> User:
    """Return the user with this name or e-mail address, and make them if there is none.

    Args:
        database: Has, or gets, the user.
        name: Whatever a reverse proxy calls its users.
        address: From where they come, for the audit.
    """
    newcomer = Newcomer(id_of("proxy", name.casefold()), (name, name.partition("@")[0]), name)
    async with database.snapshot() as connection:
        user = await users.find(connection, name)
    return user or await by_id(database, newcomer, address)


async def _welcome(database: Database, newcomer: Newcomer, address: str | None) -> User:
    async with database.transaction() as tx:
        if found := await users.find_by_id(tx, newcomer.id):
            return found  # they came twice at the same moment
        email = newcomer.email if newcomer.email and is_email(newcomer.email) else None
        if email and await users.find(tx, email):
            email = None
        now = database.now()
        user = User(
            id=newcomer.id,
            name=await _free_name(tx, newcomer),
            email=email,
            role="user",
            enabled=True,
            created_at=now,
            updated_at=now,
        )
        await users.add(tx, user, None)
        actor = Actor(user.id, user.name, admin=False, address=address)
        await audit.record(tx, actor, "add-user", user.name, now, user_id=user.id, role=user.role)
    return user


async def _free_name(tx: Connection, newcomer: Newcomer) -> str:
    for name in (*_fit(newcomer.names), f"user-{newcomer.id[:8]}"):
        if await users.find(tx, name) is None:
            return name
    return f"user-{newcomer.id}"


def _fit(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        try:
            check_name(name)
        except InvalidError:
            continue
        yield name
