"""The verbs on accounts."""

import re
import secrets

from pluginhub.accounts.passwords import Passwords
from pluginhub.database import audit, tokens, users
from pluginhub.database.connection import Connection, Database
from pluginhub.errors import ConflictError, InvalidError, UnauthenticatedError
from pluginhub.models import Actor, Role, User

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}"
# Letters of any script, but nothing that is invisible or turns the direction of writing.
_PART = r"[^@\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
EMAIL = rf"{_PART}{{1,64}}@{_PART}{{1,189}}"
_OPERATOR = "operator"  # what the audit calls the command line


async def add(
    database: Database,
    passwords: Passwords,
    name: str,
    *,
    actor: Actor,
    email: str | None = None,
    password: str | None = None,
    role: Role = "user",
    user_id: str | None = None,
) -> User:
    """Make an account.

    Args:
        database: Gets the row.
        passwords: Hashes the password.
        name: Up to 50 letters, digits, dots, dashes and underscores.
        actor: Who asks, for the audit.
        email: Another name to sign in with.
        password: None makes an account that cannot sign in with a password.
        role: What the user may do.
        user_id: 32 lowercase hexadecimal digits; None for random ones.

    Raises:
        InvalidError: Name, address or password breaks a rule.
        ConflictError: Name or address is taken.
    """
    check_name(name)
    if email is not None and not is_email(email):
        raise InvalidError(f"{email[:100]!r} is no e-mail address", email=email[:100])
    hashed = None if password is None else await passwords.hash(password)
    async with database.transaction() as tx:
        await check_free(tx, name, email)
        now = database.now()
        user = User(
            id=user_id or secrets.token_hex(16),
            name=name,
            email=email,
            role=role,
            enabled=True,
            created_at=now,
            updated_at=now,
        )
        await users.add(tx, user, hashed)
        await audit.record(tx, actor, "add-user", name, now, user_id=user.id, role=role)
    return user


def check_name(name: str) -> None:
    """See to it that a user may be called so.

    Raises:
        InvalidError: It is no user name, or is one that the audit uses for something else.
    """
    if not re.fullmatch(NAME, name) or name.lower() == _OPERATOR:
        raise InvalidError(
            f"{name[:60]!r} is no user name: up to 50 letters, digits, dots, dashes, underscores",
            name=name[:60],
        )


def is_email(text: str) -> bool:
    """Return whether a text has the form of an e-mail address."""
    return bool(re.fullmatch(EMAIL, text))


async def check_free(tx: Connection, name: str, email: str | None) -> None:
    if await users.find(tx, name):
        raise ConflictError(f"the user name {name} is taken", name=name)
    if email is not None and await users.find(tx, email):
        raise ConflictError(f"the e-mail address {email} is taken", email=email)


async def set_enabled(database: Database, name: str, *, enabled: bool, actor: Actor) -> User:
    """Let a user in again, or keep them out from now on; what they have is kept.

    Raises:
        NotFoundError: There is no such user.
    """
    async with database.transaction() as tx:
        user = await users.get(tx, name)
        now = database.now()
        await users.set_enabled(tx, user.id, enabled=enabled, now=now)
        if not enabled:
            await tokens.end_all_sessions(tx, user.id)
        action = "enable-user" if enabled else "disable-user"
        await audit.record(tx, actor, action, user.name, now, user_id=user.id)
        return await users.get_by_id(tx, user.id)


async def set_password(
    database: Database, passwords: Passwords, name: str, password: str, *, actor: Actor
) -> None:
    """Replace a user's password, and sign them out everywhere.

    Raises:
        NotFoundError: There is no such user.
        InvalidError: The password breaks a rule.
    """
    hashed = await passwords.hash(password)
    async with database.transaction() as tx:
        user = await users.get(tx, name)
        await users.set_password(tx, user.id, hashed, database.now())
        await tokens.end_all_sessions(tx, user.id)
        now = database.now()
        await audit.record(tx, actor, "set-password", user.name, now, user_id=user.id)


async def rename(database: Database, user: User, name: str, *, actor: Actor) -> User:
    """Give a user another name.

    Raises:
        InvalidError: It is no user name.
        ConflictError: It is taken.
        NotFoundError: The user is gone.
    """
    check_name(name)
    async with database.transaction() as tx:
        taken_by = await users.find(tx, name)
        if taken_by and taken_by.id != user.id:
            raise ConflictError(f"the user name {name} is taken", name=name)
        now = database.now()
        await audit.record(tx, actor, "rename-user", user.name, now, user_id=user.id, to=name)
        await users.set_name(tx, user.id, name, now)
        return await users.get_by_id(tx, user.id)


async def change_password(
    database: Database,
    passwords: Passwords,
    user: User,
    current: str,
    new: str,
    *,
    session: str | None,
    actor: Actor,
) -> None:
    """Replace a password by the one who knows it; every other session of theirs ends.

    Args:
        database: Has the hash.
        passwords: Checks and hashes.
        user: Who.
        current: The password until now.
        new: The password from now on.
        session: Goes on; None ends them all.
        actor: Who asks, for the audit.

    Raises:
        UnauthenticatedError: The current password is another one.
        InvalidError: The new password breaks a rule.
    """
    async with database.snapshot() as connection:
        known = await users.password_hash(connection, user.id)
    if not await passwords.verify(known, current):
        raise UnauthenticatedError("the current password is another one")
    hashed = await passwords.hash(new)
    async with database.transaction() as tx:
        if await users.password_hash(tx, user.id) != known:
            raise UnauthenticatedError("the current password is another one")
        now = database.now()
        await users.set_password(tx, user.id, hashed, now)
        await tokens.end_all_sessions(tx, user.id, but=session)
        await audit.record(tx, actor, "set-password", user.name, now, user_id=user.id)


async def remove(database: Database, name: str, *, actor: Actor) -> None:
    """Delete a user with their installations; what they published stays.

    Raises:
        NotFoundError: There is no such user.
    """
    async with database.transaction() as tx:
        user = await users.get(tx, name)
        now = database.now()
        await audit.record(tx, actor, "remove-user", user.name, now, user_id=user.id)
        await users.remove(tx, user.id)
