import asyncio
import threading
import time

import pytest
from argon2 import PasswordHasher

from pluginhub.accounts.passwords import Passwords
from pluginhub.errors import BusyError, InvalidError
from tests.accounts.conftest import cheap_passwords


class CountingHasher(PasswordHasher):
    """Counts computations, and how many of them ran at once; each takes a moment."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.calls = self.running = self.most = 0
        self.lock = threading.Lock()
        self.seconds = seconds

    def begin(self) -> None:
        with self.lock:
            self.calls += 1
            self.running += 1
            self.most = max(self.most, self.running)
        time.sleep(self.seconds)

    def end(self) -> None:
        with self.lock:
            self.running -= 1

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self.begin()
        try:
            return super().hash(password, salt=salt)
        finally:
            self.end()

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002 - the name and the type of the original
        self.begin()
        try:
            return super().verify(hash, password)
        finally:
            self.end()


def counted(seconds: float = 0.0) -> tuple[Passwords, CountingHasher]:
    passwords, hasher = Passwords(), CountingHasher(seconds)
    passwords._hasher = hasher
    return passwords, hasher


async def test_only_the_right_password_matches() -> None:
    passwords = Passwords()
    hashed = await passwords.hash("correct horse")
    assert hashed.startswith("$argon2id$")
    assert await passwords.verify(hashed, "correct horse")
    assert not await passwords.verify(hashed, "correct horsf")


async def test_the_same_password_has_another_hash_each_time() -> None:
    passwords = cheap_passwords()
    assert await passwords.hash("correct horse") != await passwords.hash("correct horse")


async def test_every_character_counts() -> None:
    passwords = cheap_passwords()
    hashed = await passwords.hash("a" * 1000 + "\x00b")
    assert await passwords.verify(hashed, "a" * 1000 + "\x00b")
    assert not await passwords.verify(hashed, "a" * 1000 + "\x00c")


@pytest.mark.parametrize(
    "password", ["", "1234567", "ä" * 7, "a" * 1025, "ä" * 513, "12345678\ud800"]
)
async def test_a_bad_new_password_is_refused(password: str) -> None:
    with pytest.raises(InvalidError):
        await cheap_passwords().hash(password)


@pytest.mark.parametrize("password", ["a" * 1025, "a" * 1_000_000, "\ud800"])
async def test_a_password_that_nobody_can_have_costs_no_computation(password: str) -> None:
    passwords, hasher = counted()
    for hashed in ("$argon2id$whatever", None):
        with pytest.raises(InvalidError):
            await passwords.verify(hashed, password)
    assert hasher.calls == 0


async def test_an_account_without_password_costs_as_much_as_a_wrong_password() -> None:
    passwords, hasher = counted()
    hashed = await passwords.hash("correct horse")
    for password_hash in (None, hashed, None):
        before = hasher.calls
        assert not await passwords.verify(password_hash, "wrong horse")
        assert hasher.calls == before + 1


async def test_two_are_computed_at_once_and_no_more() -> None:
    passwords, hasher = counted(seconds=0.02)
    await asyncio.gather(*(passwords.hash("correct horse") for _ in range(8)))
    assert (hasher.calls, hasher.most) == (8, 2)


async def test_a_flood_is_refused_and_leaves_no_trace() -> None:
    passwords, hasher = counted(seconds=0.01)
    tries = [passwords.hash("correct horse") for _ in range(100)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    refused = [result for result in results if isinstance(result, BusyError)]
    assert (len(refused), hasher.calls) == (80, 20)
    assert await passwords.hash("correct horse")


async def test_cancelled_tries_give_their_places_back() -> None:
    passwords, _ = counted(seconds=0.01)
    tries = [asyncio.create_task(passwords.hash("correct horse")) for _ in range(20)]
    await asyncio.sleep(0)
    for task in tries:
        task.cancel()
    await asyncio.gather(*tries, return_exceptions=True)
    results = await asyncio.gather(*(passwords.hash("correct horse") for _ in range(20)))
    assert len(results) == 20
