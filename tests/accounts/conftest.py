"""A database of accounts with a clock that tests set, and passwords that cost little."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from pluginhub.accounts import sessions, users
from pluginhub.accounts.passwords import Passwords
from pluginhub.accounts.sessions import SignedIn
from pluginhub.config import Auth
from pluginhub.database.connection import Database, fetch_all
from pluginhub.models import User
from tests.conftest import OPERATOR


@dataclass
class Clock:
    """Seconds since 1970, as tests want them."""

    time: float = 1_750_000_000

    def __call__(self) -> float:
        return self.time


@dataclass
class Accounts:
    """Everything that the verbs on accounts work on."""

    database: Database
    passwords: Passwords
    clock: Clock
    auth: Auth

    async def add(self, name: str, **more: Any) -> User:
        return await users.add(self.database, self.passwords, name, actor=OPERATOR, **more)

    async def sign_in(self, login: str, password: str) -> SignedIn:
        return await sessions.sign_in(self.database, self.passwords, self.auth, login, password)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        async with self.database.snapshot() as connection:
            return [tuple(row) for row in await fetch_all(connection, sql)]


def cheap_passwords() -> Passwords:
    """Return the real thing with the smallest parameters that argon2 takes."""
    passwords = Passwords()
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return passwords


@pytest.fixture(name="accounts")
async def _accounts(tmp_path: Path) -> AsyncIterator[Accounts]:
    clock = Clock()
    async with Database.open(tmp_path / "pluginhub.db", clock) as database:
        yield Accounts(database, cheap_passwords(), clock, Auth())
