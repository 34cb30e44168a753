"""The verbs on accounts."""

import re
import secrets

from pluginhub.accounts.passwords import Passwords
from pluginhub.database import audit, tokens, users
from pluginhub.database.connection import Connection, Database
from pluginhub.errors import ConflictError, InvalidError
from pluginhub.models import Actor, Role, User

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


async def add(
    database: Database,
    passwords: Passwords,
    name: str,
    *,
    actor: Actor,
    email: str | None = None,
    password: str | None = None,
    role: Role = "user",
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

    Raises:
        InvalidError: Name, address or password breaks a rule.
        ConflictError: Name or address is taken.
    """
    if not _NAME.fullmatch(name):
        raise InvalidError(
            f"{name[:60]!r} is no user name: up to 50 letters, digits, dots, dashes, underscores",
            name=name[:60],
        )
    if email is not None and not (_EMAIL.fullmatch(email) and email.isprintable()):
        raise InvalidError(f"{email[:100]!r} is no e-mail address", email=email[:100])
    hashed = None if password is None else await passwords.hash(password)
    async with database.transaction() as tx:
        await _check_free(tx, name, email)
        now = database.now()
        user = User(
            id=secrets.token_hex(16),
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


async def _check_free(tx: Connection, name: str, email: str | None) -> None:
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
